"""Whatever is sent about documents of stock, the answer is one clear refusal at the field, and nothing moves."""

from __future__ import annotations

import pytest

from inventory.api.urls import urlpatterns
from oms.core import ids
from oms.web.scopes import Scope
from tests.api import Api, key, pointers, problem
from tests.scenarios import kit, nothing_moves, shop

pytestmark = pytest.mark.django_db
ITEM = "/items/0/inventory_item_id"
QUANTITIES = {
    "below zero": -1,
    "above four bytes": 2**31,
    "above eight bytes": 10**30,
    "more than a line has": 2_000_000_000,
    "a text": "2",
    "a fraction": 1.5,
    "true": True,
    "null": None,
}


@pytest.fixture
def here():
    found = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 0}})
    kit(found, "GIFT", {"LAMP": 1})
    return found


def bodies(here, lines):
    """The three documents with these lines."""
    w1, w2 = here.locations["W1"].public_id, here.locations["W2"].public_id
    return {
        "/admin/stock-arrivals": {"location_id": w1, "items": lines},
        "/admin/stock-transfers": {"source_location_id": w1, "target_location_id": w2, "items": lines},
        "/admin/stock-counts": {"location_id": w1, "items": lines},
    }


def refused_at(here, lines, pointer):
    for path, body in bodies(here, lines).items():
        with nothing_moves():
            answer = Api().post(path, body)

        assert problem(answer)[0] == 400, (path, answer.content)
        assert pointer in pointers(answer), (path, answer.content)


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_quantity_that_is_none_is_refused(here, name):
    line = {"inventory_item_id": here.items["LAMP"].public_id, "quantity": QUANTITIES[name]}

    refused_at(here, [line], "/items/0/quantity")


@pytest.mark.parametrize("name", ["another kind", "nobody's", "no id", "a kit"])
def test_an_item_that_cannot_be_counted_is_refused(here, name):
    item = {
        "another kind": here.locations["W1"].public_id,
        "nobody's": ids.encode(ids.INVENTORY_ITEM, ids.new_id()),
        "no id": "iitem_x",
        "a kit": here.items["LAMP"].__class__.objects.get(sku="GIFT").public_id,
    }[name]

    refused_at(here, [{"inventory_item_id": item, "quantity": 1}], ITEM)


def test_an_item_that_is_named_twice_is_refused(here):
    line = {"inventory_item_id": here.items["LAMP"].public_id, "quantity": 1}

    refused_at(here, [line, line], "/items/1/inventory_item_id")


def test_places_that_are_none_or_the_same_are_refused(here):
    line = {"inventory_item_id": here.items["LAMP"].public_id, "quantity": 1}
    nowhere = ids.encode(ids.STOCK_LOCATION, ids.new_id())
    made = bodies(here, [line])
    arrival, transfer, count = made
    w1 = here.locations["W1"].public_id

    for path, fields, pointer in (
        (arrival, {"location_id": nowhere}, "/location_id"),
        (count, {"location_id": here.items["LAMP"].public_id}, "/location_id"),
        (transfer, {"source_location_id": nowhere}, "/source_location_id"),
        (transfer, {"target_location_id": nowhere}, "/target_location_id"),
        (transfer, {"target_location_id": w1}, "/target_location_id"),
        (arrival, {"expected_on": "yesterday"}, "/expected_on"),
        (arrival, {"reference": "P" * 121}, "/reference"),
        (arrival, {"items": []}, "/items"),
        (transfer, {"note": "a\0b"}, ""),
        (count, {"zzz": 1}, "/zzz"),
    ):
        with nothing_moves():
            answer = Api().post(path, made[path] | fields)

        assert problem(answer)[0] == 400, (path, fields, answer.content)
        assert pointers(answer) == [pointer], (path, fields, answer.content)


def test_what_has_come_is_refused_where_it_cannot_be(here):
    line = {"inventory_item_id": here.items["LAMP"].public_id, "quantity": 2}
    api = Api()
    arrival, other = (
        api.post("/admin/stock-arrivals", bodies(here, [line])["/admin/stock-arrivals"]).json()["stock_arrival"]
        for _ in range(2)
    )
    mine, foreign = arrival["items"][0]["id"], other["items"][0]["id"]

    for items, pointer in (
        ([{"id": foreign, "quantity": 1}], "/items/0/id"),
        ([{"id": here.items["LAMP"].public_id, "quantity": 1}], "/items/0/id"),
        ([{"id": mine, "quantity": 1}, {"id": mine, "quantity": 1}], "/items"),
        ([{"id": mine}], "/items/0/quantity"),
        ([{"id": mine, "quantity": -1}], "/items/0/quantity"),
        ([{"id": mine, "quantity": 10**30}], "/items/0/quantity"),
        ([{"id": mine, "damaged_quantity": 2_000_000_000}], "/items/0/quantity"),
    ):
        with nothing_moves():
            answer = api.post(f"/admin/stock-arrivals/{arrival['id']}/receive", {"items": items})

        assert problem(answer)[0] == 400, (items, answer.content)
        assert pointers(answer) == [pointer], (items, answer.content)


def test_a_key_that_may_only_read_changes_nothing_by_any_route(here):
    api = Api(key(Scope.INVENTORY_READ))
    paths = [str(each.pattern).replace("<str:", "<") for each in urlpatterns]
    filled = ["/".join("x" if part.startswith("<") else part for part in path.split("/")) for path in paths]

    answers = {}
    with nothing_moves():
        for path in filled:
            answers[path] = api.post(f"/admin/{path}", {}).status_code

    assert set(answers.values()) == {403}, answers

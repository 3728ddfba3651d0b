from __future__ import annotations

import pytest

from tests.api import Api, pointers, problem
from tests.scenarios import nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    return placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1}, email="ada@example.com")


def test_address_and_contact_are_changed_together_and_read_back(order):
    api, path = Api(), f"/admin/orders/{order.public_id}"
    address = {"first_name": "Ada", "address_1": "1 Way", "city": "London", "country_code": "gb", "phone": None}

    changed = api.post(path, {"email": "a@example.com", "shipping_address": address, "metadata": None}).json()["order"]
    again = api.post(path, {"shipping_address": {"address_1": None}}).json()["order"]

    told = changed["shipping_address"]
    assert {name: told[name] for name in address} == address
    assert (changed["email"], changed["billing_address"], again["shipping_address"]["address_1"]) == (
        "a@example.com",
        None,
        None,
    )
    assert again == api.get(path).json()["order"]
    assert recorded_events(order.pk) == ["order.placed", *["order.updated"] * 3]


def test_where_one_part_is_refused_nothing_is_changed(order):
    body = {"email": "a@example.com", "shipping_address": {"country_code": "gb"}, "billing_address": {"city": "a\0b"}}

    with nothing_moves():
        refused = [
            Api().post(f"/admin/orders/{order.public_id}", body),
            Api().post(f"/admin/orders/{order.public_id}", {"shipping_address": {"country_code": "England"}}),
            Api().post(f"/admin/orders/{order.public_id}", {"shipping_address": {"street": "1 Way"}}),
        ]

    assert [problem(each)[:2] for each in refused] == [(400, "invalid_data")] * 3
    assert pointers(refused[1]) == ["/shipping_address/country_code"]


def test_what_is_noted_of_a_fulfillment_is_kept_and_added_to_when_it_ships(order):
    api, path = Api(), f"/admin/orders/{order.public_id}/fulfillments"
    items = [{"id": order.lines.get().public_id, "quantity": 1}]

    body = {"items": items, "shipping_option_id": None, "metadata": {"box": "S", "by": "Ada"}}
    packed = api.post(path, body).json()["order"]["fulfillments"][0]
    shipped = api.post(f"{path}/{packed['id']}/shipments", {"metadata": {"by": "Eve"}}).json()["order"]

    assert packed["metadata"] == {"box": "S", "by": "Ada"}
    assert shipped["fulfillments"][0]["metadata"] == {"box": "S", "by": "Eve"}


def test_a_shipping_option_that_does_not_exist_is_refused(order):
    items = [{"id": order.lines.get().public_id, "quantity": 1}]

    with nothing_moves():
        refused = Api().post(
            f"/admin/orders/{order.public_id}/fulfillments", {"items": items, "shipping_option_id": "so_1"}
        )

    assert problem(refused)[:2] == (400, "invalid_data")
    assert pointers(refused) == ["/shipping_option_id"]

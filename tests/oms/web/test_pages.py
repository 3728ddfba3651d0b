"""Pages by cursor stay what they were while others write; deep pages by offset are refused, with what to do instead."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oms.web import pagination
from tests.api import Api, problem
from tests.factories import InventoryItemFactory
from tests.scenarios import placed_order, shop

pytestmark = pytest.mark.django_db


def _orders(answer):
    assert answer.status_code == 200, answer.content
    return [order["id"] for order in answer.json()["orders"]]


def _page(api, **asked):
    return api.get(f"/admin/orders?{urlencode(asked)}")


def test_orders_that_arrive_meanwhile_move_nothing_on_the_pages_that_follow():
    where, api = shop({"W1": {"LAMP": 99}}), Api()
    old = [placed_order(where, {"LAMP": 1}).public_id for _ in range(4)][::-1]

    first = _page(api, limit=2, cursor="")
    placed_order(where, {"LAMP": 1})
    second = _page(api, limit=2, cursor=first.json()["next_cursor"])

    assert _orders(first) + _orders(second) == old
    assert second.json() == {"orders": second.json()["orders"], "limit": 2, "next_cursor": None}
    assert "Link" not in second


def test_the_link_leads_to_the_next_page_with_everything_that_was_asked():
    where, api = shop({"W1": {"LAMP": 99}}), Api()
    placed = [placed_order(where, {"LAMP": 1}).public_id for _ in range(3)]

    first = api.get("/admin/orders?limit=2&status[]=pending&fields=id&order=created_at&cursor=")
    target = first["Link"].removeprefix("<").removesuffix('>; rel="next"')

    assert api.get(target).json() == {"orders": [{"id": placed[2]}], "limit": 2, "next_cursor": None}


@pytest.mark.parametrize(
    "other",
    [
        "/admin/orders?order=created_at",
        "/admin/orders?order=display_id",
        "/admin/orders?status[]=pending",
        "/admin/inventory-items?order=created_at",
    ],
)
def test_a_cursor_is_good_for_the_list_filter_and_order_it_was_given_for(other):
    where, api = shop({"W1": {"LAMP": 99}}), Api()
    for _ in range(2):
        placed_order(where, {"LAMP": 1})
    cursor = _page(api, limit=1, cursor="").json()["next_cursor"]

    refused = api.get(f"{other}&cursor={cursor}")

    assert problem(refused) == (400, "invalid_data", "invalid_input")
    assert [error["code"] for error in refused.json()["errors"]] == ["other_list"]


def test_a_page_may_be_of_another_length_than_the_one_before():
    where, api = shop({"W1": {"LAMP": 99}}), Api()
    placed = [placed_order(where, {"LAMP": 1}).public_id for _ in range(3)][::-1]

    first = _page(api, limit=1, cursor="")
    rest = _page(api, limit=9, cursor=first.json()["next_cursor"])

    assert _orders(first) + _orders(rest) == placed


def test_a_page_is_asked_for_in_one_way():
    assert problem(_page(Api(), cursor="", offset=0))[0] == 400


def test_deep_offsets_are_refused_with_the_way_that_is_as_fast_everywhere():
    api = Api()

    last, deeper = _page(api, offset=pagination.MAX_OFFSET), _page(api, offset=pagination.MAX_OFFSET + 1)

    assert last.status_code == 200
    assert problem(deeper)[0] == 400
    assert "cursor=" in deeper.json()["detail"]


def test_the_count_stops_and_says_so(monkeypatch):
    monkeypatch.setattr(pagination, "COUNTED", 2)
    for _ in range(3):
        InventoryItemFactory()

    body = Api().get("/admin/inventory-items?limit=1").json()

    assert {name: body[name] for name in ("count", "count_capped")} == {"count": 2, "count_capped": True}


def test_the_page_behind_a_cursor_is_one_range_of_the_index():
    where, api = shop({"W1": {"LAMP": 99}}), Api()
    for _ in range(2):
        placed_order(where, {"LAMP": 1})
    cursor = _page(api, limit=1, cursor="").json()["next_cursor"]

    with CaptureQueriesContext(connection) as captured:
        _page(api, limit=1, cursor=cursor, fields="id")
    (page,) = [each["sql"] for each in captured if 'FROM "orders_order"' in each["sql"]]
    with connection.cursor() as sql:
        sql.execute("SET LOCAL enable_seqscan = off")
        sql.execute("SET LOCAL enable_sort = off")
        sql.execute(f"EXPLAIN {page}")
        plan = "\n".join(row[0] for row in sql.fetchall())

    assert "order_by_time" in plan
    assert "Index Cond: (ROW(placed_at, id) < ROW(" in plan

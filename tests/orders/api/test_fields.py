"""`fields`: what a client leaves out is neither answered nor read."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api import Api
from tests.scenarios import kit, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    where = shop({"W1": {"LAMP": 9, "SHADE": 9}})
    placed = placed_order(where, {"LAMP": 1, "SHADE": 2}, email="ada@example.com")
    here = f"/admin/orders/{placed.public_id}"
    line = Api().get(here).json()["order"]["items"][0]
    Api().post(f"{here}/fulfillments", {"items": [{"id": line["id"], "quantity": 1}]})
    return here


def _asked(path, name):
    with CaptureQueriesContext(connection) as captured:
        answer = Api().get(path)
    assert answer.status_code == 200, answer.content
    return len(captured), answer.json()[name]


def test_everything_is_answered_when_nothing_or_more_is_asked_for(order):
    whole = Api().get(order).json()

    for fields in ("fields=", "fields=%2Bsummary,*items,*fulfillments", "fields=+summary", "expand=items,customer"):
        assert Api().get(f"{order}?{fields}").json() == whole, fields


@pytest.mark.parametrize(
    ("fields", "names", "queries"),
    [
        ("id,status,total", {"id", "status", "total"}, 0),
        ("total", {"id", "total"}, 0),
        ("id,customer", {"id", "customer"}, 0),
        ("id,holds", {"id", "holds"}, 1),
        ("id&expand=holds", {"id", "holds"}, 1),
        ("id,*items", {"id", "items"}, 3),
        ("id,item_total", {"id", "item_total"}, 4),
        ("id,fulfillments", {"id", "fulfillments"}, 4),
        ("id,payment_collections,shipping_address", {"id", "payment_collections", "shipping_address"}, 3),
    ],
)
def test_of_one_order_only_what_is_asked_for_is_answered_and_read(order, fields, names, queries):
    whole = Api().get(order).json()["order"]

    least, _ = _asked(f"{order}?fields=id", "order")
    asked, shown = _asked(f"{order}?fields={fields}", "order")

    assert shown == {name: whole[name] for name in names}
    assert asked - least == queries


def test_of_parts_single_fields_are_answered(order):
    whole = Api().get(order).json()["order"]

    _, shown = _asked(f"{order}?fields=items.quantity,items.detail.fulfilled_quantity,summary.paid_total", "order")

    assert shown == {
        "id": whole["id"],
        "summary": {"paid_total": whole["summary"]["paid_total"]},
        "items": [
            {
                "id": item["id"],
                "quantity": item["quantity"],
                "detail": {
                    "id": item["detail"]["id"],
                    "fulfilled_quantity": item["detail"]["fulfilled_quantity"],
                },
            }
            for item in whole["items"]
        ],
    }


def test_parts_are_left_out(order):
    whole = Api().get(order).json()["order"]

    _, shown = _asked(f"{order}?fields=-items.tax_lines,-metadata,-customer", "order")

    expected = {name: value for name, value in whole.items() if name not in ("metadata", "customer")}
    expected["items"] = [
        {name: value for name, value in item.items() if name != "tax_lines"} for item in expected["items"]
    ]
    assert shown == expected


def test_an_act_is_answered_with_the_fields_that_are_asked_for(order):
    answer = Api().post(f"{order}/notes?fields=id,revision", {"body": "Call first."})

    assert answer["ETag"] == '"3"'
    assert answer.json()["order"] == {"id": order.rpartition("/")[2], "revision": 3}
    assert answer.json()["note"]["body"] == "Call first."


@pytest.mark.parametrize(
    ("path", "name", "fields", "saved"),
    [
        ("/admin/orders", "orders", "-items", 3),
        ("/admin/orders", "orders", "id,total", 3),
        ("/admin/inventory-items", "inventory_items", "id,sku", 3),
        ("/admin/inventory-items", "inventory_items", "-components,-location_kits", 2),
        ("/admin/reservations", "reservations", "id,quantity", 1),
        ("/admin/stock-transfers", "stock_transfers", "id,status", 0),
    ],
)
def test_lists_read_what_they_answer(path, name, fields, saved):
    where = shop({"W1": {"LAMP": 9}})
    kit(where, "SET", {"LAMP": 2})
    placed_order(where, {"LAMP": 1})

    whole, rows = _asked(path, name)
    part, shown = _asked(f"{path}?fields={fields}", name)

    assert whole - part == saved
    assert [set(row) for row in shown] != [set(row) for row in rows] or not rows

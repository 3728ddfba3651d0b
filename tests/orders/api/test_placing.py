from __future__ import annotations

import pytest

from orders.models import Order
from tests.api import Api, order_body, pointers, problem
from tests.scenarios import recorded_events, shop


def _body(where, lines, **fields):
    return order_body(lines, sales_channel=where.channel.code, **fields)


def test_a_placed_order_is_told_without_being_read_again(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    body = _body(where, {"LAMP": 2}, external_id="W-1", email="ada@example.com", tags=["vip"])
    body["items"][0]["tax_lines"] = [{"name": "VAT", "rate": 20}]

    answer = api.post("/admin/orders", body)

    order = Order.objects.get()
    line = order.lines.get()
    assert answer.status_code == 200
    assert answer["ETag"] == '"1"'
    told = answer.json()["order"]
    assert told.pop("created_at").endswith("Z")
    assert told == {
        "id": order.public_id,
        "display_id": order.number,
        "status": "pending",
        "payment_status": "not_paid",
        "fulfillment_status": "not_fulfilled",
        "version": 1,
        "revision": 1,
        "external_id": "W-1",
        "sales_channel_id": where.channel.public_id,
        "customer_id": order.customer.public_id,
        "email": "ada@example.com",
        "currency_code": "usd",
        "total": 24,
        "original_total": 24,
        "subtotal": 20,
        "tax_total": 4,
        "discount_total": 0,
        "item_subtotal": 20,
        "shipping_subtotal": 0,
        "items": [
            {
                "id": line.public_id,
                "title": "Thing LAMP",
                "variant_sku": "LAMP",
                "kind": "goods",
                "requires_shipping": True,
                "quantity": 2,
                "unit_price": 10,
                "subtotal": 20,
                "discount_total": 0,
                "tax_total": 4,
                "total": 24,
                "metadata": {},
            }
        ],
        "tags": ["vip"],
        "metadata": {},
    }


def test_a_placed_order_reads_the_same_as_it_was_told(db):
    where, api = shop({"W1": {"LAMP": 5, "SHADE": 5}}), Api()

    told = api.post("/admin/orders", _body(where, {"LAMP": 2, "SHADE": 1}, metadata={"a": 1})).json()["order"]
    read = api.get(f"/admin/orders/{told['id']}").json()["order"]

    items = told.pop("items")
    assert {name: read[name] for name in told} == told
    assert [{name: item[name] for name in items[0]} for item in read["items"]] == items


def test_a_caller_who_wants_little_gets_little(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()

    answer = api.post("/admin/orders", _body(where, {"LAMP": 2}), Prefer="return=minimal")

    assert answer["Preference-Applied"] == "return=minimal"
    order = Order.objects.get()
    assert answer.json() == {
        "order": {
            "id": order.public_id,
            "display_id": order.number,
            "status": "pending",
            "external_id": None,
            "currency_code": "usd",
            "total": 20,
            "revision": 1,
        }
    }


def test_the_same_external_id_again_is_the_same_order(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    body = _body(where, {"LAMP": 2}, external_id="W-1")

    first = api.post("/admin/orders", body).json()["order"]
    again = api.post("/admin/orders", body)

    assert (again.status_code, again.json()["order"]["id"]) == (200, first["id"])
    assert where.sra("LAMP") == (5, 2, 3)
    assert recorded_events() == ["order.placed"]


def test_all_shortages_come_back_at_once_and_nothing_moves(db):
    """Scenario 4, by the API."""
    where, api = shop({"W1": {"LAMP": 2, "SHADE": 1}}), Api()

    refused = api.post("/admin/orders", _body(where, {"LAMP": 3, "SHADE": 2}))

    assert problem(refused) == (400, "invalid_data", "insufficient_stock")
    facts = [
        {name: error[name] for name in ("pointer", "sku", "requested", "available", "code")}
        for error in refused.json()["errors"]
    ]
    assert facts == [
        {"pointer": "/items/0/quantity", "sku": "LAMP", "requested": 3, "available": 2, "code": "insufficient_stock"},
        {"pointer": "/items/1/quantity", "sku": "SHADE", "requested": 2, "available": 1, "code": "insufficient_stock"},
    ]
    assert (Order.objects.count(), where.sra("LAMP"), recorded_events()) == (0, (2, 0, 2), [])


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"sales_channel": "nowhere"}, "unknown_sales_channel", None),
        ({"sales_channel": None}, "invalid_input", "/sales_channel"),
        ({"items": [{"sku": "NOPE", "quantity": 1, "unit_price": 1}]}, "unknown_sku", "/items/0/sku"),
        ({"items": []}, "invalid_input", "/items"),
        ({"currency_code": "XXQ"}, "invalid_input", "/currency_code"),
        ({"colour": "red"}, "invalid_input", "/colour"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_its_field(db, change, code, pointer):
    where, api = shop({"W1": {"LAMP": 2}}), Api()

    refused = api.post("/admin/orders", _body(where, {"LAMP": 1}) | change)

    assert problem(refused) == (400, "invalid_data", code)
    assert pointers(refused) == ([] if pointer is None else [pointer])
    assert Order.objects.count() == 0


def test_amounts_are_exact_numbers_on_the_wire(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    content = (
        f'{{"sales_channel": "{where.channel.code}", "currency_code": "KWD", "items": '
        '[{"sku": "LAMP", "quantity": 1, "unit_price": 99999999999.123}]}'
    )

    answer = api.post("/admin/orders", content.encode())

    assert b'"total":99999999999.123,' in answer.content
    read = api.get(f"/admin/orders/{answer.json()['order']['id']}")
    assert b'"total":99999999999.123,' in read.content
    assert b'"unit_price":99999999999.123,' in read.content

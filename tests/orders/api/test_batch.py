from __future__ import annotations

import pytest
from django.db import connection

from orders.models import Order
from tests.api import Api, order_body, pointers, problem
from tests.factories import SalesChannelFactory
from tests.scenarios import recorded_events, shop


def _rows(where, count, *, start=0):
    return [
        order_body({"LAMP": 1}, sales_channel=where.channel.code, external_id=f"X-{number}")
        for number in range(start, start + count)
    ]


def _counts(answer):
    body = answer.json()
    return body["created"], body["existing"], body["refused"]


def test_a_thousand_orders_with_malformed_and_known_ones_among_them(db):
    """Scenario 10."""
    where, api = shop({"W1": {"LAMP": 2000}}), Api()
    rows = _rows(where, 1000)
    for known in (10, 210, 410, 610, 810):
        api.post("/admin/orders", rows[known])
    rows[17] = rows[17] | {"items": [{"sku": "LAMP", "quantity": "two", "unit_price": 10}]}
    rows[500] = "not an order"
    rows[999] = rows[999] | {"currency_code": "dollars"}

    first = api.post("/admin/orders/batch", {"orders": rows})
    again = api.post("/admin/orders/batch", {"orders": rows})

    assert (_counts(first), _counts(again)) == ((992, 5, 3), (0, 997, 3))
    refused = [result for result in first.json()["results"] if result["status"] == "refused"]
    told = [(result["index"], result["error"]["code"], result["error"]["errors"][0]["pointer"]) for result in refused]
    assert told == [
        (17, "invalid_input", "/orders/17/items/0/quantity"),
        (500, "invalid_input", "/orders/500"),
        (999, "invalid_input", "/orders/999/currency_code"),
    ]
    assert refused[0]["error"]["message"].endswith("/items/0/quantity: Expected `int`, got `str`.")
    assert [result["index"] for result in first.json()["results"]] == list(range(1000))
    assert Order.objects.count() == 997
    assert where.sra("LAMP") == (2000, 997, 1003)
    assert recorded_events() == ["order.placed"] * 997


def test_a_short_row_leaves_the_others_be(db):
    where, api = shop({"W1": {"LAMP": 3}}), Api()
    rows = _rows(where, 3)
    rows[1] = rows[1] | {"items": [{"sku": "LAMP", "quantity": 5, "unit_price": 10}]}

    answer = api.post("/admin/orders/batch", {"orders": rows})

    assert _counts(answer) == (2, 0, 1)
    error = answer.json()["results"][1]["error"]
    assert (error["code"], error["errors"][0]["pointer"]) == ("insufficient_stock", "/orders/1/items/0/quantity")
    assert where.sra("LAMP") == (3, 2, 1)


def test_rows_of_several_channels_can_be_mixed(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    other = SalesChannelFactory(locations=[where.locations["W1"]])
    switched_off = SalesChannelFactory(is_active=False)
    rows = _rows(where, 4)
    rows[1]["sales_channel"] = other.public_id
    rows[2]["sales_channel"] = switched_off.code
    rows[3]["sales_channel"] = "nowhere"

    answer = api.post("/admin/orders/batch", {"orders": rows}).json()

    told = [(each["status"], each.get("error", {}).get("code")) for each in answer["results"]]
    assert told == [
        ("created", None),
        ("created", None),
        ("refused", "sales_channel_disabled"),
        ("refused", "unknown_sales_channel"),
    ]
    assert sorted(Order.objects.values_list("channel_id", flat=True)) == sorted([where.channel.pk, other.pk])


def test_an_external_id_twice_in_one_batch_is_one_order(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    rows = [*_rows(where, 1), *_rows(where, 1)]

    answer = api.post("/admin/orders/batch", {"orders": rows}).json()

    assert [each["status"] for each in answer["results"]] == ["created", "existing"]
    assert answer["results"][0]["id"] == answer["results"][1]["id"]


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_one_to_a_thousand_rows(db, count):
    refused = Api().post("/admin/orders/batch", {"orders": [{}] * count})

    assert problem(refused) == (400, "invalid_data", "invalid_input")
    assert pointers(refused) == ["/orders"]


def test_a_batch_with_a_key_is_answered_alike_and_asks_for_external_ids(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    rows = _rows(where, 2)
    del rows[1]["external_id"]

    first = api.post("/admin/orders/batch", {"orders": rows}, Idempotency_Key="k")
    again = api.post("/admin/orders/batch", {"orders": rows}, Idempotency_Key="k")
    other = api.post("/admin/orders/batch", {"orders": rows[:1]}, Idempotency_Key="k")

    assert _counts(first) == (1, 0, 1)
    assert first.json()["results"][1]["error"]["errors"][0]["pointer"] == "/orders/1/external_id"
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert problem(other) == (422, "conflict", "idempotency_key_reused")
    assert Order.objects.count() == 1


def test_a_row_that_the_database_does_not_take_leaves_the_others_be(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    rows = [row | {"email": f"{index}@example.com"} for index, row in enumerate(_rows(where, 3))]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_order ADD CONSTRAINT rule_of_test CHECK (email <> '1@example.com')")

    answer = api.post("/admin/orders/batch", {"orders": rows})

    assert _counts(answer) == (2, 0, 1)
    error = answer.json()["results"][1]["error"]
    assert (error["code"], error["errors"][0]["pointer"]) == ("not_storable", "/orders/1")
    assert error["message"] == "This cannot be stored: it breaks the rule rule_of_test (SQLSTATE 23514)."
    assert b"example.com" not in answer.content
    assert where.sra("LAMP") == (5, 2, 3)

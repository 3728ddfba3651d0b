from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from tests.api import Api, order_body, problem
from tests.scenarios import placed_order, shop


def _ids(answer):
    assert answer.status_code == 200, answer.content
    return [order["id"] for order in answer.json()["orders"]]


def test_a_list_is_newest_first_with_its_envelope(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    first, second, third = (placed_order(where, {"LAMP": 1}) for _ in range(3))

    whole = api.get("/admin/orders").json()
    page = api.get("/admin/orders?limit=1&offset=1&order=display_id").json()

    assert [order["id"] for order in whole["orders"]] == [third.public_id, second.public_id, first.public_id]
    assert (whole["count"], whole["limit"], whole["offset"]) == (3, 20, 0)
    assert set(whole) == {"orders", "count", "limit", "offset"}
    assert [order["id"] for order in page["orders"]] == [second.public_id]
    assert (page["count"], page["limit"], page["offset"]) == (3, 1, 1)
    assert [item["variant_sku"] for item in whole["orders"][0]["items"]] == ["LAMP"]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_the_same_queries_whatever_its_length(db, rows):
    where, api = shop({"W1": {"LAMP": 9, "SHADE": 9}}), Api()
    for _ in range(rows):
        placed_order(where, {"LAMP": 1, "SHADE": 1}, email="ada@example.com")

    with CaptureQueriesContext(connection) as with_items:
        api.get("/admin/orders")
    with CaptureQueriesContext(connection) as without_items:
        api.get("/admin/orders?fields=-items")

    assert (len(with_items), len(without_items)) == (6, 3)


@pytest.mark.parametrize("lines", [1, 3])
def test_one_order_takes_the_same_queries_whatever_its_size(db, lines):
    where, api = shop({"W1": {f"SKU-{number}": 9 for number in range(3)}}), Api()
    order = placed_order(where, {f"SKU-{number}": 1 for number in range(lines)}, email="ada@example.com")
    here = f"/admin/orders/{order.public_id}"
    items = [{"id": item["id"], "quantity": 1} for item in api.get(here).json()["order"]["items"]]
    for item in items:
        api.post(f"{here}/fulfillments", {"items": [item]})

    with CaptureQueriesContext(connection) as captured:
        api.get(here)

    assert len(captured) == 14


@pytest.mark.parametrize("rows", [1, 3])
def test_a_timeline_takes_the_same_queries_whatever_its_length(db, rows):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    order = placed_order(where, {"LAMP": 1})
    for _ in range(rows - 1):
        api.post(f"/admin/orders/{order.public_id}/notes", {"body": "again"})

    with CaptureQueriesContext(connection) as captured:
        answer = api.get(f"/admin/orders/{order.public_id}/timeline")

    assert (len(captured), answer.json()["count"]) == (4, rows)


def test_a_list_is_filtered_as_clients_of_the_contract_ask(db):
    where, other = shop({"W1": {"LAMP": 9}}), shop({"W2": {"SHADE": 9}})
    api = Api()
    old = placed_order(where, {"LAMP": 1}, external_id="A-1", email="Ada@example.com", tags=["vip"])
    new = placed_order(other, {"SHADE": 1}, external_id="B-1")
    Order.objects.filter(pk=old.pk).update(placed_at="2026-01-05T10:00:00Z")
    api.post(f"/admin/orders/{new.public_id}/cancel")

    def found(query):
        return [{old.public_id: "old", new.public_id: "new"}[each] for each in _ids(api.get(f"/admin/orders?{query}"))]

    assert found(f"id[0]={old.public_id}") == ["old"]
    assert found(f"id[]={old.public_id}&id[]={new.public_id}") == ["new", "old"]
    assert found("id=order_nonsense") == []
    assert found("status[]=canceled") == ["new"]
    assert found("status=pending&status=canceled") == ["new", "old"]
    assert found("fulfillment_status=not_fulfilled") == ["old"]
    assert found(f"sales_channel_id[]={where.channel.public_id}") == ["old"]
    assert found("external_id=B-1") == ["new"]
    assert found("email=ada@EXAMPLE.com") == ["old"]
    assert found("tags=vip") == ["old"]
    assert found(f"display_id={old.number}") == ["old"]
    assert found(f"q=%23{old.number}") == ["old"]
    assert found("q=shade") == ["new"]
    assert found("created_at[$lt]=2026-01-06T00:00:00Z") == ["old"]
    assert found("created_at[$gte]=2026-01-05&created_at[$lte]=2026-01-05T10:00:00.000Z") == ["old"]
    assert found("order=created_at") == ["old", "new"]
    assert found("fields=%2Bpayment_status,*items,*fulfillments") == ["new", "old"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=%D9%A3", "limit"),
        ("offset=99999999999999999999", "offset"),
        ("order=price", "order"),
        ("status=lost", "status"),
        ("stauts=pending", "stauts"),
        ("created_at[$gte]=yesterday", "created_at[$gte]"),
        ("created_at[$gte]=2026-13-45T00:00:00Z", "created_at[$gte]"),
        ("q=%00", "q"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_name(db, query, parameter):
    refused = Api().get(f"/admin/orders?{query}")

    assert problem(refused) == (400, "invalid_data", "invalid_input")
    assert [error["parameter"] for error in refused.json()["errors"]] == [parameter]


def test_counting_stops_where_it_tells_nobody_anything(db, monkeypatch):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    for _ in range(3):
        placed_order(where, {"LAMP": 1})
    monkeypatch.setattr("oms.web.pagination.COUNTED", 2)

    answer = api.get("/admin/orders?limit=1").json()

    assert (answer["count"], answer["count_capped"], len(answer["orders"])) == (2, True, 1)


@pytest.mark.parametrize(
    "wrong", ["order_01arz3ndektsv4rrffq69g5fav", "cus_01arz3ndektsv4rrffq69g5fav", "1", "x" * 300]
)
def test_an_order_that_cannot_exist_is_not_found(db, wrong):
    api = Api()

    for refused in (
        api.get(f"/admin/orders/{wrong}"),
        api.get(f"/admin/orders/{wrong}/timeline"),
        api.get(f"/admin/orders/{wrong}/sourcing"),
        api.post(f"/admin/orders/{wrong}/cancel"),
        api.post(f"/admin/orders/{wrong}/notes", {"body": "x"}),
    ):
        assert problem(refused) == (404, "not_found", "not_found")


def test_a_parcel_of_another_order_is_not_found(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    mine, other = (placed_order(where, {"LAMP": 1}) for _ in range(2))
    items = api.get(f"/admin/orders/{mine.public_id}").json()["order"]["items"]
    packed = api.post(
        f"/admin/orders/{mine.public_id}/fulfillments", {"items": [{"id": items[0]["id"], "quantity": 1}]}
    ).json()["order"]

    refused = api.post(f"/admin/orders/{other.public_id}/fulfillments/{packed['fulfillments'][0]['id']}/cancel")

    assert problem(refused) == (404, "not_found", "not_found")
    assert where.sra("LAMP") == (8, 1, 7)


def test_an_order_shows_everything_that_belongs_to_it(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    body = order_body(
        {"LAMP": 2},
        sales_channel=where.channel.code,
        email="ada@example.com",
        shipping_address={"first_name": "Ada", "city": "London", "country_code": "GB"},
        shipping_methods=[{"name": "Standard", "amount": 5}],
        discounts=[{"code": "TEN", "amount": 2}],
        payments=[{"amount": 23, "reference": "ch_1"}],
    )
    body["items"][0]["tax_lines"] = [{"name": "VAT", "rate": 10}]

    placed = api.post("/admin/orders", body).json()["order"]
    order = api.get(f"/admin/orders/{placed['id']}").json()["order"]

    money = ("total", "subtotal", "discount_total", "tax_total", "item_total", "shipping_total", "original_item_total")
    assert {name: order[name] for name in money} == {
        "total": 24.8,
        "subtotal": 25,
        "discount_total": 2,
        "tax_total": 1.8,
        "item_total": 19.8,
        "shipping_total": 5,
        "original_item_total": 22,
    }
    assert order["summary"] == {
        "current_order_total": 24.8,
        "original_order_total": 24.8,
        "paid_total": 23,
        "refunded_total": 0,
        "transaction_total": 23,
        "credit_line_total": 0,
        "accounting_total": 24.8,
        "pending_difference": 1.8,
    }
    assert order["items"][0]["tax_lines"][0]["rate"] == 10
    assert order["items"][0]["adjustments"][0] | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "code": "TEN",
        "description": "",
        "amount": 2,
        "created_at": "",
        "updated_at": "",
    }
    assert (order["shipping_address"]["city"], order["shipping_address"]["country_code"]) == ("London", "gb")
    assert order["billing_address"] is None
    assert order["customer"]["email"] == "ada@example.com"
    assert order["payment_collections"][0]["captured_amount"] == 23
    assert order["payment_collections"][0]["payments"][0]["reference"] == "ch_1"
    assert order["shipping_methods"][0]["amount"] == 5

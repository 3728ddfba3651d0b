"""Arrivals, transfers, counts, shortages and alerts as programs use them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Arrival, StockShortage
from tests.api import Api, pointers, problem
from tests.scenarios import nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 0}}, allow_backorder=True)


def item(here, quantity, **more):
    return [{"inventory_item_id": here.items["LAMP"].public_id, "quantity": quantity} | more]


def level(api, here, place="W1"):
    levels = api.get(f"/admin/inventory-items/{here.items['LAMP'].public_id}").json()["inventory_item"][
        "location_levels"
    ]
    (found,) = [each for each in levels if each["location_id"] == here.locations[place].public_id]
    return found["stocked_quantity"], found["reserved_quantity"], found["incoming_quantity"]


def expected(api, here, quantity=10):
    body = {"location_id": here.locations["W1"].public_id, "reference": "PO-7", "items": item(here, quantity)}
    return api.post("/admin/stock-arrivals", body | {"expected_on": "2026-12-01"}).json()["stock_arrival"]


def test_an_arrival_is_expected_received_and_closed(here):
    api = Api()

    made = expected(api, here)
    before = level(api, here)
    line = {"id": made["items"][0]["id"], "quantity": 4, "damaged_quantity": 1}
    received = api.post(f"/admin/stock-arrivals/{made['id']}/receive", {"items": [line]}).json()["stock_arrival"]
    halfway = level(api, here)
    closed = api.post(f"/admin/stock-arrivals/{made['id']}/close", {"reason": "no more"}).json()["stock_arrival"]

    assert (made["status"], made["reference"], made["expected_on"]) == ("expected", "PO-7", "2026-12-01")
    assert (before, halfway, level(api, here)) == ((5, 0, 10), (9, 0, 5), (9, 0, 0))
    assert received["items"] == [
        {
            "id": line["id"],
            "inventory_item_id": here.items["LAMP"].public_id,
            "sku": "LAMP",
            "expected_quantity": 10,
            "received_quantity": 4,
            "damaged_quantity": 1,
            "outstanding_quantity": 5,
        }
    ]
    assert (received["status"], closed["status"]) == ("receiving", "closed")


def test_a_repeated_receipt_with_its_key_receives_once(here):
    api = Api()
    made = expected(api, here)
    body = {"items": [{"id": made["items"][0]["id"], "quantity": 4}]}

    answers = [
        api.post(f"/admin/stock-arrivals/{made['id']}/receive", body, Idempotency_Key="receipt-1") for _ in range(2)
    ]

    assert answers[0].content == answers[1].content
    assert level(api, here) == (9, 0, 6)


def test_a_transfer_is_sent_received_and_its_rest_given_up(here):
    api = Api()
    places = {
        "source_location_id": here.locations["W1"].public_id,
        "target_location_id": here.locations["W2"].public_id,
    }

    made = api.post("/admin/stock-transfers", places | {"items": item(here, 3)}).json()["stock_transfer"]
    path, line = f"/admin/stock-transfers/{made['id']}", made["items"][0]["id"]
    sent = api.post(f"{path}/send").json()["stock_transfer"]
    on_the_way = level(api, here), level(api, here, "W2")
    api.post(f"{path}/receive", {"items": [{"id": line, "quantity": 2}]})
    nameless = api.post(f"{path}/close", {})
    closed = api.post(f"{path}/close", {"reason": "stolen"}).json()["stock_transfer"]

    assert (made["status"], sent["status"], closed["status"]) == ("draft", "sent", "closed")
    assert on_the_way == ((2, 0, 0), (0, 0, 3))
    assert (level(api, here), level(api, here, "W2")) == ((2, 0, 0), (2, 0, 0))
    assert (problem(nameless), pointers(nameless)) == ((400, "invalid_data", "invalid_input"), ["/reason"])
    assert closed["items"][0]["lost_quantity"] == 1
    assert problem(api.post(f"{path}/cancel")) == (400, "not_allowed", "not_possible_now")


def test_a_transfer_of_what_is_not_there_is_refused_by_line(here):
    api = Api()
    places = {
        "source_location_id": here.locations["W2"].public_id,
        "target_location_id": here.locations["W1"].public_id,
    }
    made = api.post("/admin/stock-transfers", places | {"items": item(here, 3)}).json()["stock_transfer"]

    with nothing_moves():
        refused = api.post(f"/admin/stock-transfers/{made['id']}/send")

    assert problem(refused) == (400, "invalid_data", "insufficient_stock")
    assert pointers(refused) == ["/items/0/quantity"]


def test_a_count_is_recorded_and_applied_and_its_shortage_settled(here):
    api = Api()
    order = placed_order(here, {"LAMP": 4})

    body = {"location_id": here.locations["W1"].public_id, "items": item(here, 9)}
    made = api.post("/admin/stock-counts", body).json()["stock_count"]
    path = f"/admin/stock-counts/{made['id']}"
    again = api.post(f"{path}/items", {"items": item(here, 3)}).json()["stock_count"]
    applied = api.post(f"{path}/apply").json()["stock_count"]
    (shortage,) = api.get("/admin/stock-shortages?open=true").json()["stock_shortages"]
    settled = api.post(f"/admin/stock-shortages/{shortage['id']}/settle", {"note": "told"}).json()["stock_shortage"]

    assert (made["items"][0]["difference"], again["items"][0]["difference"]) == (4, -2)
    assert (applied["status"], level(api, here)) == ("applied", (3, 3, 0))
    assert (shortage["order_id"], shortage["quantity"], shortage["settled_at"]) == (order.public_id, 1, None)
    assert settled["settled_at"] is not None
    assert api.get("/admin/stock-shortages?open=true").json()["count"] == 0
    assert StockShortage.objects.get().note == "told"


def test_thresholds_are_set_and_alerts_listed(here):
    api = Api()
    path = f"/admin/inventory-items/{here.items['LAMP'].public_id}"

    api.post(f"{path}/location-levels/{here.locations['W1'].public_id}", {"low_stock_threshold": 4, "safety_stock": 1})
    api.post(path, {"low_stock_threshold": 2})
    shown = api.get(path).json()["inventory_item"]
    alerts = api.get(f"/admin/low-stock-alerts?open=true&location_id={here.locations['W1'].public_id}").json()

    assert shown["low_stock_threshold"] == 2
    assert [(each["low_stock_threshold"], each["is_low"]) for each in shown["location_levels"]] == [
        (4, True),
        (None, True),
    ]
    assert [(each["sku"], each["threshold"], each["available_quantity"]) for each in alerts["low_stock_alerts"]] == [
        ("LAMP", 4, 4)
    ]
    assert api.get("/admin/low-stock-alerts").json()["count"] == 2


def test_a_count_and_a_new_safety_stock_in_one_request_serve_who_waits(here):
    api = Api()
    placed_order(here, {"LAMP": 7})
    path = f"/admin/inventory-items/{here.items['LAMP'].public_id}/location-levels/{here.locations['W1'].public_id}"

    answer = api.post(path, {"stocked_quantity": 6, "safety_stock": 2})

    assert answer.status_code == 200
    assert level(api, here) == (6, 6, 0)


@pytest.mark.parametrize("name", ["stock-arrivals", "stock-transfers", "stock-counts"])
def test_documents_are_filtered_and_an_unknown_one_is_not_found(here, name):
    api = Api()

    assert api.get(f"/admin/{name}?status=closed,x").status_code == 400
    assert api.get(f"/admin/{name}").json()["count"] == 0
    assert problem(api.get(f"/admin/{name}/nonsense")) == (404, "not_found", "not_found")


def test_a_list_takes_as_many_queries_for_three_as_for_one(here):
    api, counts = Api(), []
    for number in (1, 2):
        for _ in range(number):
            expected(api, here)
        with CaptureQueriesContext(connection) as captured:
            listed = api.get("/admin/stock-arrivals?status=expected").json()
        counts.append(len(captured))

    assert counts[0] == counts[1]
    assert [row["number"] for row in listed["stock_arrivals"]] == list(
        Arrival.objects.order_by("-pk").values_list("number", flat=True)
    )

"""Kits and reservations with an end over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import InventoryLevel, Reservation
from tests.api import Api, order_body, pointers, problem
from tests.scenarios import kit, nothing_moves, placed_order, shop


def _id(here, sku):
    return here.items[sku].public_id


def test_a_kit_is_made_shown_sold_and_changed(db):
    here, api = shop({"W1": {"LAMP": 5, "BULB": 9}}), Api()
    parts = [
        {"inventory_item_id": _id(here, "LAMP"), "quantity": 2},
        {"inventory_item_id": _id(here, "BULB")},
    ]

    made = api.post("/admin/inventory-items", {"sku": "GIFT", "title": "Gift", "components": parts})
    told = made.json()["inventory_item"]
    placed = api.post("/admin/orders", order_body({"GIFT": 1}, sales_channel=here.channel.code))
    stock = api.get(f"/admin/sales-channels/{here.channel.public_id}/stock?sku[]=GIFT").json()["stock"]
    short = api.post("/admin/orders", order_body({"GIFT": 2}, sales_channel=here.channel.code))
    listed = api.get("/admin/inventory-items?sku[]=GIFT").json()["inventory_items"][0]
    plain = api.post(f"/admin/inventory-items/{told['id']}", {"components": []}).json()["inventory_item"]

    w1 = here.locations["W1"].public_id
    assert told["is_kit"] is True
    assert told["components"] == [
        {"inventory_item_id": _id(here, "LAMP"), "sku": "LAMP", "quantity": 2},
        {"inventory_item_id": _id(here, "BULB"), "sku": "BULB", "quantity": 1},
    ]
    assert (told["location_levels"], told["location_kits"]) == ([], [{"location_id": w1, "available_quantity": 2}])
    assert placed.status_code == 200
    assert [each["available"] for each in stock] == [1]
    assert problem(short) == (400, "invalid_data", "insufficient_stock")
    assert short.json()["errors"][0]["components"][0] == {"sku": "LAMP", "requested": 4, "available": 3}
    assert listed["location_kits"] == [{"location_id": w1, "available_quantity": 1}]
    assert (plain["is_kit"], plain["components"], plain["location_kits"]) == (False, [], [])


def test_a_kit_of_a_kit_is_refused_at_the_field(db):
    here, api = shop({"W1": {"LAMP": 5}}), Api()
    inner = kit(here, "INNER", {"LAMP": 1})

    with nothing_moves():
        refused = api.post(
            "/admin/inventory-items", {"sku": "OUTER", "components": [{"inventory_item_id": inner.public_id}]}
        )
        counted = api.post(
            f"/admin/inventory-items/{inner.public_id}/location-levels/{here.locations['W1'].public_id}",
            {"stocked_quantity": 3},
        )

    assert (problem(refused), pointers(refused)) == (
        (400, "invalid_data", "invalid_input"),
        ["/components/0/inventory_item_id"],
    )
    assert problem(counted) == (400, "not_allowed", "kit_has_no_stock")


@pytest.mark.parametrize("kits", [1, 3])
def test_a_list_with_kits_takes_the_same_queries_whatever_its_length(db, kits):
    here, api = shop({"W1": {"LAMP": 5, "BULB": 9}}), Api()
    for number in range(kits):
        kit(here, f"GIFT-{number}", {"LAMP": 2, "BULB": 1})

    with CaptureQueriesContext(connection) as captured:
        answer = api.get("/admin/inventory-items")

    assert (len(captured), answer.json()["count"]) == (6, 2 + kits)


def test_a_reservation_ends_at_its_time_for_everybody(db):
    here, api = shop({"W1": {"LAMP": 5}}), Api()
    where = {"inventory_item_id": _id(here, "LAMP"), "location_id": here.locations["W1"].public_id}
    levels = f"/admin/inventory-items/{_id(here, 'LAMP')}/location-levels"
    soon = (timezone.now() + timedelta(minutes=10)).isoformat()

    made = api.post("/admin/reservations", where | {"quantity": 4, "expires_at": soon}).json()["reservation"]
    one = f"/admin/reservations/{made['id']}"
    while_it_lasts = api.get(levels).json()["inventory_levels"][0]
    kept = api.post(one, {"is_kept": True}).json()["reservation"]
    let_go = api.post(one, {"is_kept": False}).json()["reservation"]
    Reservation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    afterwards = api.get(levels).json()["inventory_levels"][0]
    item = api.get(f"/admin/inventory-items/{_id(here, 'LAMP')}").json()["inventory_item"]

    assert made["expires_at"].startswith(soon[:16])
    assert (kept["is_kept"], let_go["is_kept"], let_go["expires_at"]) == (True, False, made["expires_at"])
    assert [(each["reserved_quantity"], each["available_quantity"]) for each in (while_it_lasts, afterwards)] == [
        (4, 1),
        (0, 5),
    ]
    assert item["reserved_quantity"] == 0
    assert problem(api.get(one)) == problem(api.delete(one)) == (404, "not_found", "not_found")
    assert api.get("/admin/reservations").json()["reservations"] == []


def test_a_time_without_a_zone_or_for_a_line_is_refused(db):
    here, api = shop({"W1": {"LAMP": 5}}), Api()
    line = placed_order(here, {"LAMP": 1}).lines.get()
    where = {"inventory_item_id": _id(here, "LAMP"), "location_id": here.locations["W1"].public_id, "quantity": 1}
    soon = (timezone.now() + timedelta(minutes=10)).isoformat()

    naive = api.post("/admin/reservations", where | {"expires_at": soon.partition("+")[0]})
    ordered = api.post("/admin/reservations", where | {"expires_at": soon, "line_item_id": line.public_id})

    assert (naive.status_code, pointers(naive)) == (400, ["/expires_at"])
    assert (problem(ordered)[2], pointers(ordered)) == ("invalid_input", ["/expires_at"])


def test_what_an_order_holds_is_moved_over_http(db):
    here, api = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 1}}), Api()
    order = placed_order(here, {"LAMP": 2})
    path = f"/admin/orders/{order.public_id}/move-reserved"
    body = {
        "from_location_id": here.locations["W1"].public_id,
        "to_location_id": here.locations["W2"].public_id,
        "items": [{"id": order.lines.get().public_id, "quantity": 1}],
    }

    moved = api.post(path, body)
    stale = api.post(path, body, if_match='"1"')
    short = api.post(path, body)

    assert (moved.status_code, moved["ETag"]) == (200, '"2"')
    assert stale.status_code == 412
    assert problem(short) == (400, "invalid_data", "insufficient_stock")
    assert (here.sra("LAMP"), here.sra("LAMP", "W2")) == ((5, 1, 4), (1, 1, 0))


@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "let-go"}])
def test_one_that_was_kept_beyond_its_time_is_let_go_of_and_answered_with(key, db):
    here = shop({"W1": {"LAMP": 5}})
    api = Api()
    soon = (timezone.now() + timedelta(minutes=5)).isoformat()
    where = {
        "inventory_item_id": here.items["LAMP"].public_id,
        "location_id": here.locations["W1"].public_id,
        "quantity": 4,
    }
    made = api.post("/admin/reservations", where | {"expires_at": soon}).json()["reservation"]
    one = f"/admin/reservations/{made['id']}"
    api.post(one, {"is_kept": True})
    Reservation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))

    let_go = api.post(one, {"is_kept": False}, **key)

    assert (let_go.status_code, let_go.json()["reservation"]["is_kept"]) == (200, False)
    assert api.get(one).status_code == 404
    assert InventoryLevel.objects.counted().get().free == 5

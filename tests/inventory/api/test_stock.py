"""Stock over HTTP, by the contract's paths and words."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import InventoryItem, InventoryLevel, Reservation, StockMovement
from tests.api import Api, pointers, problem
from tests.factories import InventoryItemFactory, InventoryLevelFactory, StockLocationFactory
from tests.scenarios import placed_order, shop


def _level(on_hand=100, **fields):
    return InventoryLevelFactory(on_hand=on_hand, **fields)


def _reserve(api, level, quantity, **fields):
    body = {
        "inventory_item_id": level.item.public_id,
        "location_id": level.location.public_id,
        "quantity": quantity,
    }
    return api.post("/admin/reservations", body | fields)


def _sra(level):
    level.refresh_from_db()
    return level.on_hand, level.reserved, level.available


def test_a_reservation_is_made_raised_refused_and_deleted(db):
    """Scenario 11."""
    level, api = _level(100), Api()

    made = _reserve(api, level, 1, description="set aside")
    here = f"/admin/reservations/{made.json()['reservation']['id']}"
    after_making = _sra(level)
    raised = api.post(here, {"quantity": 3}).json()["reservation"]
    after_raising = _sra(level)
    too_many = api.post(here, {"quantity": 100_000})
    deleted = api.delete(here)

    told = made.json()["reservation"]
    assert (told["quantity"], told["description"], told["line_item_id"]) == (1, "set aside", None)
    assert (told["inventory_item"]["reserved_quantity"], told["inventory_item"]["stocked_quantity"]) == (1, 100)
    assert (raised["quantity"], after_making, after_raising) == (3, (100, 1, 99), (100, 3, 97))
    assert problem(too_many) == (400, "not_allowed", "insufficient_stock")
    assert pointers(too_many) == ["/quantity"]
    assert deleted.json() == {"id": told["id"], "object": "reservation", "deleted": True}
    assert _sra(level) == (100, 0, 100)
    assert problem(api.get(here)) == (404, "not_found", "not_found")
    assert problem(api.delete(here)) == (404, "not_found", "not_found")


def test_a_reservation_moves_with_its_units_or_stays(db):
    level, api = _level(5), Api()
    enough, too_few = _level(5, item=level.item), _level(1, item=level.item)
    here = f"/admin/reservations/{_reserve(api, level, 2).json()['reservation']['id']}"

    refused = api.post(here, {"location_id": too_few.location.public_id})
    moved = api.post(here, {"location_id": enough.location.public_id})

    assert problem(refused) == (400, "not_allowed", "insufficient_stock")
    assert moved.json()["reservation"]["location_id"] == enough.location.public_id
    assert (_sra(level), _sra(enough), _sra(too_few)) == ((5, 0, 5), (5, 2, 3), (1, 0, 1))


def test_units_are_reserved_for_a_line_without_naming_its_order(db):
    where, api = shop({"W1": {"LAMP": 9, "BULB": 9}}), Api()
    order = placed_order(where, {"LAMP": 2})
    line, level, other = order.lines.get(), where.level("LAMP"), where.level("BULB")
    api.delete(f"/admin/reservations/{Reservation.objects.get().public_id}")

    no_line = _reserve(api, level, 1, order_id=order.public_id)
    other_goods = _reserve(api, other, 1, line_item_id=line.public_id)
    made = _reserve(api, level, 2, line_item_id=line.public_id)

    assert (problem(no_line), pointers(no_line)) == ((400, "invalid_data", "invalid_input"), ["/line_item_id"])
    assert problem(other_goods) == (400, "not_allowed", "reserves_other_goods")
    assert pointers(other_goods) == ["/inventory_item_id"]
    told = made.json()["reservation"]
    assert (told["line_item_id"], told["order_id"]) == (line.public_id, order.public_id)
    assert (_sra(level), _sra(other)) == ((9, 2, 7), (9, 0, 9))


def test_more_than_is_there_cannot_be_reserved(db):
    level = _level(5)

    refused = _reserve(Api(), level, 6)

    assert problem(refused) == (400, "not_allowed", "insufficient_stock")
    assert (_sra(level), Reservation.objects.count()) == ((5, 0, 5), 0)


def test_reservations_are_found_by_item_location_and_line(db):
    where, api = shop({"W1": {"LAMP": 9}}), Api()
    order = placed_order(where, {"LAMP": 2})
    other = _level(5)
    _reserve(api, other, 1)

    def found(query):
        answer = api.get(f"/admin/reservations?{query}")
        assert answer.status_code == 200, answer.content
        return [each["quantity"] for each in answer.json()["reservations"]]

    assert found("") == [2, 1]
    assert found(f"inventory_item_id[0]={other.item.public_id}") == [1]
    assert found(f"location_id[]={where.locations['W1'].public_id}") == [2]
    assert found(f"line_item_id[]={order.lines.get().public_id}") == [2]
    assert found(f"order_id={order.public_id}") == [2]


def test_an_item_is_made_once(db):
    api = Api()

    made = api.post("/admin/inventory-items", {"sku": "LAMP", "title": "Lantern"})
    again = api.post("/admin/inventory-items", {"sku": "LAMP"})

    told = made.json()["inventory_item"]
    assert (told["sku"], told["title"], told["location_levels"]) == ("LAMP", "Lantern", [])
    assert (told["stocked_quantity"], told["reserved_quantity"], told["requires_shipping"]) == (0, 0, True)
    assert problem(again) == (400, "invalid_data", "duplicate_sku")
    assert pointers(again) == ["/sku"]
    assert api.get(f"/admin/inventory-items/{told['id']}").json()["inventory_item"] == told


def test_levels_are_made_counted_and_deleted_in_one_go(db):
    item, api = InventoryItemFactory(), Api()
    first, second, third = (StockLocationFactory() for _ in range(3))
    here = f"/admin/inventory-items/{item.public_id}/location-levels"

    made = api.post(
        f"{here}/batch",
        {
            "create": [
                {"location_id": third.public_id, "stocked_quantity": 5},
                {"location_id": first.public_id, "stocked_quantity": 100},
                {"location_id": second.public_id},
            ]
        },
    )
    changed = api.post(
        f"{here}/batch",
        {"update": [{"location_id": first.public_id, "stocked_quantity": 7}], "delete": [second.public_id]},
    )
    again = api.post(f"{here}/batch", {"create": [{"location_id": first.public_id, "stocked_quantity": 1}]})

    assert sorted(each["stocked_quantity"] for each in made.json()["created"]) == [0, 5, 100]
    assert [each["stocked_quantity"] for each in changed.json()["updated"]] == [7]
    assert len(changed.json()["deleted"]) == 1
    assert problem(again) == (400, "invalid_data", "level_exists")
    listed = api.get(here).json()
    assert (listed["count"], sorted(each["available_quantity"] for each in listed["inventory_levels"])) == (2, [5, 7])


def test_a_batch_of_levels_is_all_or_nothing(db):
    level, api = _level(5), Api()
    _reserve(api, level, 2)
    other = StockLocationFactory()

    refused = api.post(
        f"/admin/inventory-items/{level.item.public_id}/location-levels/batch",
        {
            "create": [{"location_id": other.public_id, "stocked_quantity": 3}],
            "delete": [level.location.public_id],
        },
    )

    assert problem(refused) == (400, "not_allowed", "level_in_use")
    assert InventoryLevel.objects.count() == 1


def test_a_count_is_set_and_never_negative_nor_below_what_is_reserved(db):
    level, api = _level(5), Api()
    here = f"/admin/inventory-items/{level.item.public_id}/location-levels/{level.location.public_id}"
    _reserve(api, level, 2)

    set_to_seven = api.post(here, {"stocked_quantity": 7, "safety_stock": 1})
    negative = api.post(here, {"stocked_quantity": -1})
    too_low = api.post(here, {"stocked_quantity": 1})
    unexplained = api.post(f"{here}/adjust", {"delta": -1, "reason": "because"})
    adjusted = api.post(f"{here}/adjust", {"delta": -1, "reason": "damaged", "note": "dropped"})

    told = set_to_seven.json()["inventory_item"]["location_levels"][0]
    assert (told["stocked_quantity"], told["reserved_quantity"], told["available_quantity"]) == (7, 2, 4)
    assert (problem(negative), pointers(negative)) == ((400, "invalid_data", "invalid_input"), ["/stocked_quantity"])
    assert (problem(too_low), pointers(too_low)) == ((400, "not_allowed", "below_reserved"), ["/stocked_quantity"])
    assert problem(unexplained) == (400, "invalid_data", "reason_required")
    assert adjusted.json()["inventory_item"]["stocked_quantity"] == 6
    last = StockMovement.objects.filter(level=level).order_by("-seq").first()
    assert (last.reason, last.note, last.actor["kind"]) == ("damaged", "dropped", "api_key")


def test_a_level_in_use_cannot_be_deleted(db):
    """Scenario 12, by the API."""
    level, api = _level(1), Api()
    here = f"/admin/inventory-items/{level.item.public_id}/location-levels/{level.location.public_id}"

    refused = api.delete(here)
    api.post(here, {"stocked_quantity": 0})
    deleted = api.delete(here)

    assert problem(refused) == (400, "not_allowed", "level_in_use")
    assert deleted.json() == {"id": level.public_id, "object": "inventory-level", "deleted": True}
    assert problem(api.delete(here)) == (404, "not_found", "not_found")


def test_a_location_is_made_with_its_address(db):
    api = Api()

    made = api.post("/admin/stock-locations", {"name": "W1", "address": {"address_1": "1 Quay", "country_code": "us"}})
    here = f"/admin/stock-locations/{made.json()['stock_location']['id']}"
    changed = api.post(here, {"name": "W1 east", "address": {"city": "Leeds"}}).json()["stock_location"]

    told = made.json()["stock_location"]
    assert (told["name"], told["code"]) == ("W1", "w1")
    assert (told["address"]["address_1"], told["address"]["country_code"], told["address"]["city"]) == (
        "1 Quay",
        "us",
        None,
    )
    assert (changed["name"], changed["address"]["address_1"], changed["address"]["city"]) == (
        "W1 east",
        "1 Quay",
        "Leeds",
    )
    assert api.get("/admin/stock-locations").json()["stock_locations"] == [changed]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("path", "queries"),
    [("inventory-items", 5), ("stock-locations", 3), ("reservations", 4), ("inventory-items/ITEM/location-levels", 6)],
)
def test_lists_take_the_same_queries_whatever_their_length(db, rows, path, queries):
    api, item = Api(), InventoryItemFactory()
    for _ in range(rows):
        _reserve(api, _level(5), 1)
        _level(5, item=item)

    with CaptureQueriesContext(connection) as captured:
        answer = api.get(f"/admin/{path.replace('ITEM', item.public_id)}")

    assert (answer.status_code, len(captured)) == (200, queries)


def test_items_are_found_by_sku_and_by_how_it_begins(db):
    api = Api()
    for sku in ("LAMP-1", "lamp-2", "SHADE"):
        InventoryItemFactory(sku=sku)

    def found(query):
        return [each["sku"] for each in api.get(f"/admin/inventory-items?{query}").json()["inventory_items"]]

    assert found("q=Lamp") == ["LAMP-1", "lamp-2"]
    assert found("sku[]=SHADE&sku[]=lamp-2") == ["SHADE", "lamp-2"]
    assert found("order=-sku") == ["lamp-2", "SHADE", "LAMP-1"]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("inventory-items", {"sku": ""}, "/sku"),
        ("inventory-items", {"sku": "x" * 101}, "/sku"),
        ("inventory-items", {"sku": "a\u0000"}, ""),
        ("inventory-items", {"sku": "A", "colour": 1}, "/colour"),
        ("stock-locations", {"name": "W", "address": {"country_code": "usa"}}, "/address/country_code"),
        ("reservations", {"inventory_item_id": "x", "location_id": "y", "quantity": 1}, "/inventory_item_id"),
        ("reservations", {"inventory_item_id": "x", "location_id": "y", "quantity": 10**12}, "/quantity"),
        ("sales-channels", {"name": ""}, "/name"),
        ("sales-channels", {"name": "Web", "code": "not a slug"}, "/code"),
    ],
)
def test_a_wrong_body_is_refused_with_its_field(db, path, body, pointer):
    refused = Api().post(f"/admin/{path}", body)

    assert problem(refused) == (400, "invalid_data", "invalid_input")
    assert pointers(refused) == [pointer]
    assert InventoryItem.objects.count() == 0


def test_a_repeat_with_a_key_makes_one_reservation(db):
    level, api = _level(5), Api()
    body = {"inventory_item_id": level.item.public_id, "location_id": level.location.public_id, "quantity": 1}

    first = api.post("/admin/reservations", body, Idempotency_Key="k")
    again = api.post("/admin/reservations", body, Idempotency_Key="k")

    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert _sra(level) == (5, 1, 4)

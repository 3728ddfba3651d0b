"""Levels in every way that clients of the contract make, count and delete them."""

from __future__ import annotations

import pytest

from inventory.models import InventoryItem, InventoryLevel
from tests.api import Api, pointers, problem
from tests.scenarios import nothing_moves, shop

pytestmark = pytest.mark.django_db
NOWHERE = "sloc_01arz3ndektsv4rrffq69g5fav"


@pytest.fixture
def here():
    return shop({"W1": {"LAMP": 5}, "W2": {}})


def _at(here, place, **fields):
    return {"location_id": here.locations[place].public_id} | fields


def _levels(item):
    return {each["location_id"]: each["stocked_quantity"] for each in item["location_levels"]}


def test_an_item_is_made_with_its_opening_stock(here):
    body = {"sku": "MUG", "location_levels": [_at(here, "W1", stocked_quantity=3), _at(here, "W2")]}

    item = Api().post("/admin/inventory-items", body).json()["inventory_item"]

    assert _levels(item) == {here.locations["W1"].public_id: 3, here.locations["W2"].public_id: 0}
    assert (item["stocked_quantity"], here.sra("MUG")) == (3, (3, 0, 3))


@pytest.mark.parametrize(
    ("level", "pointer"),
    [
        ({"location_id": "nonsense"}, "/location_levels/1/location_id"),
        ({"location_id": None}, "/location_levels/1/location_id"),
        ({"stocked_quantity": -1}, "/location_levels/1/stocked_quantity"),
        ({"incoming_quantity": 4}, "/location_levels/1/incoming_quantity"),
        ({}, "/location_levels/1/location_id"),
    ],
    ids=["no id", "null", "below zero", "expected by hand", "twice"],
)
def test_an_item_whose_opening_stock_is_wrong_is_not_made(here, level, pointer):
    levels = [_at(here, "W1"), _at(here, "W1") | level]

    with nothing_moves():
        refused = Api().post("/admin/inventory-items", {"sku": "MUG", "location_levels": levels})

    assert problem(refused)[:2] == (400, "invalid_data")
    assert pointers(refused) == [pointer]


def test_an_item_with_stock_at_no_location_of_ours_is_not_made(here):
    body = {"sku": "MUG", "location_levels": [{"location_id": NOWHERE, "stocked_quantity": 1}]}

    with nothing_moves():
        refused = Api().post("/admin/inventory-items", body)

    assert refused.status_code == 404
    assert not InventoryItem.objects.filter(sku="MUG").exists()


def test_an_item_is_stocked_at_a_further_location_once(here):
    path = f"/admin/inventory-items/{here.items['LAMP'].public_id}/location-levels"

    made = Api().post(path, _at(here, "W2", stocked_quantity=4, incoming_quantity=0)).json()["inventory_item"]
    with nothing_moves():
        again = Api().post(path, _at(here, "W2", stocked_quantity=9))

    assert _levels(made) == {here.locations["W1"].public_id: 5, here.locations["W2"].public_id: 4}
    assert problem(again) == (400, "invalid_data", "level_exists")


def test_levels_are_deleted_by_their_own_id_or_by_their_location(here):
    api, path = Api(), f"/admin/inventory-items/{here.items['LAMP'].public_id}/location-levels"
    level = api.post(path, _at(here, "W2")).json()["inventory_item"]["location_levels"][1]["id"]
    counted = [_at(here, "W1", stocked_quantity=0, id=here.level("LAMP").public_id)]
    api.post(f"{path}/batch", {"update": counted})

    answer = api.post(f"{path}/batch", {"delete": [level, here.locations["W1"].public_id]}).json()

    assert sorted(answer["deleted"]) == sorted([level, here.level("LAMP").public_id])
    assert InventoryLevel.objects.kept().count() == 0


def test_a_level_of_another_item_is_not_deleted(here):
    api = Api()
    mug = api.post("/admin/inventory-items", {"sku": "MUG", "location_levels": [_at(here, "W1")]}).json()
    path = f"/admin/inventory-items/{here.items['LAMP'].public_id}/location-levels/batch"

    with nothing_moves():
        refused = api.post(path, {"delete": [mug["inventory_item"]["location_levels"][0]["id"], "sku"]})

    assert problem(refused)[:2] == (400, "invalid_data")
    assert pointers(refused) == ["/delete/1"]

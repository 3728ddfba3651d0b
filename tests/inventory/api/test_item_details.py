from __future__ import annotations

import pytest

from inventory.description import DETAILS
from tests.api import Api, pointers, problem
from tests.scenarios import nothing_moves

pytestmark = pytest.mark.django_db
GIVEN = {
    "description": "A lantern for the porch",
    "thumbnail": "https://example.com/lamp.png",
    "origin_country": "gb",
    "hs_code": "9405.50",
    "mid_code": "GBLAN1LON",
    "material": "brass",
    "unit_of_measure": "piece",
    "weight": 1200,
    "length": 300,
    "height": 410,
    "width": 0,
}


def test_an_item_keeps_what_carriers_and_customs_ask_and_forgets_it_again():
    api = Api()

    made = api.post("/admin/inventory-items", {"sku": "LAMP"} | GIVEN).json()["inventory_item"]
    path = f"/admin/inventory-items/{made['id']}"
    changed = api.post(path, {"weight": 1300, "material": None, "length": None}).json()["inventory_item"]

    assert {name: made[name] for name in DETAILS} == GIVEN | {"origin_country": "GB"}
    assert changed == made | {
        "weight": 1300,
        "material": None,
        "length": None,
        "updated_at": changed["updated_at"],
    }
    assert api.get(path).json()["inventory_item"] == changed


def test_an_item_of_which_nothing_is_said_has_nulls():
    made = Api().post("/admin/inventory-items", {"sku": "LAMP"}).json()["inventory_item"]

    assert {made[name] for name in DETAILS} == {None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weight", -1),
        ("weight", 1.5),
        ("height", 10**12),
        ("origin_country", "England"),
        ("thumbnail", "javascript:alert(1)"),
        ("hs_code", "9" * 21),
    ],
)
def test_details_that_cannot_be_are_refused_by_name(name, value):
    with nothing_moves():
        refused = Api().post("/admin/inventory-items", {"sku": "LAMP", name: value})

    assert problem(refused)[:2] == (400, "invalid_data")
    assert pointers(refused) == [f"/{name}"]

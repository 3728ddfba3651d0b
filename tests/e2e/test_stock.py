"""Stock in a real browser: adjusted with the keyboard alone, and its pages on a telephone."""

from __future__ import annotations

import pytest

from tests.e2e.test_console import console  # noqa: F401  (a fixture)
from tests.e2e.test_imports import _fits
from tests.scenarios import place, shop

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_stock_is_adjusted_with_the_keyboard_alone(console):  # noqa: F811
    house = shop({"W1": {"LAMP": 5}})
    console.goto("/console/inventory/inventorylevel/adjust/")
    console.locator("[name=sku]:focus").wait_for()

    for typed in ("lamp", "-9", "", "dam"):  # the location stays as it is
        console.keyboard.type(typed)
        console.keyboard.press("Tab")
    console.keyboard.press("Enter")
    console.get_by_text("Stock of LAMP cannot become -4.").wait_for()
    console.locator("[name=delta]:focus").wait_for()
    console.keyboard.type("-2")  # what was typed is marked, to be typed over
    console.keyboard.press("Enter")
    console.get_by_text("LAMP: -2, now 3 on hand.").wait_for()
    console.locator("[name=sku]:focus").wait_for()

    assert house.sra("LAMP") == (3, 0, 3)


def test_the_pages_of_stock_fit_a_telephone(console):  # noqa: F811
    house = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 2}}, allow_backorder=True)
    place(house, {"LAMP": 9})
    item, here = house.items["LAMP"].pk, house.locations["W1"].pk
    console.set_viewport_size({"width": 390, "height": 844})
    pages = {
        "stock-item": f"inventoryitem/{item}/change/",
        "stock-item-then": f"inventoryitem/{item}/change/?at=2099-01-01T00:00",
        "stock-ledger": f"inventoryitem/{item}/ledger/",
        "stock-levels": "inventorylevel/",
        "stock-level": f"inventorylevel/{house.level('LAMP').pk}/change/",
        "stock-adjust": "inventorylevel/adjust/",
        "stock-then": f"inventorylevel/then/?location={here}&at=2099-01-01T00:00",
    }

    for name, address in pages.items():
        console.goto(f"/console/inventory/{address}")
        _fits(console, name)

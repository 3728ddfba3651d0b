from __future__ import annotations

import pytest

from inventory.errors import LevelInUse
from inventory.models import InventoryLevel, StockMovement
from inventory.services.adjustments import adjust_stock, set_on_hand, set_safety_stock
from inventory.services.deletion import delete_level
from inventory.services.verify import verify_stock
from oms.core.errors import NotFound
from tests.scenarios import STAFF, place, placed_order, shop

pytestmark = pytest.mark.django_db


def test_a_level_with_stock_cannot_be_deleted():
    here = shop({"W1": {"LAMP": 1}})

    with pytest.raises(LevelInUse, match="W1 still has stock or reservations of LAMP"):
        delete_level(item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk)

    assert here.level("LAMP").deleted_at is None


def test_a_level_with_reservations_cannot_be_deleted():
    here = shop({"W1": {"LAMP": 0}}, allow_backorder=True)
    place(here, {"LAMP": 1})

    with pytest.raises(LevelInUse):
        delete_level(item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk)

    assert here.level("LAMP").deleted_at is None


def test_an_empty_level_is_gone_and_its_history_stays():
    here = shop({"W1": {"LAMP": 1}})
    item_id, location_id = here.items["LAMP"].pk, here.locations["W1"].pk
    set_safety_stock(item_id=item_id, location_id=location_id, safety_stock=3, actor=STAFF)
    set_on_hand(item_id=item_id, location_id=location_id, on_hand=0, reason="lost", actor=STAFF)

    delete_level(item_id=item_id, location_id=location_id)

    assert not InventoryLevel.objects.kept().exists()
    assert StockMovement.objects.count() == 3
    assert verify_stock().differences == []
    with pytest.raises(NotFound):
        delete_level(item_id=item_id, location_id=location_id)


def test_stock_that_comes_brings_a_deleted_level_back():
    here = shop({"W1": {"LAMP": 0, "BULB": 0}})
    location_id = here.locations["W1"].pk
    for item in here.items.values():
        delete_level(item_id=item.pk, location_id=location_id)

    back = adjust_stock(item_id=here.items["LAMP"].pk, location_id=location_id, delta=2, reason="received", actor=STAFF)
    named = set_on_hand(item_id=here.items["BULB"].pk, location_id=location_id, on_hand=0, reason="count", actor=STAFF)

    assert (back.deleted_at, named.deleted_at) == (None, None)
    assert set(InventoryLevel.objects.kept()) == {here.level("LAMP"), here.level("BULB")}


def test_a_backorder_waits_where_the_item_is_kept_and_not_at_a_deleted_level():
    here = shop({"W1": {"LAMP": 0}, "W2": {"LAMP": 0}}, allow_backorder=True)
    delete_level(item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk)

    order = placed_order(here, {"LAMP": 1})

    assert here.level("LAMP", "W2").backordered == 1
    assert here.level("LAMP", "W1").deleted_at is not None
    assert order.units_open == 1


def test_a_backorder_brings_back_the_only_level_there_was():
    here = shop({"W1": {"LAMP": 0}}, allow_backorder=True)
    delete_level(item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk)

    place(here, {"LAMP": 1})

    assert (here.level("LAMP").backordered, here.level("LAMP").deleted_at) == (1, None)

from __future__ import annotations

import pytest

from inventory.models import InventoryLevel
from inventory.services import levels
from oms.core import locks
from oms.core.locks import LockOrderViolation
from oms.core.transactions import atomic
from orders.locks import lock_order
from tests.factories import InventoryItemFactory, StockLocationFactory
from tests.scenarios import placed_order, shop

pytestmark = pytest.mark.django_db


def test_levels_are_locked_last():
    here = shop({"W1": {"LAMP": 2}})
    order = placed_order(here, {"LAMP": 1})

    with atomic():
        lock_order(order.pk)
        levels.lock([here.items["LAMP"].pk], [here.locations["W1"].pk])
        lock_order(order.pk)  # it is held already
    with atomic():
        levels.lock([here.items["LAMP"].pk], [here.locations["W1"].pk])
        with pytest.raises(LockOrderViolation, match="ORDER is locked after LEVEL"):
            lock_order(order.pk)


def test_levels_are_locked_in_the_order_of_their_ids():
    here = shop({"W1": {"LAMP": 2, "BULB": 2}})
    first, second = InventoryLevel.objects.order_by("pk")

    with atomic():
        assert list(levels.lock_rows([second.pk, first.pk])) == [first.pk, second.pk]
    with atomic():
        levels.lock_rows([second.pk])
        with pytest.raises(LockOrderViolation, match="not in the order of their ids"):
            levels.lock([first.item_id], [here.locations["W1"].pk])


def test_a_level_is_not_locked_outside_of_a_transaction():
    level = shop({"W1": {"LAMP": 2}}).level("LAMP")

    with pytest.raises(LockOrderViolation, match="inside a transaction"):
        locks.lock(locks.Rank.LEVEL, InventoryLevel.objects.filter(pk=level.pk))


def test_levels_are_made_once_and_what_is_there_is_left_alone():
    here = shop({"W1": {"LAMP": 2}})
    bulb, second = InventoryItemFactory(sku="BULB"), StockLocationFactory(code="w2")
    pairs = {(here.items["LAMP"].pk, here.locations["W1"].pk), (bulb.pk, second.pk)}

    levels.ensure(pairs)
    levels.ensure(pairs)
    levels.ensure([])

    rows = InventoryLevel.objects.order_by("on_hand").values_list("item__sku", "location__code", "on_hand")
    assert list(rows) == [("BULB", "w2", 0), ("LAMP", "w1", 2)]

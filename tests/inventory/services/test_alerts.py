"""Low stock is told once, and again only after there was more."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import InventoryLevel, LowStockAlert
from inventory.services.adjustments import set_on_hand, set_safety_stock
from inventory.services.alerts import set_threshold
from inventory.services.counts import apply_count, create_count
from inventory.services.deletion import delete_level
from inventory.services.items import update_item
from inventory.services.papers import Line
from inventory.services.verify import verify_stock
from oms.core.errors import InvalidInput
from oms.core.models import OutboxEvent
from orders.enums import CancelReason
from orders.services.cancellation import cancel_order
from tests.inventory.services.test_counts import adjust
from tests.scenarios import STAFF, nothing_moves, place, placed_order, shop

pytestmark = pytest.mark.django_db


def watch(here, threshold, sku="LAMP"):
    return set_threshold(
        item_id=here.items[sku].pk, location_id=here.locations["W1"].pk, threshold=threshold, actor=STAFF
    )


def told():
    """What was available at each alert, and whether it is cured."""
    rows = LowStockAlert.objects.order_by("pk")
    assert OutboxEvent.objects.filter(name="inventory.low_stock").count() == len(rows)
    return [(row.available, row.cured_at is not None) for row in rows]


def test_it_is_told_when_available_falls_to_the_threshold_and_not_again():
    here = shop({"W1": {"LAMP": 10}})
    watch(here, 4)

    place(here, {"LAMP": 5})
    above = told()
    place(here, {"LAMP": 1})
    place(here, {"LAMP": 1})

    event = OutboxEvent.objects.get(name="inventory.low_stock")
    assert above == []
    assert told() == [(4, False)]
    assert here.level("LAMP").is_low
    assert event.data == {
        "alert_id": LowStockAlert.objects.get().public_id,
        "level_id": here.level("LAMP").public_id,
        "item_id": here.items["LAMP"].public_id,
        "location_id": here.locations["W1"].public_id,
        "sku": "LAMP",
        "available": 4,
        "threshold": 4,
    }
    assert verify_stock().differences == []


def test_it_is_cured_above_the_threshold_and_told_anew_below_it():
    here = shop({"W1": {"LAMP": 5}})
    watch(here, 3)
    adjust(here, -2)
    adjust(here, 1)
    adjust(here, -1)

    assert told() == [(3, True), (3, False)]


def test_a_threshold_counts_at_once():
    here = shop({"W1": {"LAMP": 5}})

    watch(here, 5)
    watch(here, 5)
    watch(here, None)

    assert told() == [(5, True)]
    assert verify_stock().differences == []


def test_what_the_item_says_goes_where_the_location_says_nothing():
    here = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 5}})
    watch(here, 1)

    update_item(item_id=here.items["LAMP"].pk, changes={"low_stock_threshold": 5}, actor=STAFF)

    assert told() == [(5, False)]
    assert [here.level("LAMP", place).is_low for place in ("W1", "W2")] == [False, True]
    update_item(item_id=here.items["LAMP"].pk, changes={"low_stock_threshold": None}, actor=STAFF)
    assert told() == [(5, True)]


def test_many_levels_turn_in_as_few_statements_as_one():
    skus = [f"SKU-{number}" for number in range(20)]
    here = shop({"W1": dict.fromkeys(skus, 2)})
    for sku in skus:
        watch(here, 1, sku)

    counts = []
    for lines in (skus[:1], skus[1:]):
        with CaptureQueriesContext(connection) as captured:
            place(here, dict.fromkeys(lines, 1))
        counts.append(len(captured))

    assert counts[0] == counts[1]
    assert told() == [(1, False)] * 20


def test_a_deleted_level_is_not_low():
    here = shop({"W1": {"LAMP": 2}})
    watch(here, 1)
    adjust(here, -2)

    delete_level(item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk)

    assert told() == [(0, True)]
    assert verify_stock().differences == []


def test_a_threshold_below_zero_is_refused():
    here = shop({"W1": {"LAMP": 2}})

    with nothing_moves(), pytest.raises(InvalidInput):
        watch(here, -1)

    assert InventoryLevel.objects.get().low_stock_threshold is None


def test_goods_that_all_go_to_those_who_waited_cure_nothing_and_are_not_told_again():
    here = shop({"W1": {"LAMP": 1}}, allow_backorder=True)
    watch(here, 0)
    place(here, {"LAMP": 4})

    adjust(here, 3)

    assert here.sra("LAMP") == (4, 4, 0)
    assert told() == [(0, False)]
    assert verify_stock().differences == []


def test_a_count_that_makes_some_wait_again_is_not_told_again():
    here = shop({"W1": {"LAMP": 5}})
    watch(here, 0)
    place(here, {"LAMP": 5})
    line = [Line(here.items["LAMP"].pk, 2)]
    counted = create_count(location_id=here.locations["W1"].pk, lines=line, actor=STAFF)

    apply_count(count_id=counted.pk, actor=STAFF)

    assert (here.sra("LAMP"), here.level("LAMP").backordered) == ((2, 2, 0), 3)
    assert told() == [(0, False)]
    assert verify_stock().differences == []


@pytest.mark.parametrize("by", ["count", "safety stock"])
def test_an_empty_level_that_is_made_or_brought_back_is_judged(by):
    here = shop({"W1": {"LAMP": 0}})
    update_item(item_id=here.items["LAMP"].pk, changes={"low_stock_threshold": 3}, actor=STAFF)
    there = {"item_id": here.items["LAMP"].pk, "location_id": here.locations["W1"].pk}
    delete_level(**there)

    if by == "count":
        set_on_hand(**there, on_hand=0, reason="count", actor=STAFF)
    else:
        set_safety_stock(**there, safety_stock=0, actor=STAFF)

    assert told() == [(0, True), (0, False)]
    assert verify_stock().differences == []


def test_units_that_a_canceled_order_leaves_to_those_who_wait_are_not_told_again(django_capture_on_commit_callbacks):
    here = shop({"W1": {"LAMP": 2}}, allow_backorder=True)
    watch(here, 0)
    first, _ = placed_order(here, {"LAMP": 2}), place(here, {"LAMP": 2})

    with django_capture_on_commit_callbacks(execute=True):
        cancel_order(order_id=first.pk, reason=CancelReason.OTHER, actor=STAFF)

    assert (here.sra("LAMP"), here.level("LAMP").backordered) == ((2, 2, 0), 0)
    assert told() == [(0, False)]

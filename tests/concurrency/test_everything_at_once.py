"""Every way in which stock moves, in four processes at the same moment: nobody waits in a circle, nothing is lost."""

from __future__ import annotations

from inventory.models import InventoryLevel
from inventory.services import promises
from inventory.services.cleaning import release_all_expired
from tests.concurrency.everything import at_once
from tests.concurrency.test_backorder_races import assert_told_without_gaps
from tests.concurrency.test_stock_races import assert_proven, outcomes
from tests.concurrency.workers import Workers
from tests.scenarios import kit, placed_order, shop


def test_whatever_is_done_at_once_is_done_or_refused_and_the_books_add_up(workers: Workers):
    here = shop({"W1": {"LAMP": 9, "BULB": 9}, "W2": {"LAMP": 9, "BULB": 9}}, allow_backorder=True)
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    kit(here, "SET", {"BULB": 2, "LAMP": 1})
    placed = [placed_order(here, {sku: 2}) for sku in ("GIFT", "SET") * 5]
    orders = [(order.pk, line.pk, line.sku) for order in placed for line in order.lines.all()]
    items = [here.items[sku].pk for sku in ("LAMP", "BULB")]
    places = [place.pk for place in here.locations.values()]

    answers = workers.race(at_once, here.channel.code, items, places, orders, 30)
    release_all_expired()
    promises.fill_everywhere()

    refusals = {"insufficient_stock", "moves_more_than_held", "negative_stock", "stock_busy"}
    assert {code for code, _ in outcomes(answers)} - refusals == {"done"}
    assert not InventoryLevel.objects.filter(backordered__gt=0, available__gt=0).exists()
    assert_told_without_gaps()
    assert_proven()

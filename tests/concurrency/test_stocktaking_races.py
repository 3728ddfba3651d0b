"""Counts and alerts while orders come and go: four processes, real commits."""

from __future__ import annotations

from collections import Counter

from inventory.models import LowStockAlert, StockShortage
from inventory.services.alerts import set_threshold
from inventory.services.verify import verify_stock
from oms.core.models import OutboxEvent
from orders.models import Order
from tests.concurrency import work
from tests.concurrency.test_backorder_races import assert_told_without_gaps
from tests.concurrency.workers import Workers
from tests.scenarios import STAFF, shop


def test_of_four_who_sell_at_once_one_raises_the_alert_and_each_cure_is_followed_by_one(workers: Workers):
    here = shop({"W1": {"LAMP": 6}})
    item, place = here.items["LAMP"].pk, here.locations["W1"].pk
    set_threshold(item_id=item, location_id=place, threshold=4, actor=STAFF)

    answers = workers.race(work.sell_and_restock, here.channel.code, item, place, 4)

    found = Counter(code for outcomes in answers for code, _ in outcomes)
    alerts = LowStockAlert.objects.order_by("pk")
    assert found == {"done": 16}
    assert [(alert.available, alert.cured_at is not None) for alert in alerts] == [(4, True)] * 4
    assert OutboxEvent.objects.filter(name="inventory.low_stock").count() == 4
    assert verify_stock().differences == []


def test_counts_that_break_promises_while_orders_are_placed_and_canceled(workers: Workers):
    here = shop({"W1": {"LAMP": 3, "BULB": 3}}, allow_backorder=True)
    items = [item.pk for item in here.items.values()]

    answers = workers.race(work.count_below, here.channel.code, here.locations["W1"].pk, items, 8)

    found = Counter(code for outcomes in answers for code, _ in outcomes)
    assert set(found) <= {"done", "negative_stock"}
    assert found["done"] > Order.objects.count()
    assert StockShortage.objects.exists()
    assert_told_without_gaps()
    assert verify_stock().differences == []

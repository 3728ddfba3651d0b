"""Goods come while orders are placed and canceled: four processes, real commits. Nobody waits in a circle, nobody is
passed over, nothing is lost."""

from __future__ import annotations

from collections import Counter

from inventory.models import InventoryLevel, Reservation
from inventory.services import promises
from inventory.services.verify import verify_stock
from oms.core.models import OutboxEvent
from orders.models import Order
from tests.concurrency import work
from tests.concurrency.workers import Workers
from tests.scenarios import placed_order, shop


def assert_told_without_gaps() -> None:
    for order in Order.objects.all():
        numbers = OutboxEvent.objects.filter(stream=order.pk).order_by("sequence").values_list("sequence", flat=True)
        assert list(numbers) == list(range(1, order.event_seq + 1))


def assert_nobody_is_passed_over() -> None:
    """At a level, who waits is younger than whoever holds all of his."""
    for level in InventoryLevel.objects.all():
        rows = Reservation.objects.filter(level=level).order_by("pk").values_list("quantity", "backordered")
        waiting = [held_and_waits for held_and_waits in rows if held_and_waits[1]]
        assert list(rows)[len(rows) - len(waiting) :] == waiting
        assert not waiting or level.available <= 0


def test_receipts_against_placements_and_cancellations(workers: Workers):
    here = shop({"W1": {"LAMP": 0}, "W2": {"LAMP": 0}}, allow_backorder=True)
    orders = [placed_order(here, {"LAMP": 2}).pk for _ in range(20)]
    places = [here.locations[name].pk for name in ("W1", "W2")]

    answers = workers.race(
        work.receive_place_and_cancel, here.channel.code, here.items["LAMP"].pk, places, orders[::2], 20
    )
    promises.fill_everywhere()  # what a failed callback would have left; the books below say there was no need

    found = Counter(code for outcomes in answers for code, _ in outcomes)
    assert found == {"done": 10 + 20 + 40}
    levels = list(InventoryLevel.objects.order_by("location__priority"))
    assert sum(level.on_hand for level in levels) == 40
    held = sum(level.reserved + level.backordered for level in levels)
    assert held == 2 * Order.objects.filter(canceled_at=None).count() == 60
    assert_nobody_is_passed_over()
    assert_told_without_gaps()
    assert verify_stock().differences == []


def test_batches_over_the_same_levels_in_any_order(workers: Workers):
    here = shop({"W1": {"LAMP": 0}, "W2": {"LAMP": 0}}, allow_backorder=True)
    for _ in range(10):
        placed_order(here, {"LAMP": 1})
    places = [here.locations[name].pk for name in ("W1", "W2")]

    answers = workers.race(work.count_and_fill, here.channel.code, here.items["LAMP"].pk, places, 8)

    found = Counter(code for outcomes in answers for code, _ in outcomes)
    assert set(found) <= {"done", "below_reserved"}
    assert Order.objects.count() == 10 + 32
    assert not InventoryLevel.objects.filter(backordered__gt=0, available__gt=0).exists()
    assert_told_without_gaps()
    assert verify_stock().differences == []

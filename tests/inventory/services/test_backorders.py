"""Goods that come are handed to those who wait, the oldest first."""

from __future__ import annotations

import pytest

from inventory.enums import AdjustmentReason
from inventory.models import Reservation, StockMovement
from inventory.services import promises
from inventory.services.adjustments import adjust_stock, set_on_hand
from inventory.services.level_batches import change_levels
from inventory.services.verify import verify_stock
from oms.core import hooks
from oms.core.models import OutboxEvent
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import create_fulfillment
from tests.scenarios import STAFF, items_of, place, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


def house(stock=None, **item):
    return shop(stock or {"W1": {"LAMP": 0}}, allow_backorder=True, **item)


def bring(here, units, location="W1", sku="LAMP"):
    return adjust_stock(
        item_id=here.items[sku].pk,
        location_id=here.locations[location].pk,
        delta=units,
        reason=AdjustmentReason.RECEIVED,
        actor=STAFF,
    )


def held(*orders):
    """What each order holds and waits for."""
    rows = {row.order_id: (row.quantity, row.backordered) for row in Reservation.objects.all()}
    return [rows.get(order.pk) for order in orders]


def test_two_orders_that_wait_are_filled_one_after_the_other():
    here = house()
    first, second = placed_order(here, {"LAMP": 1}), placed_order(here, {"LAMP": 1})

    bring(here, 1)
    after_one = held(first, second), here.sra("LAMP"), here.level("LAMP").backordered
    bring(here, 2)

    assert after_one == ([(1, 0), (0, 1)], (1, 1, 0), 1)
    assert held(first, second) == [(1, 0), (1, 0)]
    assert (here.sra("LAMP"), here.level("LAMP").backordered) == ((3, 2, 1), 0)
    assert verify_stock().differences == []


def test_each_order_is_told_and_the_ledger_says_whose_it_was():
    here = house()
    order = placed_order(here, {"LAMP": 3})

    bring(here, 2)

    order.refresh_from_db()
    entry = order.timeline.get(action="inventory.backorder_filled")
    event = OutboxEvent.objects.get(name="inventory.backorder_filled")
    rows = StockMovement.objects.order_by("seq").values_list(
        "kind", "delta_on_hand", "delta_reserved", "delta_backordered", "cause_id"
    )
    assert recorded_events(order.pk) == ["order.placed", "inventory.backorder_filled"]
    assert (event.sequence, event.actor["label"]) == (2, "clerk")
    assert event.data == {
        "reservation_id": Reservation.objects.get().public_id,
        "item_id": here.items["LAMP"].public_id,
        "location_id": here.locations["W1"].public_id,
        "sku": "LAMP",
        "quantity": 2,
        "still_waiting": 1,
        "order_id": order.public_id,
        "line_id": order.lines.get().public_id,
    }
    assert (order.revision, order.event_seq) == (2, 2)
    assert entry.facts == {"filled": "2 x LAMP", "location": "W1"}
    assert list(rows) == [
        ("reserve", 0, 0, 3, order.pk),
        ("adjust", 2, 0, 0, None),
        ("fill", 0, 2, -2, order.pk),
    ]


def test_what_came_for_it_can_be_fulfilled():
    here = house()
    first, second = placed_order(here, {"LAMP": 2}), placed_order(here, {"LAMP": 1})

    bring(here, 3)
    for order in (first, second):
        create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)

    assert here.sra("LAMP") == (0, 0, 0)
    assert Reservation.objects.count() == 0
    assert verify_stock().differences == []


def test_a_count_that_finds_more_fills_too():
    here = house()
    order = placed_order(here, {"LAMP": 2})

    level = set_on_hand(
        item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk, on_hand=5, reason="count", actor=STAFF
    )

    assert held(order) == [(2, 0)]
    assert (level.on_hand, level.reserved, level.available, level.backordered) == (5, 2, 3, 0)


def test_levels_changed_together_fill_together():
    here = house({"W1": {"LAMP": 0}, "W2": {"LAMP": 0}})
    order = placed_order(here, {"LAMP": 2})
    counts = {place.pk: 3 for place in here.locations.values()}

    done = change_levels(item_id=here.items["LAMP"].pk, create={}, update=counts, delete=(), actor=STAFF)

    assert held(order) == [(2, 0)]
    assert sorted((level.on_hand, level.reserved) for level in done.updated) == [(3, 0), (3, 2)]


def test_safety_stock_is_kept_back_from_those_who_wait():
    here = house()
    order = placed_order(here, {"LAMP": 3})
    here.level("LAMP").__class__.objects.update(safety_stock=2)

    bring(here, 4)

    assert held(order) == [(2, 1)]
    assert here.sra("LAMP") == (4, 2, 0)


def test_what_waits_elsewhere_stays_where_it_waits():
    here = house({"W1": {"LAMP": 0}, "W2": {"LAMP": 0}})
    order = placed_order(here, {"LAMP": 1})

    bring(here, 1, location="W2")

    assert held(order) == [(0, 1)]
    assert here.sra("LAMP", "W2") == (1, 0, 1)


def test_what_a_canceled_order_frees_is_handed_on_after_the_commit(django_capture_on_commit_callbacks):
    here = house({"W1": {"LAMP": 2}})
    first, second, third = (placed_order(here, {"LAMP": 2}) for _ in range(3))

    with django_capture_on_commit_callbacks(execute=True):
        cancel_order(order_id=first.pk, reason="customer", actor=STAFF)

    assert held(first, second, third) == [None, (2, 0), (0, 2)]
    assert recorded_events(second.pk) == ["order.placed", "inventory.backorder_filled"]
    assert verify_stock().differences == []


def test_nobody_buys_what_others_wait_for():
    """Even before it is handed on."""
    here = house({"W1": {"LAMP": 2}})
    first, second = placed_order(here, {"LAMP": 2}), placed_order(here, {"LAMP": 1})
    cancel_order(order_id=first.pk, reason="customer", actor=STAFF)

    third = placed_order(here, {"LAMP": 2})
    promises.fill_everywhere()

    assert held(second, third) == [(1, 0), (1, 1)]


def test_the_sweep_finds_what_was_left_and_nothing_twice():
    here = house({"W1": {"LAMP": 1}})
    first, second = placed_order(here, {"LAMP": 1}), placed_order(here, {"LAMP": 1})
    cancel_order(order_id=first.pk, reason="customer", actor=STAFF)

    found = [promises.fill_everywhere(), promises.fill_everywhere()]

    assert (found, held(second)) == ([1, 0], [(1, 0)])
    assert recorded_events(second.pk) == ["order.placed", "inventory.backorder_filled"]


def test_more_than_one_transaction_takes_are_filled_right_after(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(promises, "BATCH", 2)
    here = house()
    orders = [placed_order(here, {"LAMP": 1}) for _ in range(5)]

    with django_capture_on_commit_callbacks() as later:
        bring(here, 4)
    at_once = held(*orders)
    for each in later:
        each()

    assert at_once == [(1, 0), (1, 0), (0, 1), (0, 1), (0, 1)]
    assert held(*orders) == [(1, 0)] * 4 + [(0, 1)]
    assert here.sra("LAMP") == (4, 4, 0)
    assert verify_stock().differences == []


def test_who_comes_between_the_look_and_the_lock_is_not_passed_over(monkeypatch):
    """The first look sees nobody; under the lock somebody waits, so all is undone and done again with him."""
    here = house()
    order = placed_order(here, {"LAMP": 1})
    looks, locked = [], []
    real_look, real_change = promises._look, hooks.orders_change

    def late(coming):
        looks.append(coming)
        return {} if len(looks) == 1 else real_look(coming)

    monkeypatch.setattr(promises, "_look", late)
    monkeypatch.setattr(
        promises.hooks, "orders_change", lambda ids, actor: locked.append(set(ids)) or real_change(ids, actor=actor)
    )

    bring(here, 1)

    assert locked == [set(), {order.pk}]
    assert (held(order), here.sra("LAMP")) == ([(1, 0)], (1, 1, 0))
    assert StockMovement.objects.count() == 3


def test_a_receipt_without_anybody_waiting_takes_few_statements(django_assert_max_num_queries):
    here = shop({"W1": {"LAMP": 1}})
    place(here, {"LAMP": 1})

    with django_assert_max_num_queries(18):
        bring(here, 5)

    assert here.sra("LAMP") == (6, 1, 5)

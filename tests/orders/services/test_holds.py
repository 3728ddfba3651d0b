"""An order that something must be settled for waits; holds stack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oms.core.errors import NotFound
from orders import errors
from orders.enums import HoldReason
from orders.models import Hold
from orders.services.cancellation import cancel_order
from orders.services.holds import place_hold, release_due_holds, release_hold
from orders.tasks import release_due_holds as task
from tests.scenarios import STAFF, nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


def lamp_order(**fields):
    return placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1}, **fields)


def hold(order, reason=HoldReason.ADDRESS, **fields):
    return place_hold(order_id=order.pk, reason=reason, actor=STAFF, **fields)


def open_holds(order):
    order.refresh_from_db()
    return order.open_holds


def test_holds_stack_and_are_lifted_each_for_itself():
    order = lamp_order()

    first, second = hold(order, note="flat missing"), hold(order, HoldReason.FRAUD)
    both = open_holds(order)
    release_hold(order_id=order.pk, hold_id=first.pk, actor=STAFF)

    assert (both, open_holds(order)) == (2, 1)
    assert list(Hold.objects.filter(released_at=None)) == [second]
    assert recorded_events(order.pk)[1:] == ["order.hold_placed", "order.hold_placed", "order.hold_released"]
    assert order.timeline.get(action="order.hold_released").changes == {"open_holds": ["2", "1"]}


def test_a_hold_is_lifted_once_and_only_through_its_own_order():
    order = lamp_order()
    placed = hold(order)
    other = placed_order(shop({"W9": {"BULB": 1}}), {"BULB": 1})

    with nothing_moves(), pytest.raises(NotFound):
        release_hold(order_id=other.pk, hold_id=placed.pk, actor=STAFF)
    release_hold(order_id=order.pk, hold_id=placed.pk, actor=STAFF)
    with nothing_moves(), pytest.raises(errors.HoldAlreadyReleased):
        release_hold(order_id=order.pk, hold_id=placed.pk, actor=STAFF)


def test_an_order_that_is_over_is_not_held():
    order = lamp_order()
    cancel_order(order_id=order.pk, reason="fraud", actor=STAFF)

    with nothing_moves(), pytest.raises(errors.OrderNotOpen, match="canceled"):
        hold(order)


def test_a_hold_is_lifted_by_itself_when_its_time_has_come():
    order, now = lamp_order(), datetime.now(UTC)
    due = [hold(order, release_at=now - timedelta(minutes=minutes)) for minutes in (1, 2)]
    hold(order, release_at=now + timedelta(hours=1))
    hold(order)

    released = [release_due_holds(), release_due_holds()]
    task()

    assert (released, open_holds(order)) == ([2, 0], 2)
    for each in due:
        each.refresh_from_db()
    assert [each.released_by["kind"] for each in due] == ["system", "system"]

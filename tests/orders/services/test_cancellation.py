"""Calling an order off: it is worth nothing any more and holds nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from inventory.models import Reservation
from orders import errors
from orders.enums import CancelReason, HoldReason
from orders.requests import CreditRequest, PaymentRequest
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import cancel_fulfillment, create_fulfillment
from orders.services.holds import place_hold
from tests.scenarios import STAFF, items_of, nothing_moves, placed_order, recorded_events, shop, state

pytestmark = pytest.mark.django_db


def cancel(order):
    return cancel_order(order_id=order.pk, reason=CancelReason.CUSTOMER, actor=STAFF)


def test_a_canceled_order_lets_go_of_all_it_holds_everywhere():
    lamps = shop({"W1": {"LAMP": 1, "BULB": 9}, "W2": {"LAMP": 1}}, allow_backorder=True)
    order = placed_order(lamps, {"LAMP": 3, "BULB": 2})
    other = placed_order(lamps, {"BULB": 1})

    cancel(order)

    assert state(order) == ("canceled", "canceled", "canceled", 0)
    assert (order.total, order.original_total, order.balance.amount, order.cancel_reason) == (0, 50, 0, "customer")
    assert list(order.credit_lines.values_list("amount", "reason")) == [(50, "cancellation")]
    assert (lamps.sra("LAMP", "W1"), lamps.sra("LAMP", "W2"), lamps.sra("BULB")) == ((1, 0, 1), (1, 0, 1), (9, 1, 8))
    assert lamps.level("LAMP").backordered == 0
    assert list(Reservation.objects.values_list("order_id", flat=True)) == [other.pk]
    assert recorded_events(order.pk) == ["order.placed", "order.canceled"]


def test_what_was_paid_is_owed_to_the_customer():
    lamps = shop({"W1": {"LAMP": 3}})
    order = placed_order(
        lamps,
        {"LAMP": 3},
        payments=[PaymentRequest(amount=Decimal(30))],
        credit_lines=[CreditRequest(amount=Decimal(5))],
    )

    cancel(order)
    order.refresh_from_db()

    assert (order.total, order.balance.amount, order.credit_total) == (0, -30, 30)
    assert sorted(order.credit_lines.values_list("amount", "reason")) == [(5, "goodwill"), (25, "cancellation")]


def test_an_order_of_nothing_is_canceled_without_a_credit():
    lamps = shop({"W1": {"LAMP": 3}})
    order = placed_order(lamps, {"LAMP": 1}, credit_lines=[CreditRequest(amount=Decimal(10))])

    cancel(order)

    assert list(order.credit_lines.values_list("amount", flat=True)) == [10]
    assert state(order)[0] == "canceled"


def test_an_order_is_canceled_once():
    lamps = shop({"W1": {"LAMP": 3}})
    order = placed_order(lamps, {"LAMP": 3})
    cancel(order)

    with nothing_moves(), pytest.raises(errors.OrderNotCancelable, match=f"Order #{order.number} has been canceled"):
        cancel(order)


def test_while_something_of_it_is_packed_an_order_is_not_canceled():
    lamps = shop({"W1": {"LAMP": 3}})
    order = placed_order(lamps, {"LAMP": 3})
    fulfillment = create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": 1}), actor=STAFF)

    with nothing_moves(), pytest.raises(errors.OrderNotCancelable, match="partially fulfilled"):
        cancel(order)
    cancel_fulfillment(order_id=order.pk, fulfillment_id=fulfillment.pk, actor=STAFF)
    cancel(order)

    assert (state(order)[0], lamps.sra("LAMP")) == ("canceled", (3, 0, 3))


def test_an_order_on_hold_can_be_canceled():
    lamps = shop({"W1": {"LAMP": 3}})
    order = placed_order(lamps, {"LAMP": 3})
    place_hold(order_id=order.pk, reason=HoldReason.FRAUD, actor=STAFF)

    cancel(order)

    assert (state(order)[0], lamps.sra("LAMP")) == ("canceled", (3, 0, 3))

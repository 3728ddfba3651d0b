"""Money that staff take themselves moves at once, and the order follows in the same transaction."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from oms.core.money import CurrencyMismatch, Money
from orders.enums import CancelReason
from orders.models import CreditLine, Customer, Order
from orders.services.cancellation import cancel_order
from orders.services.credit_notes import CreditNote, NoteLine, apply_credit_notes
from orders.services.refunds import refund_payment
from payments.errors import (
    AmountNotPositive,
    CaptureExceedsAuthorization,
    CollectsMoreThanDue,
    RefundExceedsCapture,
)
from payments.models import Payment
from payments.services import capturing, sessions
from tests.paying import money, usd
from tests.scenarios import STAFF, nothing_moves, place, recorded_events, shop

pytestmark = pytest.mark.django_db


def authorized(total: str = "100", **fields: object) -> Payment:
    """An order of 100.00 whose customer promised to pay all of it."""
    here = shop({"W1": {"LAMP": 50}})
    order = place(here, {"LAMP": int(Decimal(total) / 10)})
    assert order.order_id is not None
    collection = sessions.create_collection(
        amount=Money(Decimal(total), "USD"), order_id=order.order_id, actor=STAFF, first=True
    )
    session = sessions.create_session(collection_id=collection.pk, provider="manual", actor=STAFF)
    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF)
    assert attempt.payment is not None
    return attempt.payment


def test_what_is_authorized_is_taken_in_parts_and_no_more() -> None:
    payment = authorized()

    capturing.request_capture(payment_id=payment.pk, amount=usd(75), actor=STAFF)
    with pytest.raises(CaptureExceedsAuthorization) as refusal:
        capturing.request_capture(payment_id=payment.pk, amount=usd(75), actor=STAFF)
    before = money(payment.order_id)
    capturing.request_capture(payment_id=payment.pk, amount=usd(25), actor=STAFF)

    assert refusal.value.facts["available"] == "$25.00"
    assert before == ("partially_captured", 100, 75, 0, 25)
    assert money(payment.order_id) == ("captured", 100, 100, 0, 0)
    assert recorded_events() == [
        "order.placed",
        "order.payment_authorized",
        "order.payment_captured",
        "order.payment_captured",
    ]


def test_money_of_another_currency_is_neither_taken_nor_given_back() -> None:
    payment = authorized()
    capturing.request_capture(payment_id=payment.pk, amount=usd(50), actor=STAFF)
    euros = Money(Decimal(10), "EUR")

    for move in (capturing.request_capture, refund_payment):
        with nothing_moves(), pytest.raises(CurrencyMismatch):
            move(payment_id=payment.pk, amount=euros, actor=STAFF)


def test_goodwill_lowers_what_the_order_is_worth() -> None:
    payment = authorized()
    capturing.request_capture(payment_id=payment.pk, actor=STAFF)

    refund_payment(payment_id=payment.pk, amount=usd(70), actor=STAFF)
    with pytest.raises(RefundExceedsCapture) as refusal:
        refund_payment(payment_id=payment.pk, amount=usd(40), actor=STAFF)

    assert refusal.value.facts["available"] == "$30.00"
    assert money(payment.order_id) == ("partially_refunded", 30, 100, 70, 0)
    assert [(each.amount, each.reason) for each in CreditLine.objects.all()] == [(70, "goodwill")]


def test_canceling_gives_everything_back() -> None:
    payment = authorized()
    capturing.request_capture(payment_id=payment.pk, amount=usd(60), actor=STAFF)
    assert payment.order_id is not None

    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF)

    order = Order.objects.get(pk=payment.order_id)
    assert (order.status, order.canceling_at) == ("canceled", None)
    assert money(payment.order_id) == ("refunded", 0, 60, 60, 0)
    payment.refresh_from_db()
    assert payment.canceled_at is not None


def test_nothing_is_not_all_of_it() -> None:
    payment = authorized()
    capturing.request_capture(payment_id=payment.pk, amount=usd(40), actor=STAFF)
    assert payment.order_id is not None
    nothing = usd(0)

    with nothing_moves():
        for asked in (
            lambda: capturing.request_capture(payment_id=payment.pk, amount=nothing, actor=STAFF),
            lambda: refund_payment(payment_id=payment.pk, amount=nothing, actor=STAFF),
            lambda: sessions.create_session(
                collection_id=payment.order_id, provider="manual", amount=nothing, actor=STAFF
            ),
        ):
            with pytest.raises(AmountNotPositive):
                asked()


def test_what_a_credit_note_of_the_source_gave_back_stays_so_when_more_goes_back_here() -> None:
    payment = authorized()
    capturing.request_capture(payment_id=payment.pk, actor=STAFF)
    order = Order.objects.get()
    customer = Customer.objects.create(email="ada@example.com", channel=order.channel, external_id="C1")
    Order.objects.update(customer=customer)
    line = NoteLine(sku="LAMP", quantity=3, unit_price=Decimal(10))
    note = CreditNote("N1", "C1", timezone.now() + timedelta(minutes=1), "USD", [line])
    apply_credit_notes(channel_id=order.channel_id, notes=[note], actor=STAFF)
    before = money(order.pk)

    refund_payment(payment_id=payment.pk, amount=usd(20), actor=STAFF)

    assert before == ("partially_refunded", 70, 100, 30, 0)
    assert money(order.pk) == ("partially_refunded", 50, 100, 50, 0)


def test_a_session_is_about_what_its_collection_lacks_and_no_more() -> None:
    collection = authorized("100").collection
    assert collection is not None
    Payment.objects.update(amount=Decimal(70))

    begun = sessions.create_session(collection_id=collection.pk, provider="manual", actor=STAFF)
    with nothing_moves(), pytest.raises(CollectsMoreThanDue) as refusal:
        sessions.create_session(
            collection_id=collection.pk, provider="manual", amount=Money(Decimal("30.01"), "USD"), actor=STAFF
        )
    Payment.objects.update(amount=Decimal(100))
    with nothing_moves(), pytest.raises(CollectsMoreThanDue):
        sessions.create_session(collection_id=collection.pk, provider="manual", actor=STAFF)

    assert (begun.amount, str(refusal.value)) == (30, "$30.01 cannot be collected: $30.00 is due.")

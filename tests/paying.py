"""Payments that many tests start from, and what their money comes to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from oms.core.money import Money
from orders.models import Order
from payments.models import Payment, PaymentAttempt, PaymentCollection
from payments.services import calling, capturing, resuming, sessions
from tests.scenarios import STAFF


def usd(amount: Any) -> Money:
    return Money(Decimal(amount), "USD")


def promised(order: Order, amount: Any = None, *, captured: Sequence[Any] = ()) -> Payment:
    """A manual payment of a collection of the order, of which so much was taken, one after another."""
    value = Money(Decimal(order.total if amount is None else amount), order.currency)
    first = not PaymentCollection.objects.filter(pk=order.pk).exists() and not order.payments.exists()
    collection = sessions.create_collection(amount=value, order_id=order.pk, actor=STAFF, first=first)
    session = sessions.create_session(collection_id=collection.pk, provider="manual", actor=STAFF)
    payment = payment_of(sessions.request_authorization(session_id=session.pk, actor=STAFF))
    for each in captured:
        capturing.request_capture(payment_id=payment.pk, amount=Money(Decimal(each), order.currency), actor=STAFF)
    payment.refresh_from_db()
    return payment


def ask(attempt: PaymentAttempt, timeout: float = calling.DEADLINE) -> PaymentAttempt:
    """Ask its provider, who is elsewhere, while somebody waits for the answer."""
    return calling.carry_out(attempt.pk, timeout=timeout, waited=True)


def resume_what_is_due() -> int:
    """Take up everything that is due, as the worker does; how many there were."""
    return len([resuming.resume(each) for each in resuming.due_attempts()])


def payment_of(attempt: PaymentAttempt) -> Payment:
    """As it is now."""
    return Payment.objects.get(attempts=attempt)


def amounts(payment: Payment) -> tuple[Decimal, Decimal, Decimal]:
    """Authorized, captured and refunded of a payment."""
    payment.refresh_from_db()
    return payment.amount, payment.captured, payment.refunded


def money(order_id: UUID | None) -> tuple[str, Decimal, Decimal, Decimal, Decimal]:
    """Payment status, worth, captured, refunded and balance of an order."""
    order = Order.objects.get(pk=order_id)
    return order.payment_status, order.total, order.captured_total, order.refunded_total, order.balance.amount

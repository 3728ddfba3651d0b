"""Payments with the tests' own provider, and what became of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from oms.core.money import Money
from orders.models import Order
from payments.models import Payment, PaymentAttempt, PaymentSession
from payments.services import calling, capturing, sessions
from tests.scenarios import STAFF, Shop, place, shop


def usd(amount: Any) -> Money:
    return Money(Decimal(amount), "USD")


def ordered(here: Shop | None = None, lamps: int = 10) -> UUID:
    """An order of ten lamps, which are 100.00."""
    order_id = place(here or shop({"W1": {"LAMP": 500}}), {"LAMP": lamps}).order_id
    assert order_id is not None
    return order_id


def session_of(order_id: UUID, amount: Any = 100) -> PaymentSession:
    """A customer begins to pay: the provider knows of it."""
    collection = sessions.create_collection(amount=usd(amount), order_id=order_id, actor=STAFF, first=True)
    return sessions.initiate(sessions.create_session(collection_id=collection.pk, provider="signed", actor=STAFF).pk)


def authorized(order_id: UUID, amount: Any = 100) -> Payment:
    session = session_of(order_id, amount)
    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF, waits=True)
    return paid_by(calling.carry_out(attempt.pk, waited=True))


def captured(order_id: UUID, amount: Any = 100) -> Payment:
    payment = authorized(order_id, amount)
    attempt = capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)
    return paid_by(calling.carry_out(attempt.pk, waited=True))


def paid_by(attempt: PaymentAttempt) -> Payment:
    payment = Payment.objects.get(attempts=attempt)
    assert payment is not None
    return payment


def amounts(payment: Payment) -> tuple[Decimal, Decimal, Decimal]:
    """Authorized, captured, refunded."""
    payment.refresh_from_db()
    return payment.amount, payment.captured, payment.refunded


def money(order_id: UUID) -> tuple[str, Decimal, Decimal, Decimal, Decimal]:
    """Payment status, worth, captured, refunded, balance."""
    order = Order.objects.get(pk=order_id)
    return order.payment_status, order.total, order.captured_total, order.refunded_total, order.balance.amount

"""Payments that many tests start from."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from oms.core.money import Money
from orders.models import Order
from payments.models import Payment, PaymentCollection
from payments.services import capturing, sessions
from tests.scenarios import STAFF


def promised(order: Order, amount: Any = None, *, captured: Sequence[Any] = ()) -> Payment:
    """A manual payment of a collection of the order, of which so much was taken, one after another."""
    value = Money(Decimal(order.total if amount is None else amount), order.currency)
    first = not PaymentCollection.objects.filter(pk=order.pk).exists() and not order.payments.exists()
    collection = sessions.create_collection(amount=value, order_id=order.pk, actor=STAFF, first=first)
    session = sessions.create_session(collection_id=collection.pk, provider="manual", actor=STAFF)
    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF)
    assert attempt.payment is not None
    for each in captured:
        capturing.request_capture(
            payment_id=attempt.payment.pk, amount=Money(Decimal(each), order.currency), actor=STAFF
        )
    return Payment.objects.get(pk=attempt.payment.pk)

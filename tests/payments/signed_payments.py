"""Payments with the provider of the tests' own that signs what it sends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from payments.models import Payment, PaymentSession
from payments.services import capturing, sessions
from tests.paying import ask, payment_of, usd
from tests.scenarios import STAFF, Shop, place, shop


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
    return payment_of(ask(attempt))


def captured(order_id: UUID, amount: Any = 100) -> Payment:
    payment = authorized(order_id, amount)
    attempt = capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)
    return payment_of(ask(attempt))

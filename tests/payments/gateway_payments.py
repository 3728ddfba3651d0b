"""Payments through the fake gateway, which is another process."""

from __future__ import annotations

import random
from typing import Any

from oms.core.money import Money
from orders.requests import LineRequest
from payments.enums import EventSource
from payments.models import Payment, PaymentAttempt, PaymentSession
from payments.providers.base import InboundWebhook
from payments.providers.fake import FakeProvider
from payments.providers.minor_units import to_minor
from payments.services import capturing, facts, resuming, sessions
from tests.paying import ask, payment_of
from tests.payments.gateway import HANGS, Gateway
from tests.scenarios import STAFF, Shop, place, shop

IMPATIENT = HANGS / 2  # seconds that a test waits for an answer that will not come


def session_of(total: Money, here: Shop | None = None, *, begin: bool = True, **more: Any) -> PaymentSession:
    """An order of one lamp at this price, which its customer begins to pay. begin: the gateway knows of it."""
    here = here or shop({"W1": {"LAMP": 50}})
    line = LineRequest(sku="LAMP", quantity=1, unit_price=total.amount)
    order_id = place(here, [line], currency_code=total.currency).order_id
    assert order_id is not None
    collection = sessions.create_collection(amount=total, order_id=order_id, actor=STAFF, first=True)
    if begin:
        return sessions.initiate(
            sessions.create_session(collection_id=collection.pk, provider="fake", actor=STAFF, **more).pk
        )
    return PaymentSession.objects.create(
        collection=collection, provider="fake", currency=total.currency, amount=total.amount
    )


def authorize(session: PaymentSession, card: str = "") -> PaymentAttempt:
    attempt = sessions.request_authorization(session_id=session.pk, data={"card": card}, actor=STAFF, waits=True)
    return ask(attempt)


def authorized(total: Money, card: str = "", here: Shop | None = None) -> Payment:
    return payment_of(authorize(session_of(total, here), card))


def captured(total: Money, card: str = "", here: Shop | None = None) -> Payment:
    payment = authorized(total, card, here)
    attempt = ask(capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True))
    assert attempt.state == "succeeded"
    payment.refresh_from_db()
    return payment


def look_after(attempt: PaymentAttempt) -> PaymentAttempt:
    """What beat has done with it, as often as it takes."""
    for _ in range(3):
        attempt = resuming.resume(attempt.pk)
    return attempt


def deliver(gateway: Gateway, *, seed: int = 0, times: int = 2) -> None:
    """All webhooks that the gateway wrote so far, several times each and in any order."""
    hooks = [hook for hook in gateway.signed_webhooks() for _ in range(times)]
    random.Random(seed).shuffle(hooks)
    for hook in hooks:
        hear(hook)


def hear(hook: InboundWebhook) -> None:
    told = FakeProvider().parse_webhook(hook).facts
    facts.learn("fake", told, source=EventSource.WEBHOOK, actor=STAFF)


def in_minor_units(payment: Payment) -> tuple[int, int, int]:
    """Authorized, captured and refunded as we have it, to be compared with what the gateway has."""
    payment.refresh_from_db()
    amounts = (payment.amount, payment.captured, payment.refunded)
    return tuple(to_minor(payment.money(amount)) for amount in amounts)  # type: ignore[return-value]

"""Authorizations end: staff are told in time, and afterwards the provider is asked what became of what was held.

That it let go of the money is the provider's to tell. While it says nothing the payment stays as it is, is shown as
ended, and nothing can be captured of it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from oms.core import actors, events, ids
from payments.enums import AttemptState, EventSource, MoneyAct
from payments.events import AuthorizationExpiring
from payments.models import Payment, PaymentAttempt
from payments.providers.base import ProviderUnavailable
from payments.services import calling, facts
from payments.services.changing import change_of, owner_of_payment

_BATCH: Final = 200
_ASK_AGAIN: Final = timedelta(days=1)
_ASK_FOR: Final = timedelta(days=7)


def held(payments: QuerySet[Any]) -> QuerySet[Any]:
    """Those of which something is authorized until some time, was not captured, and still can be. By an index."""
    last = PaymentAttempt.objects.filter(
        payment=OuterRef("pk"), act=MoneyAct.CAPTURE, is_last=True, state=AttemptState.SUCCEEDED
    )
    return payments.filter(~Exists(last), expires_at__isnull=False, canceled_at=None, captured__lt=F("amount"))


def ending_soon(payments: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """Those that end within the hours of settings.OMS["AUTHORIZATION_WARNING_HOURS"]."""
    return held(payments).filter(expires_at__gt=now, expires_at__lte=now + warned_before())


def warned_before() -> timedelta:
    """How long before it ends staff are told of an authorization."""
    return timedelta(hours=settings.OMS["AUTHORIZATION_WARNING_HOURS"])


def ended(payments: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """Those that ended, and whose provider has not said that it let go."""
    return held(payments).filter(expires_at__lte=now)


def warn_of_ending(limit: int = _BATCH) -> int:
    """Record an event for each authorization that ends soon, once; how many. The soonest first."""
    due = ending_soon(Payment.objects.filter(expiry_warned_at=None), timezone.now()).order_by("expires_at")[:limit]
    return sum(_warn(payment) for payment in due)


def due_to_ask(limit: int = _BATCH) -> list[UUID]:
    """Payments that ended and whose provider is to be asked what became of them: at once, then daily for a week."""
    now = timezone.now()
    not_lately = Q(expiry_checked_at=None) | Q(expiry_checked_at__lte=now - _ASK_AGAIN)
    due = ended(Payment.objects.filter(not_lately, expires_at__gt=now - _ASK_FOR), now)
    return list(due.order_by("expires_at").values_list("pk", flat=True)[:limit])


def ask_what_became(payment_id: UUID) -> Payment:
    """Look a payment up whose authorization ended, and learn what its provider says. Any number of times.

    One that cannot be asked, or is not set up any more, is asked as often as one that says nothing. Never inside a
    transaction.
    """
    payment = Payment.objects.get(pk=payment_id)
    with suppress(ProviderUnavailable):
        found = calling.look_up(payment.provider, reference=payment.reference, key=payment.session_id)
        facts.learn(payment.provider, found, source=EventSource.LOOKUP, actor=actors.SYSTEM)
    with change_of(owner_of_payment(payment), actor=actors.SYSTEM):
        Payment.objects.filter(pk=payment_id).update(expiry_checked_at=timezone.now())
    return Payment.objects.get(pk=payment_id)


def _warn(payment: Payment) -> bool:
    """Under the lock of its owner, so that two who warn, or one who captures, do not both go on."""
    now = timezone.now()
    with change_of(owner_of_payment(payment), actor=actors.SYSTEM):
        fresh = ending_soon(Payment.objects.filter(pk=payment.pk, expiry_warned_at=None), now).first()
        if fresh is None:
            return False
        Payment.objects.filter(pk=fresh.pk).update(expiry_warned_at=now)
        events.record(_event(fresh), actor=actors.SYSTEM, stream=fresh.pk, sequence=1)
    return True


def _event(payment: Payment) -> AuthorizationExpiring:
    return AuthorizationExpiring(
        payment_id=payment.public_id,
        order_id=ids.encode(ids.ORDER, payment.order_id) if payment.order_id else None,
        provider=payment.provider,
        amount=str(payment.amount),
        left=str(payment.amount - payment.captured),
        currency_code=payment.currency,
        expires_at=payment.expires_at.isoformat() if payment.expires_at else "",
    )

"""The intent: a row that says what is to be asked, written before anybody is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from oms.core.actors import Actor
from oms.core.errors import DomainError, FieldError
from oms.core.hooks import Hook
from oms.core.money import Money, quantum, round_amount
from payments import errors, settled
from payments.enums import OPEN_STATES, MoneyAct
from payments.models import Payment, PaymentAttempt, PaymentSession
from payments.providers.base import PaymentProvider
from payments.services import answering, reviewing
from payments.settled import Tell

# How long whoever waits for an answer has for asking, before somebody else may ask.
LEASE: Final = timedelta(seconds=30)

# Called after the commit of an intent that nobody waits for, with its id as text; answered by the Celery side.
wanted: Hook[[str], None] = Hook("payment_call_wanted", lambda attempt_id: None)


def as_it_is(payment: Payment) -> tuple[Payment, Sequence[PaymentAttempt]]:
    """A payment as it is now, and its attempts. Its owner is locked, and so nobody else changes them meanwhile."""
    fresh = Payment.objects.select_related("session").get(pk=payment.pk)
    return fresh, list(PaymentAttempt.objects.filter(payment=fresh))


def begin(
    *,
    act: MoneyAct,
    amount: Money,
    provider: PaymentProvider,
    actor: Actor,
    tell: Tell,
    payment: Payment | None = None,
    session: PaymentSession | None = None,
    data: Mapping[str, Any] | None = None,
    reason: str = "",
    note: str = "",
    is_last: bool = False,
    waits: bool = False,
) -> PaymentAttempt:
    """Write an intent; the caller has locked, looked and refused. What is local is carried out here and now.

    waits: whoever asks for it makes the call itself after the commit (`calling.carry_out`); else a worker is told.
    """
    now = timezone.now()
    if payment is not None and act is not MoneyAct.AUTHORIZE:
        reviewing.tried_again(payment, act, actor=actor)
    attempt = PaymentAttempt.objects.create(
        payment=payment,
        session=session,
        act=act,
        currency=amount.currency,
        amount=amount.amount,
        data=dict(data or {}),
        reason=reason,
        note=note[:255],
        is_last=is_last,
        actor=actor.as_dict(),
        next_try_at=now,
        leased_until=now + LEASE if waits and not provider.local else None,
    )
    if provider.local:
        answering.ask_here(attempt, provider, actor=actor, tell=tell)
        attempt.refresh_from_db()
        return attempt
    tell(settled.of(attempt, provider.code, None))
    if not waits:
        transaction.on_commit(partial(wanted, str(attempt.pk)), robust=True)
    return attempt


def require_amount(amount: Money, pointer: str = "/amount") -> None:
    """More than nothing, and whole minor units. Raises AmountNotPositive."""
    if amount.amount > 0 and round_amount(amount.amount, amount.currency) == amount.amount:
        return
    facts = {"unit": str(quantum(amount.currency)), "currency": amount.currency}
    message = str(errors.AmountNotPositive.message) % facts
    raise errors.AmountNotPositive(errors=[FieldError(pointer, message, errors.AmountNotPositive.code, facts)], **facts)


def require_settled(attempts: Sequence[PaymentAttempt], *acts: MoneyAct) -> None:
    """Nothing of this sort is on its way. Raises PaymentBusy."""
    for each in attempts:
        if each.act in acts and each.state in OPEN_STATES:
            raise errors.PaymentBusy(act=each.get_act_display(), amount=str(Money(each.amount, each.currency)))


def require_ours(payment: Payment) -> None:
    """Somebody can be asked to move it. Raises RecordedElsewhere."""
    if payment.is_recorded:
        raise errors.RecordedElsewhere()


def amount_error(kind: type[DomainError], requested: Money, available: Decimal, pointer: str) -> DomainError:
    """A refusal of more than there is, with the figures."""
    left = Money(max(available, Decimal(0)), requested.currency)
    facts = {"requested": str(requested), "available": str(left)}
    figures = {name: f"{each.amount.normalize():f}" for name, each in (("requested", requested), ("available", left))}
    figures["currency"] = requested.currency
    return kind(errors=[FieldError(pointer, str(kind.message) % facts, kind.code, figures)], **facts)

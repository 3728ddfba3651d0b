"""Asking a provider, and writing down what it answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from oms.core.actors import Actor
from oms.core.money import Money
from payments.enums import AttemptState, EventSource, MoneyAct
from payments.models import PaymentAttempt, PaymentSession
from payments.providers.base import (
    AuthorizeRequest,
    CaptureRequest,
    Fact,
    Outcome,
    PaymentProvider,
    ProviderRejected,
    ProviderResult,
    RefundRequest,
    VoidRequest,
)
from payments.services import facts
from payments.services.changing import Owner, change_of, owner_of_payment, owner_of_session
from payments.settled import Tell


def ask_here(attempt: PaymentAttempt, provider: PaymentProvider, *, actor: Actor, tell: Tell) -> None:
    """Ask a local provider inside the caller's transaction, whose owner is locked, and settle."""
    settle_here(attempt, ask(attempt, provider, timeout=0), actor=actor, tell=tell)


def ask(attempt: PaymentAttempt, provider: PaymentProvider, *, timeout: float) -> ProviderResult:
    """Make the call of an attempt, with its id as the key. Raises ProviderUnavailable.

    A provider that rejects the call itself has declined it.
    """
    try:
        return _call(attempt, provider, timeout)
    except ProviderRejected as refusal:
        return ProviderResult(outcome=Outcome.DECLINED, code=refusal.code, message=str(refusal), is_rejection=True)


def settle(attempt_id: UUID, result: ProviderResult, *, source: EventSource, actor: Actor) -> PaymentAttempt:
    """Write down the answer to a call, in one transaction. The same answer twice changes nothing."""
    attempt = PaymentAttempt.objects.select_related("payment", "session__collection").get(pk=attempt_id)
    with change_of(owner_of(attempt), actor=actor) as tell:
        settle_here(attempt, result, actor=actor, tell=tell, source=source)
    return PaymentAttempt.objects.select_related("payment", "session__collection").get(pk=attempt_id)


def settle_here(
    attempt: PaymentAttempt,
    result: ProviderResult,
    *,
    actor: Actor,
    tell: Tell,
    source: EventSource = EventSource.CALL,
) -> None:
    """The same inside the caller's transaction, whose owner is locked."""
    provider, reference = _party(attempt)
    reference = reference or result.reference
    session = attempt.session
    if session is not None and (result.data or not session.reference):
        _learn_of_session(session, reference, result.data)
    told = [_fact(attempt, result, reference), *result.facts]
    facts.apply(provider, reference, told, source=source, actor=actor, tell=tell)


def owner_of(attempt: PaymentAttempt) -> Owner:
    if attempt.payment is not None:
        return owner_of_payment(attempt.payment)
    if attempt.session is None:
        raise ValueError(f"attempt {attempt.pk} belongs to nothing")
    return owner_of_session(attempt.session)


def _party(attempt: PaymentAttempt) -> tuple[str, str]:
    """The code of its provider, and the provider's id of the payment."""
    of = attempt.payment or attempt.session
    if of is None:
        raise ValueError(f"attempt {attempt.pk} belongs to nothing")
    return of.provider, of.reference


def _learn_of_session(session: PaymentSession, reference: str, data: Any) -> None:
    session.reference = session.reference or reference
    session.data = {**session.data, **data}
    session.save(update_fields=["reference", "data", "updated_at"])


def _fact(attempt: PaymentAttempt, result: ProviderResult, reference: str) -> Fact:
    return Fact(
        act=MoneyAct(attempt.act),
        outcome=result.outcome,
        reference=reference,
        movement=result.movement,
        amount=Money(attempt.amount, attempt.currency) if result.amount is None else result.amount,
        key=attempt.pk,
        code=result.code,
        message=result.message,
        expires_at=result.expires_at,
    )


def _call(attempt: PaymentAttempt, provider: PaymentProvider, timeout: float) -> ProviderResult:
    _code, reference = _party(attempt)
    common: dict[str, Any] = {
        "key": attempt.pk,
        "timeout": timeout,
        "reference": reference,
        "amount": Money(attempt.amount, attempt.currency),
    }
    match attempt.act:
        case MoneyAct.AUTHORIZE:
            return provider.authorize(AuthorizeRequest(**common, data=attempt.data))
        case MoneyAct.CAPTURE:
            return provider.capture(CaptureRequest(**common, is_last=attempt.is_last))
        case MoneyAct.REFUND:
            return provider.refund(RefundRequest(**common, reason=attempt.reason, captures=_captures(attempt)))
        case _:
            return provider.void(VoidRequest(**common))


def _captures(attempt: PaymentAttempt) -> Sequence[str]:
    done = PaymentAttempt.objects.filter(
        payment=attempt.payment, act=MoneyAct.CAPTURE, state=AttemptState.SUCCEEDED
    ).order_by("created_at", "id")
    return list(done.values_list("movement", flat=True))

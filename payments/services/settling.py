"""Attempts follow the facts: which movement answers which attempt, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from django.utils import timezone

from oms.core.actors import Actor
from payments import settled
from payments.books import Books, Event
from payments.enums import OPEN_STATES, AttemptState, MoneyAct, RefundReason, SessionStatus
from payments.models import Payment, PaymentAttempt, PaymentSession
from payments.providers.base import Outcome
from payments.providers.known import provider_of
from payments.settled import Tell

LOOK_AGAIN: Final = timedelta(minutes=2)  # after what is pending, for news that did not come by itself
_STATES: Final = {
    Outcome.PENDING: AttemptState.PENDING,
    Outcome.REQUIRES_ACTION: AttemptState.PENDING,
    Outcome.SUCCEEDED: AttemptState.SUCCEEDED,
    Outcome.DECLINED: AttemptState.DECLINED,
}
# How far a session came that holds nothing.
_SESSIONS: Final = {Outcome.REQUIRES_ACTION: SessionStatus.REQUIRES_MORE, Outcome.DECLINED: SessionStatus.ERROR}
# Where several movements answer one attempt, the best of them is what became of it.
_BEST_FIRST: Final = [AttemptState.SUCCEEDED, AttemptState.PENDING, AttemptState.DECLINED]


def settle(
    known: Books, *, payment: Payment | None, session: PaymentSession | None, actor: Actor, tell: Tell
) -> list[PaymentAttempt]:
    """Bring the attempts of a payment, or of a session without one, to where the movements are. Those that changed."""
    attempts = list(PaymentAttempt.objects.filter(session=session, payment=None)) if session else []
    attempts += PaymentAttempt.objects.filter(payment=payment) if payment else []
    answers: dict[PaymentAttempt, list[Event]] = {}
    keyless = _keyless(payment or session)
    for movement in sorted(known.movements, key=lambda each: each.key is None):  # those that say whose they are first
        attempt = _attempt_for(movement, attempts, taken=answers, keyless=keyless)
        if attempt is None:
            attempt = _foreign(movement, payment, session, actor)
            if attempt is None:
                continue
            attempts.append(attempt)
        answers.setdefault(attempt, []).append(movement)

    changed = []
    for attempt, movements in answers.items():
        movement = min(movements, key=_how_it_stands)
        is_news = attempt == _last_try(attempts) and _follow_in_session(session, movement)
        if _take_over(attempt, movement, payment, session, tell, is_news=is_news):
            changed.append(attempt)
    return changed


def _last_try(attempts: Sequence[PaymentAttempt]) -> PaymentAttempt | None:
    """Of authorizing; news of an earlier one may come later."""
    return next((each for each in reversed(attempts) if each.act == MoneyAct.AUTHORIZE and not each.is_foreign), None)


def _attempt_for(
    movement: Event,
    attempts: Iterable[PaymentAttempt],
    *,
    taken: dict[PaymentAttempt, list[Event]],
    keyless: frozenset[MoneyAct],
) -> PaymentAttempt | None:
    """By the key that the provider repeats; else by the movement's own id; else the oldest open one of that amount.

    A second movement with the same key is none of ours: it has a row of its own, so that everybody sees it.
    """
    same = [each for each in attempts if each.act == movement.act]
    for each in same:
        if each.is_foreign and movement.movement and each.movement == movement.movement:
            return each
    for each in same:
        if each.pk == movement.key and not _did_another(movement, taken.get(each, ())):
            return each
    if movement.movement:
        for each in same:
            if each.movement == movement.movement and each not in taken:
                return each
    alone = movement.act in (MoneyAct.AUTHORIZE, MoneyAct.VOID)  # of which a payment has one
    if movement.act not in keyless and not (alone and movement.outcome == Outcome.SUCCEEDED):
        # Ours would say so. A refusal without a key is one of an earlier try: of what a browser did by itself.
        return None
    for each in same:
        if each.state in OPEN_STATES and (alone or (each not in taken and each.amount == movement.amount)):
            return each
    return next((each for each in same if alone and each.state == _STATES[Outcome(movement.outcome)]), None)


def _did_another(movement: Event, before: Iterable[Event]) -> bool:
    return bool(movement.movement) and any(
        each.outcome == Outcome.SUCCEEDED and each.movement != movement.movement for each in before
    )


def _how_it_stands(movement: Event) -> tuple[bool, int]:
    """The best first. What was under way before it had a name of its own says nothing beside what has one."""
    state = _STATES[Outcome(movement.outcome)]
    was_nameless = state == AttemptState.PENDING and movement.key is not None and movement.movement == str(movement.key)
    return was_nameless, _BEST_FIRST.index(state)


def _keyless(of: Payment | PaymentSession | None) -> frozenset[MoneyAct]:
    return provider_of(of.provider).can.keyless if of else frozenset()


def _foreign(
    movement: Event, payment: Payment | None, session: PaymentSession | None, actor: Actor
) -> PaymentAttempt | None:
    """A row for what was done at the provider. What came to nothing there is nobody's business here."""
    if payment is None or movement.outcome == Outcome.DECLINED:
        return None
    return PaymentAttempt(
        payment=payment,
        session=session,
        act=movement.act,
        state=AttemptState.INTENDED,
        currency=payment.currency,
        amount=movement.amount,
        is_foreign=True,
        reason=RefundReason.PROVIDER if movement.act == MoneyAct.REFUND else "",
        actor=actor.as_dict(),
    )


def _take_over(
    attempt: PaymentAttempt,
    movement: Event,
    payment: Payment | None,
    session: PaymentSession | None,
    tell: Tell,
    *,
    is_news: bool,
) -> bool:
    """is_news: the session has changed with it, so it is told of anyhow."""
    was = None if attempt._state.adding else attempt.state
    state = _STATES[Outcome(movement.outcome)]
    amount = movement.amount if movement.amount and movement.outcome == Outcome.SUCCEEDED else attempt.amount
    if not is_news and was == state and attempt.amount == amount and attempt.movement == movement.movement:
        return False
    attempt.state, attempt.amount = state, amount
    attempt.payment = payment or attempt.payment
    attempt.movement = movement.movement
    attempt.code = movement.code if state == AttemptState.DECLINED else ""
    attempt.message = movement.message if state == AttemptState.DECLINED else ""
    attempt.leased_until = None
    now = timezone.now()
    attempt.settled_at = None if state in OPEN_STATES else now
    attempt.next_try_at = now + LOOK_AGAIN if state in OPEN_STATES else None
    attempt.save()
    owner = payment or session
    tell(settled.of(attempt, owner.provider if owner else "", was))
    return True


def _follow_in_session(session: PaymentSession | None, movement: Event) -> bool:
    """A session that holds nothing says how far its last try came; whether that has changed."""
    ended = (SessionStatus.AUTHORIZED, SessionStatus.CAPTURED, SessionStatus.CANCELED)
    status = _SESSIONS.get(Outcome(movement.outcome))
    if session is None or session.status in ended or status is None or status == session.status:
        return False
    session.status = status
    if status == SessionStatus.ERROR:
        session.code, session.message = movement.code, movement.message
    session.save(update_fields=["status", "code", "message", "updated_at"])
    return True

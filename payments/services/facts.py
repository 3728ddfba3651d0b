"""What providers tell is written down once, and everything a payment says of itself follows from it.

Answers to our calls, webhooks and lookups all come through `learn`. It does not matter in which order or how often:
amounts are recomputed from all facts, and attempts are settled by the facts that answer them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from oms.core import actors, ids, locks
from oms.core.actors import Actor
from oms.core.money import MAX_AMOUNT, quantum, round_amount
from oms.core.transactions import atomic
from payments.books import Books, books
from payments.enums import EventProblem, EventSource, MoneyAct, PaymentProblem, SessionStatus
from payments.models import Payment, PaymentSession, ProviderEvent
from payments.providers.base import Fact, Outcome
from payments.services import settling
from payments.services.changing import Owner, change_of, owner_of_payment, owner_of_session
from payments.settled import Tell


def learn(
    provider: str,
    facts: Iterable[Fact],
    *,
    source: EventSource,
    actor: Actor,
    webhook_id: UUID | None = None,
) -> set[str]:
    """Record facts and bring the payments they are about up to date. The references that nobody here knows of yet.

    Facts of unknown payments are kept, and count as soon as a session or payment with their reference appears. A fact
    that was told before changes nothing. One that contradicts an earlier one is kept with a problem and not applied.
    """
    by_reference: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_reference[fact.reference].append(fact)
    unknown = set()
    for reference, told in by_reference.items():
        owner = owner_of(provider, reference)
        if owner is None:
            unknown.add(reference)
            with atomic():
                record(provider, told, source=source, webhook_id=webhook_id)
            owner = owner_of(provider, reference)  # it may have come while we wrote
            if owner is None:
                continue
        with change_of(owner, actor=actor) as tell:
            apply(provider, reference, told, source=source, actor=actor, tell=tell, webhook_id=webhook_id)
    return unknown


def apply(
    provider: str,
    reference: str,
    told: Sequence[Fact],
    *,
    source: EventSource,
    actor: Actor,
    tell: Tell,
    webhook_id: UUID | None = None,
) -> Payment | None:
    """The same for one payment whose owner the caller has locked (`change_of`)."""
    record(provider, told, source=source, webhook_id=webhook_id)
    payment = converge(provider, reference, actor=actor, tell=tell)
    if payment is not None:
        _learn_expiry(payment, told)
    return payment


def owner_of(provider: str, reference: str) -> Owner | None:
    """Whose payment bears this reference; None for a reference that nobody here knows."""
    payment = Payment.objects.filter(provider=provider, reference=reference).exclude(reference="").first()
    if payment is not None:
        return owner_of_payment(payment)
    sessions = PaymentSession.objects.filter(provider=provider, reference=reference).exclude(reference="")
    session = sessions.select_related("collection").first()
    return None if session is None else owner_of_session(session)


def record(
    provider: str, told: Sequence[Fact], *, source: EventSource, webhook_id: UUID | None = None
) -> list[ProviderEvent]:
    """Write what is new. What was told before in the same words is not written again."""
    wanted = [event_of(provider, fact, source, webhook_id) for fact in told]
    references = {event.reference for event in wanted}
    currencies = _currencies(provider, references)
    known = {
        _place(event): event
        for event in ProviderEvent.objects.filter(provider=provider, reference__in=references, problem="")
    }
    fresh = []
    for event in wanted:
        before = known.get(_place(event))
        event.problem = _problem(event, before, currencies.get(event.reference))
        if before is not None and not event.problem:
            continue
        if event.problem and _was_shown(event):
            continue
        if not event.problem:
            known[_place(event)] = event
        fresh.append(event)
    # Two that learn the same at the same moment: the second's row is the same one.
    ProviderEvent.objects.bulk_create(fresh, ignore_conflicts=True)
    for event in fresh:
        if event.problem == EventProblem.DISPUTED:
            _close(event)
    return fresh


def _close(told: ProviderEvent) -> None:
    """A dispute that was decided waits for nobody any more; one that was lost is looked at once, by itself."""
    same = {name: getattr(told, name) for name in ("provider", "reference", "movement", "problem")}
    outcomes = set(ProviderEvent.objects.filter(**same).values_list("outcome", flat=True))
    if outcomes - {Outcome.PENDING}:
        over = ProviderEvent.objects.filter(**same, outcome__in=[Outcome.PENDING, Outcome.DECLINED], dealt_with_at=None)
        over.update(dealt_with_at=timezone.now(), dealt_with_by=actors.SYSTEM.as_dict())


def converge(provider: str, reference: str, *, actor: Actor, tell: Tell) -> Payment | None:
    """Make a payment, its session and its attempts what all facts say. The owner is locked. None: nothing is held.

    Any number of times with the same facts comes to the same.
    """
    counting = Q(problem="") | Q(problem=EventProblem.DISPUTED)
    told = list(ProviderEvent.objects.filter(counting, provider=provider, reference=reference).order_by("id"))
    known = books(each for each in told if not each.problem)
    session = PaymentSession.objects.select_related("collection").filter(provider=provider, reference=reference).first()
    payment = Payment.objects.filter(provider=provider, reference=reference).first()
    if payment is None and session is not None and (known.authorized is not None or known.captured):
        payment = _open(session)
        locks.made(locks.Rank.CAPABILITY, [payment.pk])
    if payment is not None:
        _follow(payment, known, [each for each in told if each.problem])
    if session is not None:
        _follow_session(session, payment, known)
    settling.settle(known, payment=payment, session=session, actor=actor, tell=tell)
    return payment


def event_of(
    provider: str, fact: Fact, source: EventSource = EventSource.LOOKUP, webhook_id: UUID | None = None
) -> ProviderEvent:
    """The row that a fact would be, not written. Raises UnknownCurrency."""
    # What is not done has no movement of its own at most providers; two that failed are two.
    own = str(fact.key) if fact.key and fact.outcome is not Outcome.SUCCEEDED else ""
    return ProviderEvent(
        pk=ids.new_id(),
        provider=provider,
        reference=fact.reference[:190],
        act=fact.act,
        movement=(fact.movement or own)[:190],
        outcome=fact.outcome,
        currency=fact.amount.currency[:3],
        amount=_storable(fact.amount.amount),
        key=fact.key,
        code=fact.code[:60],
        message=fact.message[:255],
        source=source,
        webhook_id=webhook_id,
        occurred_at=fact.occurred_at,
        expires_at=fact.expires_at,
        problem=EventProblem.AMOUNT if not _can_be(fact) else EventProblem.DISPUTED if fact.is_dispute else "",
    )


def _can_be(fact: Fact) -> bool:
    amount = fact.amount.amount
    return (
        amount.is_finite()
        and 0 <= amount < MAX_AMOUNT
        and amount == amount.quantize(quantum(fact.amount.currency))
        and (amount > 0 or fact.act in (MoneyAct.AUTHORIZE, MoneyAct.VOID))
    )


def _storable(amount: Decimal) -> Decimal:
    return amount if amount.is_finite() and 0 <= amount < MAX_AMOUNT else Decimal(0)


def _place(event: ProviderEvent) -> tuple[str, str, str, str]:
    return (event.reference, event.act, event.movement, event.outcome)


def _problem(event: ProviderEvent, before: ProviderEvent | None, currency: str | None) -> str:
    if event.problem:
        return event.problem
    if currency is not None and event.currency != currency:
        return EventProblem.CURRENCY
    if before is not None and (before.amount, before.currency) != (event.amount, event.currency):
        return EventProblem.CONFLICT
    return ""


def _was_shown(event: ProviderEvent) -> bool:
    """A contradiction that is repeated is shown once."""
    same = ProviderEvent.objects.filter(
        provider=event.provider,
        reference=event.reference,
        act=event.act,
        movement=event.movement,
        outcome=event.outcome,
        amount=event.amount,
        currency=event.currency,
        problem=event.problem,
    )
    return same.exists()


def _currencies(provider: str, references: set[str]) -> dict[str, str]:
    of_provider = Q(provider=provider, reference__in=references)
    found = dict(PaymentSession.objects.filter(of_provider).values_list("reference", "currency"))
    return found | dict(Payment.objects.filter(of_provider).values_list("reference", "currency"))


def _open(session: PaymentSession) -> Payment:
    return Payment(
        order_id=session.collection.order_id,
        collection=session.collection,
        session=session,
        provider=session.provider,
        method=str(session.data.get("method", ""))[:60],
        reference=session.reference,
        currency=session.currency,
        amount=Decimal(0),
    )


def _follow(payment: Payment, known: Books, disputes: Sequence[ProviderEvent]) -> None:
    captured = round_amount(known.captured, payment.currency)
    payment.amount = max(known.authorized or Decimal(0), captured)
    payment.captured = captured
    payment.refunded = min(known.refunded, captured)
    payment.problem = _what_cannot_be(known, captured) or _argued_about(disputes)
    payment.expires_at = known.expires_at or payment.expires_at
    now = timezone.now()
    if known.is_void:
        payment.canceled_at = payment.canceled_at or now
    is_taken = captured and captured >= payment.amount  # as far as it is known: a capture may be told of first
    payment.captured_at = (payment.captured_at or now) if is_taken else None
    payment.save()


def _what_cannot_be(known: Books, captured: Decimal) -> str:
    """More given back than was ever taken, as far as its provider told: the rest waits for news of the capture. Or more
    taken, and not gone back, than the customer agreed to."""
    if known.refunded > captured:
        return PaymentProblem.REFUNDED_TOO_MUCH
    if known.authorized is not None and captured - known.refunded > known.authorized:
        return PaymentProblem.CAPTURED_TOO_MUCH
    return ""


def _argued_about(disputes: Sequence[ProviderEvent]) -> str:
    """One that is open needs somebody more than one that was lost."""
    lost = {each.movement for each in disputes if each.outcome == Outcome.SUCCEEDED}
    decided = lost | {each.movement for each in disputes if each.outcome == Outcome.DECLINED}
    if {each.movement for each in disputes} - decided:
        return PaymentProblem.DISPUTED
    return PaymentProblem.DISPUTE_LOST if lost else ""


def _learn_expiry(payment: Payment, told: Sequence[Fact]) -> None:
    """The same authorization may be told without its end first, and with it later: that is no second event."""
    for fact in told:
        is_held = fact.act is MoneyAct.AUTHORIZE and fact.outcome is Outcome.SUCCEEDED
        is_same = fact.amount == payment.money(payment.amount)  # what contradicts changes nothing
        if is_held and is_same and fact.expires_at is not None and payment.expires_at is None:
            payment.expires_at = fact.expires_at
            payment.save(update_fields=["expires_at", "updated_at"])


def _follow_session(session: PaymentSession, payment: Payment | None, known: Books) -> None:
    if payment is None:
        if known.is_void:
            session.status = SessionStatus.CANCELED  # nobody can pay it any more
            session.save(update_fields=["status", "updated_at"])
        return
    if payment.canceled_at:
        session.status = SessionStatus.CAPTURED if payment.captured else SessionStatus.CANCELED
    else:
        session.status = SessionStatus.CAPTURED if payment.captured >= payment.amount else SessionStatus.AUTHORIZED
    session.authorized_at = session.authorized_at or timezone.now()
    session.code = session.message = ""
    session.save()

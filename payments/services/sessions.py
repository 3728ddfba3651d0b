"""A customer pays: what is to be collected, with whom, and the authorization."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone

from oms.core import actors, ids
from oms.core.actors import Actor
from oms.core.errors import NotFound
from oms.core.money import Money
from oms.core.transactions import atomic
from payments import errors, policies
from payments.enums import OPEN_STATES, EventSource, MoneyAct, SessionStatus
from payments.models import Payment, PaymentAttempt, PaymentCollection, PaymentSession
from payments.providers import known
from payments.providers.base import (
    InitiateRequest,
    Outcome,
    PaymentProvider,
    ProviderRejected,
    ProviderResult,
    ProviderUnavailable,
)
from payments.services import attempts, facts
from payments.services.changing import Owner, change_of, owner_of_session
from payments.settled import Tell

log = structlog.get_logger(__name__)
_OPEN = (SessionStatus.PENDING, SessionStatus.REQUIRES_MORE, SessionStatus.ERROR)


def create_collection(
    *, amount: Money, actor: Actor, order_id: UUID | None = None, cart_id: UUID | None = None, first: bool = False
) -> PaymentCollection:
    """Write down that an amount is to be collected for an order or a cart.

    first: the order's own collection, whose id is the order's; asked for again it is the same row. What an order owes
    is known to whoever keeps it: `orders.services.collecting` asks for no more than is due.
    """
    attempts.require_amount(amount)
    fields = {"currency": amount.currency, "amount": amount.amount, "cart_id": cart_id, "order_id": order_id}
    with change_of(Owner(order_id, None), actor=actor) if order_id else atomic():
        if first and order_id:
            collection, _made = PaymentCollection.objects.get_or_create(pk=order_id, defaults=fields)
            return collection
        return PaymentCollection.objects.create(**fields)


def create_session(
    *,
    collection_id: UUID,
    provider: str,
    actor: Actor,
    amount: Money | None = None,
    context: Mapping[str, Any] | None = None,
    capture: bool = False,
) -> PaymentSession:
    """Begin to pay a collection with a provider. One that is local knows of it when this returns, others by `initiate`
    or `reach`, after the commit.

    Without an amount it is about what the collection still lacks; sessions that nobody has authorized count for
    nothing. Asking again is a further session. Raises NotFound, UnknownProvider, CollectionClosed, CollectsMoreThanDue,
    AmountNotPositive, CurrencyMismatch.
    """
    party = known.provider_of(provider)
    collection = find_collection(collection_id)
    with change_of(Owner(collection.order_id, collection.pk), actor=actor):
        collection = find_collection(collection_id)
        _require_open(collection)
        lacks = lacking(collection)
        wanted = amount if amount is not None else lacks or collection.money
        if lacks < wanted:
            raise errors.CollectsMoreThanDue(requested=str(wanted), available=str(lacks))
        return session_here(collection, party, wanted, context=context, capture=capture)


def session_here(
    collection: PaymentCollection,
    party: PaymentProvider,
    amount: Money,
    *,
    context: Mapping[str, Any] | None = None,
    capture: bool = False,
) -> PaymentSession:
    """The same over any amount, in the caller's transaction, whose owner is locked."""
    _require_open(collection)
    collection.money - amount  # another currency is refused
    attempts.require_amount(amount)
    session = PaymentSession.objects.create(
        collection=collection,
        provider=party.code,
        currency=amount.currency,
        amount=amount.amount,
        context=dict(party.chosen(context or {})),
        capture=capture,
    )
    if party.local:
        _write_down(session, party.initiate(_initiation(session, timeout=0)))
    return session


def lacking(collection: PaymentCollection) -> Money:
    """What of a collection nobody has paid or promised yet."""
    now = timezone.now()
    pledged = sum((policies.pledged(each, now) for each in payments_of(collection)), Decimal(0))
    return Money(max(collection.amount - pledged, Decimal(0)), collection.currency)


def payments_of(collection: PaymentCollection) -> QuerySet[Payment]:
    """To an order's first collection belongs what was recorded with the order, too."""
    return Payment.objects.filter(Q(collection=collection) | Q(order_id=collection.pk, collection=None))


def initiate(session_id: UUID, *, timeout: float = 5.0) -> PaymentSession:
    """Tell the provider of a session that it has not heard of, with the session's id as key; again if need be.

    Raises ProviderUnavailable; a provider that rejects it makes the session an error. Never inside a transaction.
    """
    session = find_session(session_id)
    party = known.provider_of(session.provider)
    if session.reference or party.local:
        return session
    try:
        result = party.initiate(_initiation(session, timeout=timeout))
    except ProviderRejected as refusal:
        result = ProviderResult(outcome=Outcome.DECLINED, code=refusal.code, message=str(refusal))
    with change_of(owner_of_session(session), actor=actors.SYSTEM) as tell:
        session = find_session(session_id)
        _write_down(session, result)
        told = list(result.facts)
        facts.apply(session.provider, session.reference, told, source=EventSource.CALL, actor=actors.SYSTEM, tell=tell)
    return find_session(session_id)


def reach(session_id: UUID) -> PaymentSession:
    """`initiate`, for somebody who waits and cannot go on without it. Raises ProviderNotReached."""
    try:
        return initiate(session_id)
    except ProviderUnavailable as problem:
        provider = known.provider_of(find_session(session_id).provider)
        log.warning("payments.not_reached", provider=provider.code, problem=str(problem)[:200])
        raise errors.ProviderNotReached(provider=str(provider.title)) from None


def request_authorization(
    *, session_id: UUID, actor: Actor, data: Mapping[str, Any] | None = None, waits: bool = False
) -> PaymentAttempt:
    """Write the intent to authorize a session with what the customer chose to pay with (a token, a code).

    A session that was declined may be tried again. Raises NotFound, SessionNotOpen, PaymentBusy.
    """
    session = find_session(session_id)
    with change_of(owner_of_session(session), actor=actor) as tell:
        return authorize_here(session, actor=actor, tell=tell, data=data, waits=waits)


def authorize_here(
    session: PaymentSession,
    *,
    actor: Actor,
    tell: Tell,
    data: Mapping[str, Any] | None = None,
    waits: bool = False,
) -> PaymentAttempt:
    """The same in the caller's transaction, whose owner is locked."""
    session = find_session(session.pk)
    before = list(PaymentAttempt.objects.filter(session=session, act=MoneyAct.AUTHORIZE))
    attempts.require_settled(before, MoneyAct.AUTHORIZE)
    if session.status not in _OPEN or not session.reference:
        raise errors.SessionNotOpen(status=session.get_status_display())
    provider = known.provider_of(session.provider)
    if session.status == SessionStatus.ERROR:
        session.status, session.code, session.message = SessionStatus.PENDING, "", ""
        session.save(update_fields=["status", "code", "message", "updated_at"])
    return attempts.begin(
        act=MoneyAct.AUTHORIZE,
        amount=Money(session.amount, session.currency),
        provider=provider,
        session=session,
        actor=actor,
        tell=tell,
        data=provider.chosen(data or session.context),
        waits=waits,
    )


def cancel_collection(collection: PaymentCollection, *, actor: Actor) -> PaymentCollection:
    """Nothing is collected any more: its open sessions end. The second time changes nothing.

    Raises CollectionHoldsMoney while something of it is paid, or may still come to be.
    """
    with change_of(Owner(collection.order_id, collection.pk), actor=actor):
        collection = find_collection(collection.pk)
        if collection.canceled_at is not None:
            return collection
        begun = PaymentSession.objects.filter(collection=collection)
        if (
            collection.payments.filter(canceled_at=None).exists()
            or collection.payments.filter(captured__gt=0).exists()
            or PaymentAttempt.objects.filter(session__in=begun, state__in=OPEN_STATES).exists()
        ):
            raise errors.CollectionHoldsMoney()
        now = timezone.now()
        begun.filter(status__in=_OPEN).update(status=SessionStatus.CANCELED, updated_at=now)
        collection.canceled_at = now
        collection.save(update_fields=["canceled_at", "updated_at"])
        return collection


def find_collection(collection_id: UUID, *, order_id: UUID | None = None) -> PaymentCollection:
    """order_id: it has to be of this order. Raises NotFound."""
    rows = PaymentCollection.objects.filter(pk=collection_id)
    collection = (rows if order_id is None else rows.filter(order_id=order_id)).first()
    if collection is None:
        raise NotFound(kind="payment collection", id=ids.encode(ids.PAYMENT_COLLECTION, collection_id))
    return collection


def find_session(session_id: UUID) -> PaymentSession:
    session = PaymentSession.objects.select_related("collection").filter(pk=session_id).first()
    if session is None:
        raise NotFound(kind="payment session", id=ids.encode(ids.PAYMENT_SESSION, session_id))
    return session


def _require_open(collection: PaymentCollection) -> None:
    if collection.canceled_at:
        raise errors.CollectionClosed(status=SessionStatus.CANCELED.label)


def _initiation(session: PaymentSession, *, timeout: float) -> InitiateRequest:
    return InitiateRequest(
        key=session.pk,
        timeout=timeout,
        amount=Money(session.amount, session.currency),
        context=session.context,
        capture=session.capture,
    )


def _write_down(session: PaymentSession, result: ProviderResult) -> None:
    session.reference = session.reference or result.reference
    session.data = {**session.data, **result.data}
    if result.outcome is Outcome.DECLINED:
        session.status, session.code, session.message = SessionStatus.ERROR, result.code[:60], result.message[:255]
    session.save()

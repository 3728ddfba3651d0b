"""An order that is paid first: the money is authorized, then the order is placed with it.

Three steps, none of which leaves anything hanging: the intent to authorize is committed; the provider is asked; the
order is placed, and takes its payment over, in one transaction. Whoever comes in between, a second request or a
webhook, finds the same collection locked, and then the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from oms.core import actors
from oms.core.actors import Actor
from oms.core.errors import DomainError
from oms.core.transactions import atomic
from orders.models import Order
from orders.requests import OrderRequest
from orders.services import settlement
from orders.services.placement import Options, Placed, Selling, place_orders
from payments import policies, settled
from payments.enums import OPEN_STATES, AttemptState, MoneyAct, RefundReason, SessionStatus
from payments.errors import (
    NoPaymentSession,
    NothingToVoid,
    PaymentBusy,
    PaymentDeclined,
    PaymentPending,
    SessionNotOpen,
)
from payments.models import Payment, PaymentAttempt, PaymentCollection, PaymentSession
from payments.services import calling, changing, ledger, refunding, resuming, sessions, voiding

_HOLDS = (SessionStatus.AUTHORIZED, SessionStatus.CAPTURED)


def place_paid_order(
    *,
    collection_id: UUID,
    request: OrderRequest,
    selling: Selling,
    actor: Actor,
    data: Mapping[str, Any] | None = None,
    options: Options | None = None,
) -> Placed:
    """Authorize what was chosen to pay a cart's collection with, then place the order and give it the payment.

    data: what the customer chose (a token), for a session that is not authorized yet. A second call, also at the same
    moment, is the same order (`existing`). Never inside a transaction, for the provider is asked. Raises NotFound,
    NoPaymentSession (also while less is held than the collection is about), PaymentDeclined, PaymentPending,
    ProviderNotReached: nothing is written then, and the cart can be paid again; and what `place_order` raises: the
    authorization is let go then, and what was taken goes back.
    """
    session = _session(collection_id)
    if session is not None:
        _authorize(session, actor, data)
    try:
        with atomic():
            known = _existing(changing.lock_collection(collection_id))
            if known is not None:
                return known
            if not _is_held(sessions.find_collection(collection_id)):  # let go since it was authorized, or about to be
                raise NoPaymentSession()
            (placed,) = place_orders(
                requests=[request],
                selling=selling,
                actor=actor,
                options=options or Options(),
                alongside=partial(_take_over, collection_id, actor),
            )
            if placed.refusal is not None:
                raise placed.refusal
            return placed
    except NoPaymentSession:
        raise
    except DomainError:
        _let_go(collection_id)
        raise


def _session(collection_id: UUID) -> PaymentSession | None:
    """The one to pay with: the newest that holds nothing. None where everything is held, or the cart is an order."""
    collection = sessions.find_collection(collection_id)
    if collection.order_id is not None:
        return None
    begun = list(PaymentSession.objects.filter(collection=collection).exclude(status=SessionStatus.CANCELED))
    if not begun:
        raise NoPaymentSession()
    open_ones = [each for each in begun if each.status not in _HOLDS]
    if not open_ones or _is_held(collection):
        return None
    return open_ones[-1]


def _authorize(session: PaymentSession, actor: Actor, data: Mapping[str, Any] | None) -> None:
    """Hold the money. What is under way already is taken further, unless somebody is at work on it."""
    session = sessions.reach(session.pk)
    under_way = PaymentAttempt.objects.filter(session=session, act=MoneyAct.AUTHORIZE, state__in=OPEN_STATES).first()
    if under_way is None:
        try:
            attempt = sessions.request_authorization(session_id=session.pk, actor=actor, data=data, waits=True)
        except (PaymentBusy, SessionNotOpen):  # somebody came first
            session = sessions.find_session(session.pk)
            if session.status in _HOLDS:
                return
            if session.status == SessionStatus.ERROR:  # refused when it was begun
                raise PaymentDeclined(message=session.message or session.code) from None
            raise PaymentPending(status=session.get_status_display()) from None
        if attempt.state in OPEN_STATES:
            attempt = calling.carry_out(attempt.pk, timeout=calling.DEADLINE, waited=True)
    else:
        attempt = resuming.resume(under_way.pk, timeout=calling.DEADLINE)
    if attempt.state == AttemptState.DECLINED:
        raise PaymentDeclined(message=attempt.message or attempt.code)
    if attempt.state in OPEN_STATES:
        raise PaymentPending(status=sessions.find_session(session.pk).get_status_display())


def _existing(order_id: UUID | None) -> Placed | None:
    if order_id is None:
        return None
    order = Order.objects.get(pk=order_id)
    return Placed(order.pk, order.number, existing=True, source_digest=order.source_digest)


def _is_held(collection: PaymentCollection) -> bool:
    """All that the collection is about is there, taken or promised, by one payment or several."""
    now, there = timezone.now(), Decimal(0)
    for payment in Payment.objects.filter(collection=collection):
        tries = list(PaymentAttempt.objects.filter(payment=payment))
        there += policies.refundable(payment, tries) + policies.on_its_way(tries, MoneyAct.CAPTURE)
        if not policies.has_expired(payment, now):
            there += policies.capturable(payment, tries)
    return there >= collection.amount


def _take_over(collection_id: UUID, actor: Actor, placed: Sequence[Placed]) -> None:
    """The order takes over what was paid, in the transaction that places it, before stock is locked."""
    (one,) = placed
    if one.order_id is None or one.existing:
        return
    PaymentCollection.objects.filter(pk=collection_id).update(order_id=one.order_id)
    Payment.objects.filter(collection_id=collection_id).update(order_id=one.order_id)
    with settlement.money_change(one.order_id, actor=actor, is_new=True) as change:
        done = PaymentAttempt.objects.filter(payment__collection_id=collection_id, state=AttemptState.SUCCEEDED)
        for attempt in done.select_related("payment").order_by("created_at", "id"):
            if attempt.payment is not None:
                change.tell(settled.of(attempt, attempt.payment.provider, None))


def _let_go(collection_id: UUID) -> None:
    """There will be no order: what is held for it is let go, and what was taken goes back, by a worker where its
    provider has to be asked."""
    with atomic():
        if changing.lock_collection(collection_id) is not None:  # somebody else could place it
            return
        payments = list(Payment.objects.filter(collection_id=collection_id))
        ledger.lock_money_of(payments)
        for payment in payments:
            with suppress(NothingToVoid, PaymentBusy):
                voiding.void_here(payment, actor=actors.SYSTEM, tell=settled.unheard)
            if left := refunding.left_to_refund(payment):
                refunding.refund_here(
                    payment,
                    amount=payment.money(left),
                    reason=RefundReason.CANCELLATION,
                    actor=actors.SYSTEM,
                    tell=settled.unheard,
                )

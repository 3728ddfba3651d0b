"""What follows for an order when its money moves: credit lines, a cancellation that waited for it, captures, events.

Everything that moves money of an order, here or in payments, happens inside `money_change`: the order is locked, the
attempts are written and tell what became of them, and when the block ends the order follows, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog

from oms.core.actors import Actor
from oms.core.errors import DomainError
from oms.core.events import Event
from oms.core.transactions import atomic
from orders import errors, events
from orders.enums import CreditReason
from orders.locks import lock_order
from orders.models import Order
from orders.selectors.standing import standing_of
from orders.services import cancellation_steps, credit_lines, journal, rollup
from payments.enums import AttemptState, CaptureOn, MoneyAct
from payments.models import Payment, PaymentAttempt
from payments.policies import capturable
from payments.providers.known import provider_of
from payments.services import capturing
from payments.settled import Settled

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class MoneyChange:
    """An order whose money is being changed. It is saved, with what was told and recorded, when the block ends.

    afterwards: what is to be done last in the transaction (stock is locked last).
    """

    order: Order
    actor: Actor
    told: list[Settled] = field(default_factory=list)
    acts: list[tuple[Event, Mapping[str, Any], Mapping[str, tuple[Any, Any]]]] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def tell(self, settled: Settled) -> None:
        self.told.append(settled)

    def record(
        self, event: Event, facts: Mapping[str, Any], changes: Mapping[str, tuple[Any, Any]] | None = None
    ) -> None:
        self.acts.append((event, facts, changes or {}))


_under_way: ContextVar[Mapping[UUID, MoneyChange]] = ContextVar("money_changes", default={})  # noqa: B039  (read only)


@contextmanager
def money_change(
    order_id: UUID, *, actor: Actor, revision: int | None = None, is_new: bool = False
) -> Iterator[MoneyChange]:
    """Lock the order, let the caller move its money, then follow. Where nothing was told or recorded nothing changes.

    Within such a block, another one for the same order is the same one. is_new: this transaction has just inserted it,
    so that nobody else can see it, and it need not be locked. Raises NotFound, StaleRevision.
    """
    under_way = _under_way.get()
    if order_id in under_way:
        yield under_way[order_id]
        return
    with atomic():
        order = Order.objects.get(pk=order_id) if is_new else lock_order(order_id, revision=revision)
        change = MoneyChange(order, actor)
        token = _under_way.set({**under_way, order_id: change})
        try:
            yield change
        finally:
            _under_way.reset(token)
        done = 0
        while done < len(change.told):  # what follows may begin new attempts, which tell in their turn
            _follow(change, change.told[done])
            done += 1
        if not change.acts:
            return
        changes = rollup.refresh(change.order)
        *before, (event, facts, own) = change.acts
        journal.record_all(
            [journal.Act(change.order.pk, *each) for each in before]
            + [journal.Act(change.order.pk, event, facts, {**changes, **own})],
            actor=actor,
        )
        for work in change.afterwards:
            work()


@contextmanager
def told_by_payments(order_id: UUID, *, actor: Actor) -> Iterator[Callable[[Settled], None]]:
    """The listener of `oms.core.hooks.money_change`."""
    with money_change(order_id, actor=actor) as change:
        yield change.tell


def _follow(change: MoneyChange, settled: Settled) -> None:
    order = change.order
    if order.canceling_at is not None and _is_capture_asked_for_now(settled):
        raise errors.OrderBeingCanceled(number=order.number)
    if settled.act == MoneyAct.REFUND:
        _follow_refund(change, settled)
    if order.canceled_at is not None:
        if settled.payment_id is not None and settled.act in (MoneyAct.AUTHORIZE, MoneyAct.CAPTURE):  # it came too late
            cancellation_steps.let_go(change, capturing.find_payment(settled.payment_id))
    elif settled.act == MoneyAct.AUTHORIZE and settled.state == AttemptState.SUCCEEDED:
        _follow_authorization(change, settled)
    _record(change, settled)
    if order.canceling_at is not None and settled.act in (MoneyAct.REFUND, MoneyAct.VOID):
        cancellation_steps.go_on(change, settled)


def _is_capture_asked_for_now(settled: Settled) -> bool:
    """In this very transaction, where a local provider has answered already. What else is told of captures is so."""
    if settled.act != MoneyAct.CAPTURE or settled.is_foreign:
        return False
    return settled.was is None or (settled.was == AttemptState.INTENDED and provider_of(settled.provider).local)


def _follow_refund(change: MoneyChange, settled: Settled) -> None:
    order = change.order
    if settled.state == AttemptState.DECLINED and order.canceled_at is None:
        credit_lines.take_back(order, settled.attempt_id)
    if settled.state != AttemptState.SUCCEEDED or order.canceled_at is not None:
        return
    if settled.was == AttemptState.DECLINED or (settled.is_foreign and settled.was != AttemptState.SUCCEEDED):
        reason = CreditReason.PROVIDER_REFUND if settled.is_foreign else CreditReason.REFUND
        credit_lines.credit_unasked(order, settled.money.amount, reason, settled.attempt_id, settled.note)


def _follow_authorization(change: MoneyChange, settled: Settled) -> None:
    order = change.order
    if settled.payment_id is None or order.canceling_at is not None:
        return
    payment = capturing.find_payment(settled.payment_id)
    left = capturable(payment, PaymentAttempt.objects.filter(payment=payment))
    if not _is_taken_with_it(payment):
        if order.channel.capture_on != CaptureOn.PLACEMENT:
            return
        left = min(left, standing_of(order).left_to_take)
    try:
        if left > 0:
            capturing.capture_here(payment, amount=payment.money(left), actor=change.actor, tell=change.tell)
    except DomainError as refusal:  # what is told is so all the same: it has ended already, or cannot be taken in part
        log.warning("orders.authorization_not_followed", payment=payment.public_id, code=refusal.code)


def _is_taken_with_it(payment: Payment) -> bool:
    """The session said so. A provider that is far away takes it by itself, for it was told when the session began."""
    return payment.session is not None and payment.session.capture and provider_of(payment.provider).local


_EVENTS: Final[Mapping[tuple[MoneyAct, AttemptState], Any]] = {
    (MoneyAct.AUTHORIZE, AttemptState.SUCCEEDED): events.PaymentAuthorized,
    (MoneyAct.CAPTURE, AttemptState.SUCCEEDED): events.PaymentCaptured,
    (MoneyAct.CAPTURE, AttemptState.DECLINED): events.PaymentCaptureFailed,
    (MoneyAct.REFUND, AttemptState.SUCCEEDED): events.RefundCreated,
    (MoneyAct.REFUND, AttemptState.DECLINED): events.RefundFailed,
}


def _record(change: MoneyChange, settled: Settled) -> None:
    """The event for programs, with what a person wants to read beside it."""
    facts = {
        "amount": str(settled.money.amount),
        "currency": settled.money.currency,
        "provider": settled.provider,
        **({"reason": settled.reason} if settled.reason else {}),
        **({"message": settled.message or settled.code} if settled.state == AttemptState.DECLINED else {}),
    }
    kind = _EVENTS.get((settled.act, settled.state))
    if kind is None:
        act = f"payment.{settled.act}_{settled.state}"
        change.record(events.OrderUpdated(order_id=change.order.public_id, changed=["payments"]), {"act": act, **facts})
        return
    more = {
        AttemptState.DECLINED: {"code": settled.code},
        AttemptState.SUCCEEDED: {"reason": settled.reason} if settled.act == MoneyAct.REFUND else {},
    }[settled.state]
    event = kind(
        order_id=change.order.public_id,
        payment_id=settled.public_payment_id,
        attempt_id=settled.public_id,
        provider=settled.provider,
        amount=str(settled.money.amount),
        currency_code=settled.money.currency,
        **more,
    )
    change.record(event, facts)

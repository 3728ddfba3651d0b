"""A cancellation that waits for money: what is done to begin it, when its money has gone back, and when it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from inventory import providers as stock
from oms.core import ids
from oms.core.errors import DomainError
from orders import errors, events
from orders.enums import CancelReason, CreditReason, OrderStatus
from orders.models import Order
from orders.services import credit_lines
from payments.enums import OPEN_STATES, AttemptState, MoneyAct, RefundReason
from payments.models import Payment, PaymentAttempt
from payments.policies import refundable, voidable
from payments.providers.known import provider_of
from payments.services import attempts, ledger, refunding, voiding
from payments.settled import Settled

if TYPE_CHECKING:
    from orders.services.settlement import MoneyChange

log = structlog.get_logger(__name__)
_OURS: Final = RefundReason.CANCELLATION


def require_none(order: Order) -> None:
    """No cancellation of the order waits for its money. Raises OrderBeingCanceled."""
    if order.canceling_at is not None:
        raise errors.OrderBeingCanceled(number=order.number)


def begin(change: MoneyChange, reason: CancelReason, *, waits: bool) -> list[UUID]:
    """Ask for all money of the order to go back or be let go; it is worth nothing from now on.

    Returns the attempts that somebody has to carry out. Raises PaymentBusy while money of it moves already.
    """
    order = change.order
    payments = _ours(order)
    ledger.lock_money_of(payments)
    before = list(PaymentAttempt.objects.filter(payment__order=order).order_by("id"))
    attempts.require_settled(before, MoneyAct.CAPTURE, MoneyAct.REFUND, MoneyAct.VOID)
    order.canceling_at, order.cancel_reason = timezone.now(), reason

    begun = []
    for payment in payments:
        its = [each for each in before if each.payment_id == payment.pk]
        if voidable(payment, its) and provider_of(payment.provider).can.void:  # else it ends by itself
            begun.append(voiding.void_here(payment, actor=change.actor, tell=change.tell, reason=_OURS, waits=waits))
        if left := refundable(payment, its):
            attempt = refunding.refund_here(
                payment, amount=payment.money(left), reason=_OURS, actor=change.actor, tell=change.tell, waits=waits
            )
            begun.append(attempt)
            if attempt.state != AttemptState.DECLINED:
                credit_lines.credit(order, min(left, order.total), CreditReason.CANCELLATION, attempt.pk)
    credit_lines.credit(order, order.total, CreditReason.CANCELLATION, None)
    return [each.pk for each in begun if each.state in OPEN_STATES]


def finish(change: MoneyChange) -> None:
    """The order is canceled: what it holds is let go, and so is what was authorized while it was waited for."""
    order = change.order
    payments = _ours(order)
    ledger.lock_money_of(payments)
    for payment in payments:
        let_go(change, payment)
    # A refund that failed meanwhile took its credit line along; what it was about is owed to the customer now.
    credit_lines.credit(order, order.total, CreditReason.CANCELLATION, None)
    was = order.status
    order.status = OrderStatus.CANCELED
    order.canceled_at, order.canceling_at = timezone.now(), None
    event = events.OrderCanceled(order_id=order.public_id, reason=order.cancel_reason)
    change.record(event, {"reason": str(order.cancel_reason)}, {"status": (was, order.status)})
    change.afterwards.append(lambda: stock.current().release(order.pk, actor=change.actor))


def let_go(change: MoneyChange, payment: Payment) -> None:
    """Nothing is held any more for an order that is canceled.

    What is being taken right now is let go when that is settled. Whatever else keeps it from being let go keeps nobody
    from learning what was told.
    """
    try:
        if voidable(payment, PaymentAttempt.objects.filter(payment=payment)):
            voiding.void_here(payment, actor=change.actor, tell=change.tell)
    except DomainError as refusal:
        log.warning("orders.not_let_go", payment=payment.public_id, code=refusal.code)


def go_on(change: MoneyChange, settled: Settled) -> None:
    """An attempt of a cancellation was settled: it is done, is still waiting, or may not be."""
    order = change.order
    its = list(PaymentAttempt.objects.filter(payment__order=order, reason=_OURS, pk__gte=_first_id(order)))
    if settled.state == AttemptState.DECLINED and any(each.pk == settled.attempt_id for each in its):
        _give_up(change, settled)
    elif its and all(each.state == AttemptState.SUCCEEDED for each in its):
        finish(change)


def _give_up(change: MoneyChange, settled: Settled) -> None:
    """Its provider refuses: the order is not canceled, and somebody has to decide. What went back stays credited."""
    order = change.order
    was = order.status
    credit_lines.take_back(order, None, CreditReason.CANCELLATION)
    for refund in _made_meanwhile(order):  # while it was worth nothing they lowered nothing
        credit_lines.take_back(order, refund.pk)
        reason = CreditReason.PROVIDER_REFUND if refund.is_foreign else CreditReason.REFUND
        credit_lines.credit_unasked(order, refund.amount, reason, refund.pk, refund.note)
    order.canceling_at, order.cancel_reason = None, ""
    order.status = OrderStatus.REQUIRES_ACTION
    change.record(
        events.OrderUpdated(order_id=order.public_id, changed=["status"]),
        {"act": "order.cancel_refused", "message": settled.message or settled.code, "provider": settled.provider},
        {"status": (was, order.status)},
    )


def _made_meanwhile(order: Order) -> QuerySet[PaymentAttempt]:
    """Refunds that were made since it was asked for, and are none of its own."""
    made = PaymentAttempt.objects.filter(payment__order=order, act=MoneyAct.REFUND, state=AttemptState.SUCCEEDED)
    return made.filter(settled_at__gte=order.canceling_at).exclude(reason=_OURS, pk__gte=_first_id(order))


def _ours(order: Order) -> list[Payment]:
    """The payments whose money somebody can be asked to move."""
    return [each for each in Payment.objects.filter(order=order).order_by("created_at", "id") if not each.is_recorded]


def _first_id(order: Order) -> UUID:
    """Ids are made in time: attempts of an earlier cancellation, which was refused, are not meant."""
    return ids.first_id(order.canceling_at) if order.canceling_at else UUID(int=0)

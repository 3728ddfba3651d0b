"""Money of orders that needs a person: what providers refuse, what is owed, cancellations that may not be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from oms.web.console import acts, attention, show
from oms.web.console.attention import Act, Kind, Matter
from orders.enums import CancelReason, OrderStatus
from orders.models import Order
from orders.models.order import OWED
from orders.services.cancellation import cancel_order, keep_order
from orders.services.refunds import refund_payment
from payments import selectors
from payments.admin.exceptions import MAY_COLLECT, dealt_with, of_order
from payments.enums import AttemptState, MoneyAct, RefundReason
from payments.models import PaymentAttempt
from payments.services import capturing, voiding

MAY_REFUND: Final = "payments.refund_payment"
_OURS: Final = RefundReason.CANCELLATION  # what a cancellation asked for is dealt with where its order is


# --- providers refuse ---


def _declined(*wanted: MoneyAct) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    def narrow(rows: QuerySet[Any]) -> QuerySet[Any]:
        """All three acts are named, as the index of them has it."""
        moved = rows.filter(act__in=(MoneyAct.CAPTURE, MoneyAct.REFUND, MoneyAct.VOID), state=AttemptState.DECLINED)
        return moved.filter(act__in=wanted, dealt_with_at=None).exclude(reason=_OURS).select_related("payment")

    return narrow


def _tell_declined(rows: Sequence[PaymentAttempt]) -> Iterator[Matter]:
    orders = of_order([row.payment for row in rows if row.payment is not None])
    for row in rows:
        order_id = row.payment.order_id if row.payment is not None else None
        what = {"act": row.get_act_display(), "amount": show.money(row.amount, row.currency)}
        about = _now("order %s") % orders[order_id] if order_id in orders else str(row.payment)
        yield Matter(
            pk=row.pk,
            title=_now("Declined: %(act)s %(amount)s") % what + f", {about}",
            since=row.settled_at or row.updated_at,
            url=show.change_url("payments_paymentattempt", row.pk),
            detail=row.message or row.code,
            next_url=show.change_url("orders_order", order_id) if order_id else "",
        )


def _try_again(request: HttpRequest, pk: UUID) -> str:
    """The same act with the same amount, under a key of its own."""
    was, actor = PaymentAttempt.objects.get(pk=pk), acts.actor_of(request)
    payment_id = was.payment_id
    assert payment_id is not None  # noqa: S101  (what is captured, refunded or let go is a payment's)
    money = capturing.find_payment(payment_id).money(was.amount)
    if was.act == MoneyAct.CAPTURE:
        capturing.request_capture(payment_id=payment_id, amount=money, is_last=was.is_last, actor=actor)
    elif was.act == MoneyAct.VOID:
        voiding.request_void(payment_id=payment_id, actor=actor)
    else:
        reason = RefundReason(was.reason or RefundReason.OTHER)
        refund_payment(payment_id=payment_id, amount=money, reason=reason, note=was.note, actor=actor)
    return _now("A worker asks the provider now.")


# --- orders ---


def owed(orders: QuerySet[Any]) -> QuerySet[Any]:
    """More was taken than they are worth, has not gone back, and is not on its way either."""
    leaving = selectors.open_of_payments().filter(payment__order=OuterRef("pk"), act=MoneyAct.REFUND)
    return orders.filter(~Exists(leaving), OWED)


def _tell_owed(orders: Sequence[Order]) -> Iterator[Matter]:
    for order in orders:
        yield Matter(
            pk=order.pk,
            title=_now("%(amount)s is owed to the customer of order %(order)s")
            % {"amount": -order.balance, "order": order},
            since=order.placed_at,
            url=show.change_url("orders_order", order.pk),
            detail=str(order.get_status_display()),
        )


def could_not_be_canceled() -> Exists:
    """Of orders that require action: their provider refused to give the money back."""
    its = PaymentAttempt.objects.filter(payment__order=OuterRef("pk"))
    return Exists(its.filter(reason=_OURS, state=AttemptState.DECLINED))


def cancel_refused(orders: QuerySet[Any]) -> QuerySet[Any]:
    return orders.filter(could_not_be_canceled(), status=OrderStatus.REQUIRES_ACTION, canceling_at=None)


def _tell_refused(orders: Sequence[Order]) -> Iterator[Matter]:
    for order in orders:
        yield Matter(
            pk=order.pk,
            title=_now("Order %s could not be canceled") % order,
            since=order.placed_at,
            url=show.change_url("orders_order", order.pk),
            detail=_now("Its payment provider refused to give %s back.")
            % show.money(order.captured_total - order.refunded_total, order.currency),
        )


def _keep(request: HttpRequest, pk: UUID) -> str:
    order = keep_order(order_id=pk, actor=acts.actor_of(request))
    return _now("Order %s goes on.") % order


def _cancel_again(request: HttpRequest, pk: UUID) -> str:
    order = cancel_order(order_id=pk, reason=CancelReason.OTHER, actor=acts.actor_of(request))
    return _now("Order %s is canceled as soon as its money has gone back.") % order


_DEALT_WITH: Final = dealt_with(PaymentAttempt)

for _kind in (
    Kind(
        rank=12,
        name="cancel-refused",
        title=_("Cancellations that were refused"),
        icon="cancel",
        model=Order,
        narrow=cancel_refused,
        age=("placed_at", "id"),
        tell=_tell_refused,
        act=Act(label=_("Keep the order"), permission="orders.change_order", run=_keep),
        or_else=Act(label=_("Cancel again"), permission="orders.change_order", run=_cancel_again),
        tone="bad",
    ),
    Kind(
        rank=30,
        name="captures-declined",
        title=_("Captures that were declined"),
        icon="credit_card_off",
        model=PaymentAttempt,
        narrow=_declined(MoneyAct.CAPTURE, MoneyAct.VOID),
        age=("settled_at", "id"),
        tell=_tell_declined,
        act=Act(label=_("Try again"), permission=MAY_COLLECT, run=_try_again),
        or_else=Act(label=_("Dealt with"), permission=MAY_COLLECT, run=_DEALT_WITH),
        tone="bad",
    ),
    Kind(
        rank=31,
        name="refunds-declined",
        title=_("Refunds that were declined"),
        icon="money_off",
        model=PaymentAttempt,
        narrow=_declined(MoneyAct.REFUND),
        age=("settled_at", "id"),
        tell=_tell_declined,
        act=Act(label=_("Try again"), permission=MAY_REFUND, run=_try_again),
        or_else=Act(label=_("Dealt with"), permission=MAY_REFUND, run=_DEALT_WITH),
        tone="bad",
    ),
    Kind(
        rank=32,
        name="owed",
        title=_("Owed to customers"),
        icon="currency_exchange",
        model=Order,
        narrow=owed,
        age=("placed_at", "id"),
        tell=_tell_owed,
        act=Act(label=_("Open the order"), permission="orders.view_order"),
    ),
):
    attention.show(_kind)

"""The buttons that move money of an order. What has become of it is said by `money_words`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from oms.core.actors import Actor
from oms.core.errors import NotFound
from orders.enums import CancelReason
from orders.models import Order
from orders.services import cancellation, collecting
from payments.models import Payment, PaymentAttempt
from payments.services import capturing, voiding


@dataclass(frozen=True, slots=True)
class Asked:
    """What providers were asked for, in attempts that the caller carries out after the commit. canceling: to cancel
    the order, which is done when its money has gone back."""

    attempts: Sequence[UUID]
    canceling: bool = False


def capture(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> Asked:
    payment = _payment(order_id, given)
    amount = payment.money(given["amount"])
    return Asked([capturing.request_capture(payment_id=payment.pk, amount=amount, actor=actor, waits=True).pk])


def void(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> Asked:
    payment = _payment(order_id, given)
    return Asked([voiding.request_void(payment_id=payment.pk, actor=actor, waits=True).pk])


def mark_paid(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    amount = Order.objects.only("currency").get(pk=order_id).money(given["amount"])
    collecting.mark_as_paid(
        order_id=order_id, amount=amount, method=given["method"].strip(), note=given["note"].strip(), actor=actor
    )
    return _("%s marked as paid.") % amount


def keep(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    return _("Order %s goes on as it is.") % cancellation.keep_order(order_id=order_id, actor=actor)


def cancel(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str | Asked:
    before = set(_attempts(order_id).values_list("pk", flat=True))
    order = cancellation.cancel_order(order_id=order_id, reason=CancelReason(given["reason"]), actor=actor, waits=True)
    asked = _attempts(order_id).exclude(pk__in=before).order_by("pk")
    if order.canceling_at is None and not asked:
        return _("Order %s is canceled.") % order
    return Asked(list(asked.values_list("pk", flat=True)), canceling=True)


def _attempts(order_id: UUID) -> Any:
    return PaymentAttempt.objects.filter(payment__order_id=order_id)


def _payment(order_id: UUID, given: Mapping[str, Any]) -> Payment:
    """Of this order, and no other. Raises NotFound."""
    payment = Payment.objects.filter(pk=given["payment_id"], order_id=order_id).first()
    if payment is None:
        raise NotFound(kind="payment", id=str(given["payment_id"]))
    return payment

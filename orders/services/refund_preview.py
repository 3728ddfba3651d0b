"""What a refund would come to, without making it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from oms.core.actors import Actor
from oms.core.money import Money
from oms.core.transactions import rehearsal
from orders import errors
from orders.models import CreditLine, Order
from orders.selectors.standing import standing_of
from orders.services.refunds import refund_payment
from payments.enums import RefundReason
from payments.models import Payment
from payments.services import refunding
from payments.services.capturing import find_payment


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPreview:
    """amount: goes back. credited: what the order is worth less because of it; the rest was owed anyway.

    left: of the payment, to be refunded after it. total_before, total_after: what the order is worth. balance_before,
    balance_after: above zero the customer owes, below zero the merchant does; after: once the provider has done it, and
    what is on its way already.
    """

    payment_id: UUID
    order_id: UUID
    amount: Money
    credited: Money
    left: Money
    total_before: Money
    total_after: Money
    balance_before: Money
    balance_after: Money


def preview_refund(
    *,
    payment_id: UUID,
    amount: Money | None = None,
    reason: RefundReason = RefundReason.GOODWILL,
    note: str = "",
    actor: Actor,
) -> RefundPreview:
    """Make the refund, look, and undo it: nobody is asked, nothing is written. Raises what `refund_payment` raises."""
    before = _order(find_payment(payment_id))
    with rehearsal():
        attempt = refund_payment(
            payment_id=payment_id, amount=amount, reason=reason, note=note, actor=actor, waits=True
        )
        payment = Payment.objects.get(pk=payment_id)
        left = refunding.left_to_refund(payment)
        credit = sum(CreditLine.objects.filter(attempt_id=attempt.pk).values_list("amount", flat=True), Decimal(0))
        after = _order(payment)
        balance = standing_of(after).balance
    return RefundPreview(
        payment_id=payment_id,
        order_id=before.pk,
        amount=Money(attempt.amount, attempt.currency),
        credited=before.money(credit),
        left=payment.money(left),
        total_before=before.money(before.total),
        total_after=before.money(after.total),
        balance_before=before.balance,
        balance_after=before.money(balance),
    )


def _order(payment: Payment) -> Order:
    if payment.order_id is None:
        raise errors.PaymentWithoutOrder()
    return Order.objects.get(pk=payment.order_id)

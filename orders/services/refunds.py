"""Money goes back to a customer, and the order is worth that much less, in one transaction."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from uuid import UUID

from oms.core.actors import Actor
from oms.core.money import Money
from orders import errors
from orders.enums import CreditReason
from orders.services import credit_lines, settlement
from payments.enums import AttemptState, RefundReason
from payments.models import PaymentAttempt
from payments.services import refunding
from payments.services.capturing import find_payment

ZERO: Final = Decimal(0)
_WORDS: Final = {RefundReason.GOODWILL: CreditReason.GOODWILL}


def refund_payment(
    *,
    payment_id: UUID,
    amount: Money | None = None,
    reason: RefundReason = RefundReason.GOODWILL,
    note: str = "",
    actor: Actor,
    waits: bool = False,
) -> PaymentAttempt:
    """Give an amount of a payment back; all that is left of it when none is given.

    What the merchant owes anyway needs no credit line; the rest writes one, in this transaction, which goes away again
    if the provider declines. Asking again is a further refund. waits: the caller carries it out after the commit.
    Raises NotFound, RefundExceedsCapture, AmountNotPositive, CurrencyMismatch, RecordedElsewhere, PaymentWithoutOrder,
    OrderBeingCanceled, NotSupportedByProvider; nothing is written then.
    """
    payment = find_payment(payment_id)
    if payment.order_id is None:
        raise errors.PaymentWithoutOrder()
    with settlement.money_change(payment.order_id, actor=actor) as change:
        order = change.order
        if order.canceling_at is not None:
            raise errors.OrderBeingCanceled(number=order.number)
        owed = settlement.owed_to_customer(order)
        asked = amount
        if asked is None:
            asked = payment.money(refunding.left_to_refund(find_payment(payment_id)))
        attempt = refunding.refund_here(
            payment, amount=asked, reason=reason, actor=actor, tell=change.tell, note=note, waits=waits
        )
        if attempt.state != AttemptState.DECLINED:
            word = _WORDS.get(reason, CreditReason.REFUND)
            credit_lines.credit(order, max(asked.amount - owed, ZERO), word, attempt.pk, note)
        return attempt

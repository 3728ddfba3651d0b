"""Money goes back to a customer, and the order is worth that much less, in one transaction."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from oms.core.actors import Actor
from oms.core.money import Money
from oms.core.transactions import atomic
from orders.enums import CreditReason
from orders.selectors.standing import standing_of
from orders.services import cancellation_steps, credit_lines, settlement
from orders.services.settlement import MoneyChange
from payments import settled
from payments.enums import AttemptState, RefundReason
from payments.models import Payment, PaymentAttempt
from payments.services import changing, refunding
from payments.services.capturing import find_payment

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
    What was taken for a cart that never was an order only goes back.
    Raises NotFound, RefundExceedsCapture, AmountNotPositive, CurrencyMismatch, RecordedElsewhere, OrderBeingCanceled,
    NotSupportedByProvider; nothing is written then.
    """
    payment = find_payment(payment_id)
    with atomic():
        order_id = payment.order_id
        if order_id is None and payment.collection_id is not None:
            order_id = changing.lock_collection(payment.collection_id)
        if order_id is None:
            asked = payment.money(refunding.left_to_refund(find_payment(payment_id))) if amount is None else amount
            return refunding.refund_here(
                payment, amount=asked, reason=reason, actor=actor, tell=settled.unheard, note=note, waits=waits
            )
        return _of_an_order(order_id, payment, amount, reason=reason, note=note, actor=actor, waits=waits)


def _of_an_order(
    order_id: UUID,
    payment: Payment,
    amount: Money | None,
    *,
    reason: RefundReason,
    note: str,
    actor: Actor,
    waits: bool,
) -> PaymentAttempt:
    with settlement.money_change(order_id, actor=actor) as change:
        cancellation_steps.require_none(change.order)
        asked = amount
        if asked is None:
            asked = payment.money(refunding.left_to_refund(find_payment(payment.pk)))
        return give_back(change, payment, asked, reason=reason, note=note, waits=waits)


def give_back(
    change: MoneyChange, payment: Payment, amount: Money, *, reason: RefundReason, note: str, waits: bool
) -> PaymentAttempt:
    """Ask for an amount of one payment to go back, and lower what the order is worth by what was not owed anyway."""
    credit = standing_of(change.order).credit_of(amount.amount)
    attempt = refunding.refund_here(
        payment, amount=amount, reason=reason, actor=change.actor, tell=change.tell, note=note, waits=waits
    )
    if attempt.state != AttemptState.DECLINED:
        word = _WORDS.get(reason, CreditReason.REFUND)
        credit_lines.credit(change.order, credit, word, attempt.pk, note)
    return attempt

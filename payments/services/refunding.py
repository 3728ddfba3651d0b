"""Giving back what was taken. What an order is worth afterwards is worked out by `orders.services.refunds`."""

from __future__ import annotations

from decimal import Decimal

from oms.core.actors import Actor
from oms.core.money import Money
from payments import errors, policies
from payments.enums import MoneyAct
from payments.models import Payment, PaymentAttempt
from payments.providers import known
from payments.services import attempts
from payments.settled import Tell


def refund_here(
    payment: Payment, *, amount: Money, reason: str, actor: Actor, tell: Tell, note: str = "", waits: bool = False
) -> PaymentAttempt:
    """Write the intent to give an amount of a payment back, in the caller's transaction, whose owner is locked.

    What is on its way already counts as gone, so that two who ask for the same money are not both heard. Raises
    RefundExceedsCapture, AmountNotPositive, CurrencyMismatch, RecordedElsewhere, NotSupportedByProvider.
    """
    attempts.require_ours(payment)
    payment, before = attempts.as_it_is(payment)
    provider = known.provider_of(payment.provider)
    left = policies.refundable(payment, before)
    payment.money(left) - amount  # another currency is refused
    if amount.amount > left:
        raise attempts.amount_error(errors.RefundExceedsCapture, amount, left, "/amount")
    attempts.require_amount(amount)
    if amount.amount < payment.captured and not provider.can.partial_refund:
        raise errors.NotSupportedByProvider(provider=str(provider.title), what="a refund of a part")
    return attempts.begin(
        act=MoneyAct.REFUND,
        amount=amount,
        provider=provider,
        payment=payment,
        session=payment.session,
        actor=actor,
        tell=tell,
        reason=reason,
        note=note,
        waits=waits,
    )


def left_to_refund(payment: Payment) -> Decimal:
    """What of a payment can still be given back. The caller has locked its owner, or only wants to show it."""
    return policies.refundable(payment, PaymentAttempt.objects.filter(payment=payment))

"""Where the money of an order stands, and where it will once everything on its way has arrived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from django.utils import timezone

from orders.models import Order
from payments.enums import OPEN_STATES, MoneyAct
from payments.models import Payment, PaymentAttempt
from payments.policies import has_expired, on_its_way, pledged

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """total: what the order is worth. leaving, arriving: refunds and captures that are asked for and not done.

    promised: authorized, and neither taken nor let go. An authorization that ended is no promise any more, though its
    provider may not have said so; what is arriving of it is.
    """

    total: Decimal
    captured: Decimal
    refunded: Decimal
    leaving: Decimal
    arriving: Decimal = ZERO
    promised: Decimal = ZERO

    @property
    def balance(self) -> Decimal:
        """Once everything that leaves has left: above zero the customer owes, below zero the merchant does."""
        return self.total - (self.captured - self.refunded - self.leaving)

    @property
    def owed(self) -> Decimal:
        """What the customer is owed anyway: giving it back makes the order worth no less."""
        return max(-self.balance, ZERO)

    @property
    def left_to_take(self) -> Decimal:
        """What the customer still has to pay once everything on its way has arrived."""
        return self.balance - self.arriving

    @property
    def due(self) -> Decimal:
        """What the customer still has to pay, beyond what they authorized already."""
        return max(self.balance - self.promised, ZERO)

    def before(self, refunded: Decimal) -> Standing:
        """The same before so much was given back."""
        return replace(self, refunded=self.refunded - refunded)

    def after(self, amount: Decimal) -> Standing:
        """The same once so much more is given back."""
        return replace(self, total=self.total - self.credit_of(amount), leaving=self.leaving + amount)

    def credit_of(self, amount: Decimal) -> Decimal:
        """By how much giving this back makes the order worth less."""
        return max(amount - self.owed, ZERO)


def standing(order: Order, payments: Iterable[Payment], attempts: Iterable[PaymentAttempt]) -> Standing:
    """Of rows that are at hand: no query is made here. attempts: of these payments, at least the open ones."""
    payments, attempts, now = list(payments), list(attempts), timezone.now()
    ended = {each.pk for each in payments if has_expired(each, now)}
    return Standing(
        order.total,
        sum((each.captured for each in payments), ZERO),
        sum((each.refunded for each in payments), ZERO),
        on_its_way(attempts, MoneyAct.REFUND),
        on_its_way(attempts, MoneyAct.CAPTURE),
        sum((pledged(each, now) - each.captured for each in payments), ZERO)
        + on_its_way([each for each in attempts if each.payment_id in ended], MoneyAct.CAPTURE),
    )


def standing_of(order: Order) -> Standing:
    """The order is locked, or it is only shown. Two queries."""
    moving = PaymentAttempt.objects.filter(payment__order=order, state__in=OPEN_STATES)
    return standing(order, Payment.objects.filter(order=order), moving)

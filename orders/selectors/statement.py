"""The money of an order as a small statement, for the console and the API alike: what it is worth and what was paid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from oms.core.money import Money
from orders.models import Order
from payments.enums import MoneyAct
from payments.models import Payment, PaymentAttempt
from payments.policies import on_its_way

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Statement:
    """ordered + shipping - discounted + taxed + adjusted - credited = total; total - captured + refunded = due - owed.

    ordered, discounted, shipping: without taxes. credited: given back without taking a line away. authorized: promised
    and neither taken nor let go. capturing, refunding: asked for and not done yet, part of none of the others.
    """

    ordered: Money
    discounted: Money
    shipping: Money
    taxed: Money
    adjusted: Money
    credited: Money
    total: Money
    authorized: Money
    captured: Money
    refunded: Money
    capturing: Money
    refunding: Money
    due: Money
    owed: Money


def statement(order: Order, payments: Iterable[Payment], attempts: Iterable[PaymentAttempt]) -> Statement:
    """Of rows that are at hand: no query is made here. attempts: of these payments."""
    attempts = list(attempts)
    balance = order.balance.amount
    promised = sum((each.amount - each.captured for each in payments if each.canceled_at is None), ZERO)
    return Statement(
        ordered=order.money(order.item_subtotal),
        discounted=order.money(order.discount_total),
        shipping=order.money(order.shipping_subtotal),
        taxed=order.money(order.tax_total),
        adjusted=order.money(order.adjustment_total),
        credited=order.money(order.credit_total),
        total=order.money(order.total),
        authorized=order.money(promised),
        captured=order.money(order.captured_total),
        refunded=order.money(order.refunded_total),
        capturing=order.money(on_its_way(attempts, MoneyAct.CAPTURE)),
        refunding=order.money(on_its_way(attempts, MoneyAct.REFUND)),
        due=order.money(max(balance, ZERO)),
        owed=order.money(max(-balance, ZERO)),
    )

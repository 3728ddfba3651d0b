"""What a refund of an order can give back, for the form that asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from inventory import providers
from inventory.providers.stock_locations import Location
from oms.core.money import Money
from oms.web.limits import answering
from orders import refund_calculator as calculator
from orders.models import CreditedItem, Order, OrderLine
from orders.services.refund_planning import refundable_payments, restockable, sold_of
from payments.models import Payment

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LineChoice:
    """left: units not given back yet, worth so much; restockable: how many of the line could go on a shelf."""

    line: OrderLine
    left: int
    worth: Money
    restockable: int


@dataclass(frozen=True, slots=True)
class RefundChoices:
    """payments: those that can give something back, and how much; in the order in which they would be asked."""

    order: Order
    lines: Sequence[LineChoice]
    shipping: Money
    payments: Sequence[tuple[Payment, Money]]
    locations: Sequence[Location]

    @property
    def left(self) -> Money:
        return self.order.money(sum((left.amount for _payment, left in self.payments), ZERO))


def refund_choices(order: Order) -> RefundChoices:
    """In a number of queries that does not depend on the order's size."""
    given = list(CreditedItem.objects.filter(order=order))
    shipping = [sold_of(line, given) for line in order.shipping_lines.all()]
    lines = []
    for line in order.lines.all():
        sold = sold_of(line, given)
        worth = order.money(calculator.left_of(sold, order.currency))
        lines.append(LineChoice(line, sold.left, worth, restockable(line, given)))
    stock, seen = providers.current(), answering.get()
    return RefundChoices(
        order=order,
        lines=lines,
        shipping=order.money(sum((calculator.left_of(each, order.currency) for each in shipping), ZERO)),
        payments=[(payment, order.money(left)) for payment, left in refundable_payments(order)],
        locations=[each for each in providers.locations().all() if stock.has_places and seen.allows_location(each.id)],
    )

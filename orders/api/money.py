"""What lines and orders are worth, as the contract breaks it down. Reads what is stored; computes no new prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from oms.core.money import round_amount
from orders.models import OrderLine, ShippingLine
from orders.models import TaxLine as TaxLineModel

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


@dataclass(slots=True)
class Worth:
    """Of a line, or of many. original: before discounts. discount: net of tax, as it is stored."""

    subtotal: Decimal = ZERO
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    total: Decimal = ZERO
    original_tax: Decimal = ZERO

    @property
    def original_total(self) -> Decimal:
        return self.subtotal + self.original_tax

    @property
    def discount_tax(self) -> Decimal:
        return self.original_tax - self.tax


def worth(line: OrderLine | ShippingLine, taxes: Sequence[TaxLineModel], currency: str) -> Worth:
    """The tax before discounts is not stored: it follows from the rates, or is the tax itself where there was none."""
    original_tax = line.tax_total
    if line.discount_total and taxes:
        rate = sum((tax.rate for tax in taxes), ZERO)
        if rate:
            original_tax = round_amount(line.subtotal * rate / HUNDRED, currency)
    return Worth(line.subtotal, line.discount_total, line.tax_total, line.total, original_tax)


def add_up(parts: Iterable[Worth]) -> Worth:
    whole = Worth()
    for part in parts:
        whole.subtotal += part.subtotal
        whole.discount += part.discount
        whole.tax += part.tax
        whole.total += part.total
        whole.original_tax += part.original_tax
    return whole


def share(total: Decimal, units: int, quantity: int, currency: str) -> Decimal:
    """What `units` of `quantity` are worth of a line's total."""
    return total if units == quantity else round_amount(total * units / quantity, currency)

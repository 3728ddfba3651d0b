"""The only place where an order's money is computed: pure, for placements, imports and every later change alike.

Each line is rounded once, half-up, to the currency's exponent; totals are sums of rounded lines. A discount on the
order is shared over the lines of goods. `subtotal` and `discount` are net of tax and `total` is what the customer pays,
so `subtotal - discount + tax = total` for prices with and without tax. Where prices include tax the net is rounded and
the tax is the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from oms.core.errors import DomainError, FieldError
from oms.core.money import round_amount, split_amount
from orders.requests import DiscountRequest, LineRequest, OrderRequest, ShippingRequest, TaxRequest

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


class DiscountExceedsPrice(DomainError):
    code = "discount_exceeds_price"
    message = "A discount is larger than what it is taken off."


@dataclass(slots=True)
class Priced:
    """The money of one line. `discounts` and `taxes` are in the order of the request; discounts as the customer sees
    them (with tax where prices include it)."""

    subtotal: Decimal
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    total: Decimal = ZERO
    discounts: list[Decimal] = field(default_factory=list)
    taxes: list[Decimal] = field(default_factory=list)
    order_discounts: list[Decimal] = field(default_factory=list)


@dataclass(slots=True)
class Totals:
    """The money of an order, in `currency`. `total` = item_subtotal + shipping_subtotal - discount + tax + difference."""

    currency: str
    lines: list[Priced]
    shipping: list[Priced]
    item_subtotal: Decimal
    shipping_subtotal: Decimal
    discount: Decimal
    tax: Decimal
    difference: Decimal
    total: Decimal


def compute(request: OrderRequest) -> Totals:
    """The totals of a request. Raises DiscountExceedsPrice.

    Where the request states the source's total, the difference to our own sum is `difference`.
    """
    currency = request.currency
    lines = [_gross(line.unit_price, line.quantity, line, currency) for line in request.items]
    shipping = [_gross(method.amount, method.quantity, method, currency) for method in request.shipping_methods]
    if request.discounts:
        _share_order_discounts(request, lines, currency)
    for priced, line in zip(lines, request.items, strict=True):
        _tax(priced, line.tax_lines, request.prices_include_tax, currency)
    for priced, method in zip(shipping, request.shipping_methods, strict=True):
        _tax(priced, method.tax_lines, request.prices_include_tax, currency)
    return _sum(request, lines, shipping, currency)


def _gross(price: Decimal, quantity: int, part: LineRequest | ShippingRequest, currency: str) -> Priced:
    """Price times quantity and the part's own discounts, before tax is looked at."""
    priced = Priced(subtotal=round_amount(price * quantity, currency))
    if part.discounts:
        priced.discounts = [_discount(each, priced.subtotal, currency) for each in part.discounts]
        priced.discount = sum(priced.discounts, ZERO)
        _require_within(priced.discount, priced.subtotal, part)
    priced.total = priced.subtotal - priced.discount
    return priced


def _discount(discount: DiscountRequest, base: Decimal, currency: str) -> Decimal:
    amount = base * discount.percent / HUNDRED if discount.percent is not None else discount.amount
    return round_amount(amount or ZERO, currency)


def _share_order_discounts(request: OrderRequest, lines: Sequence[Priced], currency: str) -> None:
    """Order discounts are shared by what the lines of goods cost after their own discounts; fees take no part."""
    sharing = [priced for priced, line in zip(lines, request.items, strict=True) if line.kind != "fee"]
    base = sum((priced.total for priced in sharing), ZERO)
    amounts = [_discount(each, base, currency) for each in request.discounts]
    _require_within(sum(amounts, ZERO), base, request)
    weights = [priced.total for priced in sharing]
    for amount in amounts:
        for priced, share in zip(sharing, split_amount(amount, weights, currency) if sharing else [], strict=True):
            priced.order_discounts.append(share)
    for priced in sharing:
        share = sum(priced.order_discounts, ZERO)
        priced.discount += share
        priced.total -= share


def _require_within(discount: Decimal, base: Decimal, part: object) -> None:
    if discount > base:
        raise DiscountExceedsPrice(
            errors=[FieldError("/discounts", f"{discount} is taken off {base}.", DiscountExceedsPrice.code)]
        )


def _tax(priced: Priced, taxes: Sequence[TaxRequest], inclusive: bool, currency: str) -> None:
    """Add the taxes of a line to it, or take them out of it where its price includes them."""
    if not taxes:
        return
    payable = priced.total
    stated = [tax.amount for tax in taxes if tax.amount is not None]
    rate = sum((tax.rate for tax in taxes), ZERO)
    if len(stated) == len(taxes):
        priced.taxes = [round_amount(amount, currency) for amount in stated]
        priced.tax = sum(priced.taxes, ZERO)
    elif inclusive:
        priced.tax = payable - round_amount(payable * HUNDRED / (HUNDRED + rate), currency)
    else:
        priced.tax = round_amount(payable * rate / HUNDRED, currency)
    if not priced.taxes:
        priced.taxes = split_amount(priced.tax, [tax.rate for tax in taxes], currency)
    if not inclusive:
        priced.total = payable + priced.tax
        return
    net = payable - priced.tax
    if priced.discount:
        share = priced.tax / payable if payable else ZERO
        priced.subtotal = round_amount(priced.subtotal * (1 - share), currency)
    else:
        priced.subtotal = net
    priced.discount = priced.subtotal - net


def _sum(request: OrderRequest, lines: list[Priced], shipping: list[Priced], currency: str) -> Totals:
    everything = [*lines, *shipping]
    discount = sum([part.discount for part in everything], ZERO)
    tax = sum([part.tax for part in everything], ZERO)
    ours = sum([part.total for part in everything], ZERO)
    stated = ours if request.total is None else round_amount(request.total, currency)
    return Totals(
        currency=currency,
        lines=lines,
        shipping=shipping,
        item_subtotal=sum([part.subtotal for part in lines], ZERO),
        shipping_subtotal=sum([part.subtotal for part in shipping], ZERO),
        discount=discount,
        tax=tax,
        difference=stated - ours,
        total=stated,
    )

"""The only place where an order's money is computed: pure, for placements, imports and every later change alike.

Each line is rounded once, half-up, to the currency's exponent; totals are sums of rounded lines. A discount on the
order is shared over the lines of goods. `subtotal` and `discount` are net of tax and `total` is what the customer pays,
so `subtotal - discount + tax = total` for prices with and without tax. Where prices include tax the net is rounded and
the tax is the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError, FieldError
from oms.core.money import MAX_AMOUNT, round_amount, split_amount
from orders.requests import DiscountRequest, LineRequest, OrderRequest, ShippingRequest, TaxRequest

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


class DiscountExceedsPrice(DomainError):
    code = "discount_exceeds_price"
    message = _("A discount is larger than what it is taken off.")


class TaxExceedsPrice(DomainError):
    code = "tax_exceeds_price"
    message = _("A tax is larger than the price that includes it.")


class CreditExceedsTotal(DomainError):
    code = "credit_exceeds_total"
    message = _("The credit lines are larger than what the order is worth.")


class AmountTooLarge(DomainError):
    code = "amount_too_large"
    message = _("The amounts are larger than can be stored.")


class Priced(msgspec.Struct):
    """The money of one line. `discounts` and `taxes` are in the order of the request; discounts as the customer sees
    them (with tax where prices include it). A Struct, because an import makes one for each of a million lines."""

    subtotal: Decimal
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    total: Decimal = ZERO
    discounts: Sequence[Decimal] = ()
    taxes: Sequence[Decimal] = ()
    order_discounts: Sequence[Decimal] = ()


@dataclass(slots=True)
class Totals:
    """The money of an order, in `currency`.

    `total` = item_subtotal + shipping_subtotal - discount + tax + difference.
    """

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
    """The totals of a request.

    Raises DiscountExceedsPrice or TaxExceedsPrice with all such lines, CreditExceedsTotal, AmountTooLarge.

    Where the request states the source's total, the difference to our own sum is `difference`.
    """
    currency = request.currency
    lines = [_gross(line.unit_price, line.quantity, line, currency) for line in request.items]
    shipping = [_gross(method.amount, method.quantity, method, currency) for method in request.shipping_methods]
    parts: list[LineRequest | ShippingRequest] = [*request.items, *request.shipping_methods]
    if any(part.discounts for part in parts):
        _require_discounts_within(lines, shipping)
    if request.discounts:
        _share_order_discounts(request, lines, currency)
    if any(part.tax_lines for part in parts):
        for priced, part in zip([*lines, *shipping], parts, strict=True):
            _tax(priced, part.tax_lines, request.prices_include_tax, currency)
        if request.prices_include_tax:
            _require_taxes_within(lines, shipping)
    return _sum(request, lines, shipping, currency)


def _gross(price: Decimal, quantity: int, part: LineRequest | ShippingRequest, currency: str) -> Priced:
    """Price times quantity and the part's own discounts, before tax is looked at."""
    subtotal = round_amount(price * quantity, currency)
    priced = Priced(subtotal, ZERO, ZERO, subtotal)
    if part.discounts:
        priced.discounts = [_discount(each, priced.subtotal, currency) for each in part.discounts]
        priced.discount = sum(priced.discounts, ZERO)
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
    if sum(amounts, ZERO) > base:
        raise DiscountExceedsPrice(errors=[_exceeds("", sum(amounts, ZERO), base)])
    weights = [priced.total for priced in sharing]
    for amount in amounts:
        for priced, share in zip(sharing, split_amount(amount, weights, currency) if sharing else [], strict=True):
            priced.order_discounts = (*priced.order_discounts, share)
    for priced in sharing:
        share = sum(priced.order_discounts, ZERO)
        priced.discount += share
        priced.total -= share


def _require_discounts_within(lines: Sequence[Priced], shipping: Sequence[Priced]) -> None:
    errors = [
        _exceeds(place, priced.discount, priced.subtotal)
        for place, priced in _places(lines, shipping)
        if priced.discount > priced.subtotal
    ]
    if errors:
        raise DiscountExceedsPrice(errors=errors)


def _exceeds(place: str, discount: Decimal, base: Decimal) -> FieldError:
    pointer = f"{place}/discounts"
    return FieldError(pointer, f"{pointer}: {discount} is taken off {base}.", DiscountExceedsPrice.code)


def _require_taxes_within(lines: Sequence[Priced], shipping: Sequence[Priced]) -> None:
    errors = [
        FieldError(f"{place}/tax_lines", f"{place}: {priced.tax} is in {priced.total}.", TaxExceedsPrice.code)
        for place, priced in _places(lines, shipping)
        if priced.tax > priced.total
    ]
    if errors:
        raise TaxExceedsPrice(errors=errors)


def _places(lines: Sequence[Priced], shipping: Sequence[Priced]) -> Iterator[tuple[str, Priced]]:
    """Each line with the JSON pointer to where it stands in the request."""
    yield from ((f"/items/{index}", priced) for index, priced in enumerate(lines))
    yield from ((f"/shipping_methods/{index}", priced) for index, priced in enumerate(shipping))


def _tax(priced: Priced, taxes: Sequence[TaxRequest], inclusive: bool, currency: str) -> None:
    """Add the taxes of a line to it, or take them out of it where its price includes them.

    Taxes with an amount are kept as stated; the others are computed together from their rates and shared by them.
    """
    if not taxes:
        return
    payable = priced.total
    computed = [tax for tax in taxes if tax.amount is None]
    rate = sum((tax.rate for tax in computed), ZERO)
    stated = sum((round_amount(tax.amount, currency) for tax in taxes if tax.amount is not None), ZERO)
    if inclusive:
        rest = payable - stated
        own = rest - _net(rest, rate, currency)
    else:
        own = round_amount(payable * rate / HUNDRED, currency)
    shares = iter(split_amount(own, [tax.rate for tax in computed], currency) if computed and own >= ZERO else [])
    priced.taxes = [next(shares, ZERO) if tax.amount is None else round_amount(tax.amount, currency) for tax in taxes]
    priced.tax = stated + own
    if not inclusive:
        priced.total = payable + priced.tax
        return
    net = payable - priced.tax
    priced.subtotal = _net_subtotal(priced, payable, net, None if stated else rate, currency)
    priced.discount = priced.subtotal - net


def _net(gross: Decimal, rate: Decimal, currency: str) -> Decimal:
    return round_amount(gross * HUNDRED / (HUNDRED + rate), currency)


def _net_subtotal(priced: Priced, payable: Decimal, net: Decimal, rate: Decimal | None, currency: str) -> Decimal:
    """What the line costs net before its discounts: by the rate, or in the proportion of the stated taxes."""
    if not priced.discount:
        return net
    if rate is not None:
        return _net(priced.subtotal, rate, currency)
    return round_amount(priced.subtotal * net / payable, currency) if payable else priced.subtotal


def _sum(request: OrderRequest, lines: list[Priced], shipping: list[Priced], currency: str) -> Totals:
    everything = [*lines, *shipping]
    discount = sum([part.discount for part in everything], ZERO)
    tax = sum([part.tax for part in everything], ZERO)
    ours = sum([part.total for part in everything], ZERO)
    stated = ours if request.total is None else round_amount(request.total, currency)
    if ours + discount >= MAX_AMOUNT:
        raise AmountTooLarge(errors=[FieldError("/items", str(AmountTooLarge.message), AmountTooLarge.code)])
    credit = sum([round_amount(each.amount, currency) for each in request.credit_lines], ZERO)
    if credit > stated:
        message = f"/credit_lines: {credit} is given back of {stated}."
        raise CreditExceedsTotal(errors=[FieldError("/credit_lines", message, CreditExceedsTotal.code)])
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

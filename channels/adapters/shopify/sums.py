"""How the sums of a Shopify order fit together: pure arithmetic.

The file says neither whether prices include tax, nor where a discount was taken off: an amount stands beside the order
and amounts beside its lines, which may be the same money; and one for free shipping looks like any other. The sums of
the order itself tell: Subtotal is after discounts, Total is what was charged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from oms.core.money import quantum, split_amount

ZERO: Final = Decimal(0)
_HUNDRED: Final = Decimal(100)
_RATE: Final = re.compile(r"(\d{1,2}(?:[.,]\d{1,4})?) ?%")


class Undecidable(Exception):
    """Total fits neither with Taxes nor without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the file says. goods, own: what each line costs, and its own discount; tips: which lines are tips."""

    currency: str
    goods: Sequence[Decimal]
    own: Sequence[Decimal]
    tips: Sequence[bool]
    discount: Decimal
    subtotal: Decimal
    shipping: Decimal
    duties: Decimal
    taxes: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Reading:
    """What follows from it.

    inclusive: prices include tax. own_counts: the lines' own discounts are taken off their prices, not in them
    already. of_goods, of_shipping: what is taken off by the order's discount. shipping_before: Shipping is what it
    cost before that. fits: whether Subtotal came out.
    """

    inclusive: bool
    own_counts: bool
    of_goods: Decimal
    of_shipping: Decimal
    shipping_before: bool
    fits: bool


@dataclass(frozen=True, slots=True)
class _Discount:
    own_counts: bool
    of_goods: Decimal
    of_shipping: Decimal
    beside: Decimal  # tips that are not in Subtotal
    fits: bool


def read(stated: Stated) -> Reading:
    """The first reading under which the sums come out. Raises Undecidable."""
    readings = list(_discounts(stated))
    for discount in readings:
        for before in (False, True) if ZERO < discount.of_shipping <= stated.shipping else (False,):
            for inclusive in (False, True) if stated.taxes else (False,):
                if _total(stated, discount, inclusive=inclusive, before=before) == stated.total:
                    return _reading(discount, inclusive=inclusive, before=before)
    if not stated.taxes:
        return _reading(readings[0], inclusive=False, before=False)
    return _nearest(stated, readings[0])


def _reading(discount: _Discount, *, inclusive: bool, before: bool) -> Reading:
    return Reading(
        inclusive=inclusive,
        own_counts=discount.own_counts,
        of_goods=discount.of_goods,
        of_shipping=discount.of_shipping,
        shipping_before=before,
        fits=discount.fits,
    )


def _discounts(stated: Stated) -> Iterator[_Discount]:
    """Where the discounts may have been taken off, those that explain Subtotal first."""
    tips = sum([amount for amount, tip in zip(stated.goods, stated.tips, strict=True) if tip], ZERO)
    everything, own, discount = sum(stated.goods, ZERO), sum(stated.own, ZERO), stated.discount
    for beside in (ZERO, tips) if tips else (ZERO,):
        taken = everything - beside - stated.subtotal
        if taken == own + discount:
            yield _Discount(True, discount, ZERO, beside, True)
        elif taken == discount:
            within = discount >= own
            yield _Discount(within, discount - own if within else discount, ZERO, beside, True)
        elif ZERO <= taken - own < discount:
            yield _Discount(True, taken - own, discount - (taken - own), beside, True)
    of_goods = min(discount, everything - own - tips)
    for beside in (ZERO, tips) if tips else (ZERO,):
        yield _Discount(True, max(of_goods, ZERO), ZERO, beside, False)


def _total(stated: Stated, discount: _Discount, *, inclusive: bool, before: bool) -> Decimal:
    total = stated.subtotal + stated.shipping + stated.duties + discount.beside
    return total - (discount.of_shipping if before else ZERO) + (ZERO if inclusive else stated.taxes)


def _nearest(stated: Stated, discount: _Discount) -> Reading:
    """Sums of rounded lines may be off by the smallest unit for each line, and a total paid in cash is rounded again.
    As long as that is small beside Taxes, the nearer one is meant."""
    slack = max(quantum(stated.currency) * len(stated.goods), stated.taxes / 10)
    off = {
        inclusive: abs(_total(stated, discount, inclusive=inclusive, before=False) - stated.total)
        for inclusive in (False, True)
    }
    nearer = off[True] < off[False]
    if off[nearer] > slack or off[not nearer] <= slack:
        raise Undecidable
    return _reading(discount, inclusive=nearer, before=False)


@lru_cache(maxsize=1024)
def rate_of(name: str) -> Decimal | None:
    """The per cent that stand in a tax's name: "VAT 20%", "MwSt. 19 %"."""
    found = _RATE.search(name)
    return Decimal(found[1].replace(",", ".")) if found else None


def spread_tax(
    value: Decimal,
    rate: Decimal | None,
    lines: Sequence[Decimal],
    shipping: Decimal,
    reading: Reading,
    currency: str,
) -> list[Decimal]:
    """What each line bears of a tax, and shipping as the last.

    lines: what the taxable ones cost after discounts, 0 for the others. Shipping bears its part where the rate says so.
    """
    goods = sum(lines, ZERO)
    weights = [*lines, ZERO]
    if shipping and (not goods or (rate and _nearer_with_shipping(value, rate, goods, shipping, reading))):
        weights[-1] = shipping
    if not any(weights):
        return [value] + [ZERO] * len(lines)
    if sum(map(bool, weights)) == 1:
        return [value if weight else ZERO for weight in weights]
    return split_amount(value, weights, currency)


def _nearer_with_shipping(value: Decimal, rate: Decimal, goods: Decimal, shipping: Decimal, reading: Reading) -> bool:
    share = rate / (_HUNDRED + rate) if reading.inclusive else rate / _HUNDRED
    return abs((goods + shipping) * share - value) < abs(goods * share - value)

"""Amounts as most providers write them: whole numbers of a currency's minor units, by ISO 4217."""

from __future__ import annotations

from decimal import Decimal

from oms.core.money import Money, exponent


def to_minor(money: Money) -> int:
    """USD 10.50 is 1050, JPY 500 is 500, KWD 1.234 is 1234. Raises ValueError for a fraction of a minor unit."""
    units = money.amount.scaleb(exponent(money.currency))
    if units != units.to_integral_value():
        raise ValueError(f"{money.amount} {money.currency} is no whole number of minor units")
    return int(units)


def from_minor(units: int, currency: str) -> Money:
    """Raises UnknownCurrency, and ValueError for what is no whole number."""
    if not isinstance(units, int) or isinstance(units, bool):
        raise ValueError(f"{units!r} is no whole number of minor units")
    return Money(Decimal(units).scaleb(-exponent(currency)), currency)

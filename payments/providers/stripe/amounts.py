"""Amounts as Stripe writes them: whole minor units, by rules of its own that are not ISO 4217's.

Source: https://docs.stripe.com/currencies, "Minor units in API amounts", "Three-decimal currencies" and "Special
cases"; https://support.stripe.com/questions/deprecation-of-fractional-isk-charges-and-refunds. In short:

- without decimals: those of _WHOLE; the Malagasy ariary too, of which ISO has hundredths;
- three decimals, of which the last has to be 0: those of _THOUSANDTHS;
- ISK and UGX have no decimals any more but are written with two, which have to be 00. (UGX is in Stripe's list of
  currencies without decimals as well; the special case is about charges, and counts.);
- two decimals: all others. HUF and TWD are whole in payouts alone, which are none of our business.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from oms.core.money import Money, exponent
from payments.providers.base import ProviderRejected

_WHOLE: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THOUSANDTHS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_WRITTEN_WITH_00: Final = frozenset({"ISK", "UGX"})


def minor_units(money: Money) -> int:
    """As Stripe wants it: 12.34 USD is 1234. Raises ProviderRejected for what it cannot take; nothing is rounded."""
    currency = money.currency
    if exponent(currency) != 2 and currency not in _WHOLE | _THOUSANDTHS | _WRITTEN_WITH_00:
        raise ProviderRejected(f"Stripe takes no {currency}.", code="currency_not_supported")
    units = money.amount.scaleb(_digits(currency))
    step = _step(currency)
    if units % step:
        least = Decimal(step).scaleb(-_digits(currency))
        raise ProviderRejected(
            f"Stripe takes {currency} in steps of {least}: {money.amount} cannot be moved.", code="amount_not_supported"
        )
    return int(units)


def money_of(units: int, currency: str) -> Money:
    """As we write it. currency: as Stripe writes it, in lower case."""
    code = currency.upper()
    return Money(Decimal(units).scaleb(-_digits(code)), code)


def _digits(currency: str) -> int:
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def _step(currency: str) -> int:
    return 100 if currency in _WRITTEN_WITH_00 else 10 if currency in _THOUSANDTHS else 1

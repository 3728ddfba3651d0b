"""Money: an exact amount of one currency, in major units.

Rounded half-up to the currency's ISO 4217 exponent, once; splits give every minor unit to somebody, so the parts sum
to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from math import lcm
from typing import Final, Self

from babel import Locale
from babel.numbers import NumberPattern
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError

# ISO 4217:2015, list one, the currencies whose minor unit is not 1/100 (amendment 176). Babel's own digits are CLDR's,
# which follow cash practice (it gives the Iraqi dinar none), so they are not used for rounding.
_EXPONENTS: Final = {
    code: digits
    for digits, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}
MAX_AMOUNT: Final = Decimal("1e15")  # numeric(20,4) holds sixteen digits before the point


class UnknownCurrency(DomainError):
    code = "unknown_currency"
    message = _("%(currency)s is not an ISO 4217 currency code.")


class CurrencyMismatch(DomainError):
    code = "currency_mismatch"
    message = _("%(left)s and %(right)s cannot be added or compared.")


@cache
def _known_currencies() -> frozenset[str]:
    return frozenset(Locale("en").currencies)


@cache
def exponent(currency: str) -> int:
    """Digits after the point: USD 2, JPY 0, KWD 3. Raises UnknownCurrency."""
    if currency not in _known_currencies():
        raise UnknownCurrency(currency=currency[:20])
    return _EXPONENTS.get(currency, 2)


@cache
def quantum(currency: str) -> Decimal:
    """The smallest amount of a currency: USD 0.01, JPY 1."""
    return Decimal(1).scaleb(-exponent(currency))


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Half-up (away from zero) to the currency's exponent."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def split_amount(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Share `total` by `weights` with the largest remainder method, ties to the earlier part.

    The parts sum to the total exactly, and each is within one minor unit of its exact share. Weights that are all zero
    share evenly. `total` may be negative. It is counted in minor units and whole numbers, since the fractions of two
    shares that tie may differ in their last decimal. Raises ValueError for a total that is not rounded, for no weights
    and for a negative one.
    """
    if not weights or min(weights) < 0:
        raise ValueError(f"cannot share by {weights}")
    unit = quantum(currency)
    units = int(total / unit)
    if units * unit != total:
        raise ValueError(f"{total} is not a whole number of {unit} {currency}")
    shares = _whole_numbers(weights)
    if not any(shares):
        shares = [1] * len(shares)
    whole = sum(shares)
    parts, remainders = [], []
    for share in shares:
        part, remainder = divmod(abs(units) * share, whole)
        parts.append(part)
        remainders.append(remainder)
    missing = abs(units) - sum(parts)
    for index in sorted(range(len(parts)), key=lambda index: -remainders[index])[:missing]:
        parts[index] += 1
    sign = -1 if units < 0 else 1
    return [part * sign * unit for part in parts]


def _whole_numbers(weights: Sequence[Decimal]) -> list[int]:
    """Whole numbers in the same proportion."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = lcm(*(below for _, below in ratios))
    return [above * (common // below) for above, below in ratios]


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in major units of `currency` (ISO 4217, upper case). Arithmetic stays within one currency."""

    amount: Decimal
    currency: str

    def rounded(self) -> Self:
        return type(self)(round_amount(self.amount, self.currency), self.currency)

    def split(self, weights: Sequence[Decimal]) -> list[Self]:
        """Shares that sum to the whole; see `split_amount`."""
        return [type(self)(part, self.currency) for part in split_amount(self.amount, weights, self.currency)]

    def __add__(self, other: Self) -> Self:
        self._require_same(other)
        return type(self)(self.amount + other.amount, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._require_same(other)
        return type(self)(self.amount - other.amount, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.amount, self.currency)

    def __lt__(self, other: Self) -> bool:
        self._require_same(other)
        return self.amount < other.amount

    def __le__(self, other: Self) -> bool:
        self._require_same(other)
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        """As people of the active language write it: `£1,234.50`."""
        rounded = round_amount(self.amount, self.currency)
        locale, pattern = _pattern(get_language() or "en", exponent(self.currency))
        return str(pattern.apply(rounded, locale, currency=self.currency, currency_digits=False))

    def _require_same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)


@cache
def _pattern(language: str, digits: int) -> tuple[Locale, NumberPattern]:
    """How a language writes an amount, with as many digits as the currency has: the pattern itself always has two."""
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (ValueError, LookupError):
        locale = Locale("en")
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return locale, pattern

"""Money: an exact amount of one currency, in major units.

Rounded half-up to the currency's ISO 4217 exponent, once; splits give every minor unit to somebody, so the parts sum
to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from typing import Final, Self

from babel import Locale
from babel.numbers import format_currency
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError

# ISO 4217:2015, list one, the currencies whose minor unit is not 1/100 (amendment 176). Babel's own digits are CLDR's,
# which follow cash practice (it gives the Iraqi dinar none), so they are not used for rounding.
_EXPONENTS: Final = (
    dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0)
    | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)
    | dict.fromkeys("CLF UYW".split(), 4)
)
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

    The parts sum to the total exactly. Weights that sum to zero share evenly. `total` may be negative.
    """
    if not weights:
        raise ValueError("there is nobody to share with")
    unit = quantum(currency)
    whole = sum(weights)
    if not whole:
        weights, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
    exact = [total * weight / whole for weight in weights]
    parts = [share.quantize(unit, rounding=ROUND_DOWN) for share in exact]
    missing = int((total - sum(parts)) / unit)
    step = unit.copy_sign(Decimal(missing))
    by_remainder = sorted(range(len(parts)), key=lambda index: -abs(exact[index] - parts[index]))
    for index in by_remainder[: abs(missing)]:
        parts[index] += step
    return parts


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
        try:
            locale = Locale.parse((get_language() or "en").replace("-", "_"))
        except (ValueError, LookupError):
            locale = Locale("en")
        rounded = round_amount(self.amount, self.currency)
        return format_currency(rounded, self.currency, locale=locale, currency_digits=False, decimal_quantization=False)

    def _require_same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)

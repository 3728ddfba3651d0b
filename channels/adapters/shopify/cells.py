"""Cells of a Shopify export as values: text, amounts, times, numbers. What cannot be read is refused, never guessed."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from channels.adapters.base import Rejected
from channels.adapters.shopify.columns import Row
from oms.core.money import quantum

ZERO: Final = Decimal(0)
_AMOUNT: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_WHOLE: Final = re.compile(r"(\d{1,7})(?:\.0+)?", re.ASCII)
_ID: Final = re.compile(r"(?:gid://shopify/Order/)?(\d{1,20})(?:\.0)?", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})? ?(Z|UTC|[+-]\d\d:?\d\d)?", re.ASCII
)
_YES: Final = frozenset({"true", "yes", "1"})


@lru_cache(maxsize=4096)
def amount_of(text: str) -> Decimal | None:
    text = text.strip()
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


@lru_cache(maxsize=4096)
def _is_exact(amount: Decimal, currency: str) -> bool:
    return not amount % quantum(currency)


@lru_cache(maxsize=1024)
def whole_of(text: str) -> int | None:
    found = _WHOLE.fullmatch(text.strip())
    return int(found[1]) if found else None


def id_of(text: str) -> str | None:
    """The number of an order. None where it is none any more: 5.55E+12 is what a spreadsheet made of it."""
    found = _ID.fullmatch(text.strip().removeprefix("'"))
    return found[1] if found else None


@lru_cache(maxsize=1024)
def time_of(text: str) -> datetime | None:
    """`2025-05-11 09:55:16 -0400`, as the shop writes it. Without the offset there is no zone in what is returned."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    zone = (found[3] or "").replace("UTC", "Z")
    try:
        when = datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}")
    except ValueError:
        return None
    return when if 1900 <= when.year < 9999 else None


def is_yes(text: str) -> bool:
    return text.strip().lower() in _YES


def unquoted(text: str) -> str:
    """A zip or phone number without the apostrophe that keeps a spreadsheet from counting with it."""
    return text.strip().removeprefix("'")


class Cells:
    """The fields of a row, by name. line: where it stands. Every reading raises Rejected naming line and field."""

    __slots__ = ("currency", "line", "row")

    def __init__(self, row: Row, line: int, currency: str = "") -> None:
        self.row = row
        self.line = line
        self.currency = currency

    def refuse(self, field: str, reason: str) -> Rejected:
        return Rejected(reason, line=self.line, column=field)

    def text(self, field: str, longest: int) -> str:
        text: str = getattr(self.row, field)
        if not text:
            return ""
        text = text.strip()
        if len(text) > longest:
            raise self.refuse(field, f"This is longer than {longest} characters.")
        return text

    def signed(self, field: str) -> Decimal:
        """At most six decimals; empty is 0."""
        text: str = getattr(self.row, field)
        if not text:
            return ZERO
        amount = ZERO if text.isspace() else amount_of(text)
        if amount is None:
            reason = f"{text[:40]!r} is not an amount such as 1234.50: digits and a point, no signs, no separators."
            raise self.refuse(field, reason)
        return amount

    def price(self, field: str) -> Decimal:
        amount = self.signed(field)
        if amount < ZERO:
            raise self.refuse(field, f"An amount of {amount} is not possible.")
        return amount

    def amount(self, field: str) -> Decimal:
        """In as many decimals as the currency has."""
        amount = self.price(field)
        if amount and not _is_exact(amount, self.currency):
            raise self.refuse(field, f"{amount} has more decimals than {self.currency}.")
        return amount

    def has(self, field: str) -> bool:
        return bool(getattr(self.row, field).strip())

    def time(self, field: str, zone: ZoneInfo) -> datetime | None:
        """None where it is empty. A time without an offset is one of the channel's zone."""
        text: str = getattr(self.row, field).strip()
        if not text:
            return None
        when = time_of(text)
        if when is None:
            raise self.refuse(field, f"{text[:40]!r} is not a time such as 2025-05-11 09:55:16 -0400.")
        return when if when.tzinfo else when.replace(tzinfo=zone)

"""What a refund comes to: of units, of shipping, and of which payments. Pure, for the preview and the act alike.

What a line is worth is what the customer paid for it, discounts taken off and taxes included. Units are worth the
difference of what is given back after them and before them, so that they sum to the line in whatever steps they go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from oms.core.money import round_amount

ZERO: Final = Decimal(0)
# Money that only buys here goes back first, so that nobody turns a gift card into cash. Then what was paid first.
_FIRST: Final = ("gift_card", "store_credit")


@dataclass(frozen=True, slots=True)
class Sold:
    """A line, or a shipping line. credited: its units that were wholly given back; loose: money beyond these."""

    id: UUID
    quantity: int
    total: Decimal
    credited: int = 0
    loose: Decimal = ZERO

    @property
    def left(self) -> int:
        return max(self.quantity - self.credited, 0)


@dataclass(frozen=True, slots=True)
class Share:
    """So many units of something, and what they come to."""

    id: UUID
    units: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Tender:
    """A payment that can be given back to. left: what of it; whole: all of it or nothing, says its provider."""

    id: UUID
    provider: str
    left: Decimal
    whole: bool = False


def worth(line: Sold, units: int, currency: str) -> Decimal:
    """What the next `units` come to that were not given back yet. The caller knows that there are so many."""
    upto = line.credited + units
    return max(_share(line, upto, currency) - _share(line, line.credited, currency) - line.loose, ZERO)


def left_of(line: Sold, currency: str) -> Decimal:
    """What can still be given back of it."""
    return worth(line, line.left, currency)


def _share(line: Sold, units: int, currency: str) -> Decimal:
    return line.total if units >= line.quantity else round_amount(line.total * units / line.quantity, currency)


def of_shipping(lines: Sequence[Sold], amount: Decimal, currency: str) -> list[Share]:
    """An amount of shipping, of the first line first. The caller knows that there is so much left."""
    shares = []
    for line in lines:
        taken = min(amount, left_of(line, currency))
        if taken > 0:
            whole = taken == left_of(line, currency)
            shares.append(Share(line.id, line.left if whole else 0, taken))
            amount -= taken
    return shares


def in_order(tenders: Sequence[Tender]) -> list[Tender]:
    """In the order in which they are given back to: gift cards, store credit, then what was paid first."""
    rank = {code: place for place, code in enumerate(_FIRST)}
    return sorted(tenders, key=lambda tender: rank.get(tender.provider, len(rank)))


def allot(tenders: Sequence[Tender], amount: Decimal) -> list[tuple[Tender, Decimal]]:
    """Who gives back how much, one after the other; less than the amount where they have not so much."""
    shares = []
    for tender in tenders:
        taken = min(amount, tender.left)
        if taken > 0 and not (tender.whole and taken < tender.left):
            shares.append((tender, taken))
            amount -= taken
    return shares


def portion(parts: Sequence[Share], amounts: Sequence[Decimal]) -> list[list[Share]]:
    """The parts of a refund, shared by its payments: each is filled in turn, and a part may be cut in two.

    Every share of a part bears all its units; what comes to nothing goes with the first payment.
    """
    portions: list[list[Share]] = [[] for _ in amounts]
    rest = list(amounts)
    index = 0
    for part in parts:
        left = part.amount
        if not left:
            portions[0].append(part)
        while left:
            while not rest[index]:
                index += 1
            taken = min(left, rest[index])
            portions[index].append(Share(part.id, part.units, taken))
            rest[index] -= taken
            left -= taken
    return portions

"""Sourcing where kits are asked for. A kit comes whole from one location, or nobody could pack it there.

A strategy knows things and how many of each a location has. It is asked for kits as for any other thing; what a
location has of a kit is what its components there suffice for. Where it answers with more than there is, because
things share components, it is asked again with figures of which no answer is too much, and where those leave something
short, for one thing after the other, each from what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, permutations
from typing import Final
from uuid import UUID

from inventory.sourcing.base import Candidate, Decision, Strategy, Verdict

Available = Mapping[tuple[UUID, UUID], int]  # units by (item, location)
MOST_ORDERS: Final = 6  # in which kits that share components are tried: every one of three kits


@dataclass(frozen=True, slots=True)
class Ask:
    """Units of a thing that is sold. `parts`: units by item in one of it; an item that is no kit is its own part."""

    key: UUID
    units: int
    parts: Mapping[UUID, int]

    @property
    def is_kit(self) -> bool:
        return self.parts.keys() != {self.key}

    def whole_at(self, location_id: UUID, available: Available) -> int:
        """How many of it the goods at a location suffice for."""
        return min(max(0, available.get((item, location_id), 0)) // units for item, units in self.parts.items())


def decide(strategy: Strategy, asks: Sequence[Ask], places: Sequence[Candidate], available: Available) -> Decision:
    """Where the asked things come from, by their keys. `places` in order of preference; what they have is filled in.

    Of the orders in which kits that share components can be served, the first that leaves the least short.
    """
    wanted = {ask.key: ask.units for ask in asks}
    decision = strategy(wanted, [_with(place, asks, available) for place in places])
    if not any(ask.is_kit for ask in asks) or _is_possible(decision, asks, available):
        return decision
    kits, plain = [ask for ask in asks if ask.is_kit], [ask for ask in asks if not ask.is_kit]
    orders = [[*order, *plain] for order in islice(permutations(kits), MOST_ORDERS)]
    best = decision
    for attempt in (_side_by_side, _in_turn):
        for number, order in enumerate(orders):
            tried = attempt(strategy, order, places, available)
            if not tried.short:
                return tried
            if not number or sum(tried.short.values()) < sum(best.short.values()):
                best = tried
    return best


def take(ask: Ask, units: int, location_id: UUID, left: dict[tuple[UUID, UUID], int]) -> None:
    """Take what so many of it consist of from what is left at a location."""
    for item, each in ask.parts.items():
        left[item, location_id] = left.get((item, location_id), 0) - units * each


def _with(place: Candidate, asks: Sequence[Ask], available: Available) -> Candidate:
    return replace(place, available={ask.key: ask.whole_at(place.location_id, available) for ask in asks})


def _is_possible(decision: Decision, asks: Sequence[Ask], available: Available) -> bool:
    """Whether what things share suffices for all of them."""
    taken, by_key = dict[tuple[UUID, UUID], int](), {ask.key: ask for ask in asks}
    for (key, location_id), units in decision.taken.items():
        take(by_key[key], units, location_id, taken)
    return all(-units <= available.get(pair, 0) for pair, units in taken.items())


def _side_by_side(
    strategy: Strategy, asks: Sequence[Ask], places: Sequence[Candidate], available: Available
) -> Decision:
    """All at once, every location with what it has of the later ones beside the earlier ones: always possible."""
    beside = []
    for place in places:
        left = _left(asks, [place], available)
        there: dict[UUID, int] = {}
        for ask in asks:
            there[ask.key] = min(ask.units, ask.whole_at(place.location_id, left))
            take(ask, there[ask.key], place.location_id, left)
        beside.append(replace(place, available=there))
    return strategy({ask.key: ask.units for ask in asks}, beside)


def _left(asks: Sequence[Ask], places: Sequence[Candidate], available: Available) -> dict[tuple[UUID, UUID], int]:
    pairs = {(item, place.location_id) for ask in asks for item in ask.parts for place in places}
    return {pair: available.get(pair, 0) for pair in pairs}


def _in_turn(strategy: Strategy, asks: Sequence[Ask], places: Sequence[Candidate], available: Available) -> Decision:
    """One after the other, at the locations that ship already where that is possible."""
    left, merged = _left(asks, places, available), Decision(strategy="")
    shipping: set[UUID] = set()
    for ask in asks:
        nearest = sorted(places, key=lambda place: place.location_id not in shipping)
        part = strategy({ask.key: ask.units}, [_with(place, [ask], left) for place in nearest])
        for (key, location_id), units in part.taken.items():
            take(ask, units, location_id, left)
            merged.taken[key, location_id] = units
            shipping.add(location_id)
        merged.short |= part.short
        merged.strategy = part.strategy
    merged.verdicts = [_verdict(_with(place, asks, available), asks, merged) for place in places]
    return merged


def _verdict(place: Candidate, asks: Sequence[Ask], decision: Decision) -> Verdict:
    """Judged as the strategies do, by what was there before the first was served."""
    usable = {ask.key: min(ask.units, place.available[ask.key]) for ask in asks}
    covered = sum(usable[ask.key] >= ask.units for ask in asks)
    taken = sum(units for (_, location_id), units in decision.taken.items() if location_id == place.location_id)
    if taken:
        reason = "has_everything" if decision.parcels == 1 else "completes_the_set"
    elif not any(usable.values()):
        reason = "has_nothing"
    else:
        reason = "lower_priority" if covered == len(asks) else "would_need_more_parcels"
    return Verdict(place, sum(usable.values()), covered, bool(taken), reason, taken)

"""Fewest parcels, then priority: the smallest set of locations that has everything; among equal ones the first.

Up to EXACT locations every set is tried, smallest first, so the answer is the best one. With more, the location that
adds most units is taken again and again, which is near it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final
from uuid import UUID

from inventory.sourcing.base import Candidate, Decision, Verdict

NAME: Final = "fewest_parcels"
EXACT: Final = 10


def fewest_parcels(wanted: Mapping[UUID, int], candidates: Sequence[Candidate]) -> Decision:
    """Choose, share out by priority, and say of each candidate why it ships or not.

    What no location has is `short`; the rest is chosen as if only what is there had been asked for.
    """
    coverable = {item: min(units, _units(candidates, item)) for item, units in wanted.items()}
    useful = [candidate for candidate in candidates if any(_usable(candidate, coverable).values())]
    chosen = _smallest_cover(coverable, useful) if len(useful) <= EXACT else _greedy_cover(coverable, useful)
    decision = Decision(
        strategy=NAME,
        short={item: units - coverable[item] for item, units in wanted.items() if units > coverable[item]},
    )
    left = dict(coverable)
    for candidate in chosen:
        for item, units in _usable(candidate, left).items():
            if units:
                decision.taken[item, candidate.location_id] = units
                left[item] -= units
    decision.verdicts = [_verdict(candidate, wanted, chosen, decision) for candidate in candidates]
    return decision


def _units(candidates: Sequence[Candidate], item: UUID) -> int:
    return sum(max(0, candidate.available.get(item, 0)) for candidate in candidates)


def _usable(candidate: Candidate, wanted: Mapping[UUID, int]) -> dict[UUID, int]:
    return {item: max(0, min(units, candidate.available.get(item, 0))) for item, units in wanted.items()}


def _covers(chosen: Sequence[Candidate], wanted: Mapping[UUID, int]) -> bool:
    return all(_units(chosen, item) >= units for item, units in wanted.items())


def _smallest_cover(wanted: Mapping[UUID, int], candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """`combinations` keeps the order of preference, so the first set that covers is the preferred one of its size."""
    for size in range(len(candidates) + 1):
        for chosen in combinations(candidates, size):
            if _covers(chosen, wanted):
                return chosen
    return candidates


def _greedy_cover(wanted: Mapping[UUID, int], candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    left, chosen, remaining = dict(wanted), [], list(candidates)
    while any(left.values()) and remaining:
        best = max(remaining, key=lambda candidate: sum(_usable(candidate, left).values()))
        remaining.remove(best)
        chosen.append(best)
        for item, units in _usable(best, left).items():
            left[item] -= units
    return [candidate for candidate in candidates if candidate in chosen]


def _adds_a_parcel(candidate: Candidate, chosen: Sequence[Candidate], decision: Decision) -> bool:
    """Whether the order would need more parcels with this candidate in the place of any one of the chosen."""
    asked: dict[UUID, int] = {}
    for (item, _), units in decision.taken.items():
        asked[item] = asked.get(item, 0) + units
    return not any(
        _covers([candidate, *(other for other in chosen if other is not replaced)], asked) for replaced in chosen
    )


def _verdict(
    candidate: Candidate, wanted: Mapping[UUID, int], chosen: Sequence[Candidate], decision: Decision
) -> Verdict:
    usable = _usable(candidate, wanted)
    units = sum(usable.values())
    taken = sum(taken for (_, location), taken in decision.taken.items() if location == candidate.location_id)
    covered = sum(1 for item, amount in usable.items() if amount >= wanted[item])
    if taken:
        reason = "has_everything" if covered == len(wanted) else "completes_the_set"
    elif not units:
        reason = "has_nothing"
    elif covered == len(wanted) or not _adds_a_parcel(candidate, chosen, decision):
        reason = "lower_priority"
    else:
        reason = "would_need_more_parcels"
    return Verdict(candidate, units, covered, bool(taken), reason, taken)

"""What a sourcing strategy gets and gives. It touches no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location that may ship, and what of each wanted item it has available."""

    location_id: UUID
    code: str
    name: str
    priority: int
    available: Mapping[UUID, int]


@dataclass(slots=True)
class Verdict:
    """One candidate as it was judged: the numbers, whether it ships, and why (a stable word)."""

    candidate: Candidate
    units_available: int
    items_covered: int
    chosen: bool
    reason: str
    units_taken: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "location_id": str(self.candidate.location_id),
            "code": self.candidate.code,
            "name": self.candidate.name,
            "priority": self.candidate.priority,
            "units_available": self.units_available,
            "items_covered": self.items_covered,
            "units_taken": self.units_taken,
            "chosen": self.chosen,
            "reason": self.reason,
        }


@dataclass(slots=True)
class Decision:
    """`taken`: units by (item, location). `short`: units of an item that no chosen location has."""

    strategy: str
    taken: dict[tuple[UUID, UUID], int] = field(default_factory=dict)
    short: dict[UUID, int] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def parcels(self) -> int:
        return len({location for _, location in self.taken})


class Strategy(Protocol):
    """Choose locations for `wanted` (units by item) among `candidates`, which come in order of preference."""

    def __call__(self, wanted: Mapping[UUID, int], candidates: Sequence[Candidate]) -> Decision: ...

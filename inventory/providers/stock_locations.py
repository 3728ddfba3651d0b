"""The stock locations, as everybody outside of `inventory` knows them: ids with a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Location:
    """is_active: orders are sent there."""

    id: UUID
    code: str
    name: str
    is_active: bool


class StockLocations(Protocol):
    """Who knows the places that goods are shipped from. A class that is made without arguments, once in each process.

    It reads through the caller's connection, and calls nobody over a network: it is asked while an order is packed.
    """

    def all(self) -> Sequence[Location]:
        """Every location, also those that are switched off, the preferred ones first; in one query."""
        ...

    def names(self, location_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """The names of these locations by id, in one query. What does not exist is missing from the answer."""
        ...

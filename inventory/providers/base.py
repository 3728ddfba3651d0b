"""What must be known of stock outside of `inventory`, and be done with it: the interface, and what it speaks of.

Goods (`inventory.services.goods`) are the same whoever keeps the quantities: a sku belongs to an inventory item.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import QuerySet

from oms.core.actors import Actor
from oms.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Component:
    """So many units of an item in one unit of a kit. `allow_backorder`: the item's, as it is now."""

    item_id: UUID
    sku: str
    quantity: int
    allow_backorder: bool = False


@dataclass(frozen=True, slots=True)
class LineDemand:
    """Units of a thing that one line of an order wants. `pointer` is where the line stands in the request.

    components: what a kit consists of; stock is held of them, and whether it may wait is theirs to say. forced: it is
    taken whether anything of it may wait or not.
    """

    line_id: UUID
    item_id: UUID
    sku: str
    quantity: int
    allow_backorder: bool
    pointer: str = ""
    components: tuple[Component, ...] = ()
    forced: bool = False

    @property
    def parts(self) -> tuple[Component, ...]:
        parts = self.components or (Component(self.item_id, self.sku, 1, self.allow_backorder),)
        return tuple([replace(part, allow_backorder=True) for part in parts]) if self.forced else parts


@dataclass(frozen=True, slots=True)
class OrderDemand:
    order_id: UUID
    lines: Sequence[LineDemand]


@dataclass(frozen=True, slots=True)
class TakenLine:
    """Units of an order line that move. `pointer`: where the line stands in the request.

    components: what one unit of a kit consists of; they are what moves then.
    """

    line_id: UUID
    item_id: UUID
    sku: str
    quantity: int
    pointer: str = ""
    components: tuple[Component, ...] = ()

    @property
    def parts(self) -> tuple[Component, ...]:
        return self.components or (Component(self.item_id, self.sku, 1),)


@dataclass(frozen=True, slots=True)
class Held:
    """What an order holds of an item: `quantity` on the shelf, `backordered` waits for goods.

    No line: of the order as a whole. No location: stock is not kept by place.
    """

    line_id: UUID | None
    item_id: UUID
    location_id: UUID | None
    quantity: int
    backordered: int


@dataclass(frozen=True, slots=True)
class Sourced:
    """Why an order ships from where: every location that was judged, as `inventory.sourcing` tells it."""

    public_id: str
    strategy: str
    parcels: int
    candidates: Sequence[Mapping[str, Any]]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in the books of stock that does not add up.

    what: the counter and what it was compared with. row: the number of the first ledger row that is wrong, where it is
    the ledger that is; without one the counter (or the reservations) went another way than the ledger. level and
    location are empty where stock is not kept by place.
    """

    level: str
    sku: str
    location: str
    what: str
    expected: str
    found: str
    row: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        row = f" (ledger row {self.row})" if self.row is not None else ""
        where = f" at {self.location}" if self.location else ""
        return f"{self.sku}{where}: {self.what}: expected {self.expected}, found {self.found}{row}"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at and what differs; proven when nothing does. levels: of skus where there are no places."""

    levels: int
    ledger_rows: int
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class StockThen:
    """The counters of one item (at one location) at an instant."""

    sku: str
    location: str
    on_hand: int
    reserved: int
    backordered: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Inventory(Protocol):
    """Who keeps the quantities.

    An implementation is a class that is made without arguments, once in each process. It writes through the database
    transaction of its caller (`oms.core.transactions.atomic`) and so is undone with it; it calls nobody over a network.
    What it locks it locks last, in one order, by `oms.core.locks` (rank LEVEL): others wait for it, and the order has
    been locked before. Every change of a quantity is a row of a ledger that the database keeps from being changed, and
    `verify` proves it.

    tests/contracts/test_inventory.py is what an implementation must pass.
    """

    has_places: bool  # whether goods lie at stock locations

    def refusals(self, demands: Sequence[OrderDemand], location_ids: Collection[UUID]) -> Mapping[UUID, DomainError]:
        """Which of these orders could not be served now, by order id, and why. Nothing is locked: it can change."""
        ...

    def reserve(
        self, demands: Sequence[OrderDemand], location_ids: Collection[UUID], *, actor: Actor
    ) -> Mapping[UUID, DomainError]:
        """Hold stock for orders, first come first served, at the active ones of these locations; of kits, components.

        What an order asks for several times is summed before the check. Items that may be backordered take the shortage
        as backordered. An order that cannot be served comes back by id with InsufficientStock, which names all of its
        shortages, or with another refusal; the caller rolls back then. Asked again, it holds again.
        """
        ...

    def release(self, order_id: UUID, *, actor: Actor) -> None:
        """Let go of everything an order holds and waits for. The second time finds nothing."""
        ...

    def hold_anew(
        self, demand: OrderDemand, location_ids: Collection[UUID], *, only_if_held: bool, actor: Actor
    ) -> None:
        """Have an order hold this in the place of what it holds, which may be nothing.

        Nothing moves where it holds, or waits for, just that already. What it held it may hold again before those who
        wait; a line that waits keeps its place, and may go on waiting though its goods may not. only_if_held: an order
        that holds nothing goes on so. Raises what `reserve` returns; nothing has moved then.
        """
        ...

    def consume(
        self,
        order_id: UUID,
        location_id: UUID | None,
        lines: Sequence[TakenLine],
        *,
        fulfillment_id: UUID,
        actor: Actor,
    ) -> None:
        """Take units off the shelf: the lines' own reservations there first, then what is available there and nobody
        else waits for, in which case what the lines hold elsewhere or wait for is let go.

        location_id: None where there are no places. Raises InsufficientStock, all lines in one error; nothing has moved
        then.
        """
        ...

    def put_back(
        self,
        order_id: UUID,
        location_id: UUID | None,
        lines: Sequence[TakenLine],
        *,
        fulfillment_id: UUID,
        actor: Actor,
    ) -> None:
        """Put the units of a canceled fulfillment back on the shelf they came from, reserved for their lines again.

        Raises NotStocked and KitHasNoStock for what is not counted any more, TooMuchStock; nothing has moved then.
        """
        ...

    def restock(self, order_id: UUID, lines: Mapping[UUID | None, Sequence[TakenLine]], *, actor: Actor) -> None:
        """Put goods of an order that came back on shelves, where anybody may have them; of kits their components.

        lines: by location; by None where there are no places. Who waits for them gets them right after the commit.
        Asked again, it puts as many there again. Raises NotStocked and KitHasNoStock for what is not counted any more,
        TooMuchStock; nothing has moved then.
        """
        ...

    def move(
        self, order_id: UUID, source_id: UUID, target_id: UUID, lines: Sequence[TakenLine], *, actor: Actor
    ) -> None:
        """Hold units at another location than now. The caller knows that these lines hold so many at the source.

        Raises InsufficientStock where the target lacks any of it, all lines in one error; nothing has moved then.
        NotKeptByLocation where there are no places.
        """
        ...

    def holds(self, order_id: UUID) -> Sequence[Held]:
        """What an order holds and waits for, the preferred locations first, in one query."""
        ...

    def held_at(self, location_ids: Collection[UUID]) -> QuerySet[Any]:
        """Rows with an `order_id`, one or more for each order that holds goods at these locations or waits for them
        there; to be narrowed to an order by index. None where there are no places."""
        ...

    def waiting(self) -> QuerySet[Any, Any]:
        """The ids of orders that wait for goods, as a query of one column; its cost is that of what waits."""
        ...

    def sourced(self, order_id: UUID) -> Sourced | None:
        """The newest decision on where an order ships from, in one query; None where nothing was to be decided."""
        ...

    def available(
        self, item_ids: Collection[UUID], locations: Collection[UUID] | QuerySet[Any, Any]
    ) -> Mapping[UUID, int]:
        """What can be promised of each of these items at these locations (ids, or a query for them), in one query.

        Of a kit: how many could be packed. What others wait for is theirs. Every item asked for is in the answer.
        """
        ...

    def fill_backorders(self) -> None:
        """Hand what is free to those who wait for it, the oldest first. Run now and then, outside of a transaction, for
        what was not handed on when it came; any number may run."""
        ...

    def verify(self, *, sku: str | None = None) -> Proof:
        """Compare every counter (of one item) with its ledger and its reservations. Raises UnknownSku."""
        ...

    def stock_at(self, at: datetime, *, sku: str | None = None) -> Iterator[StockThen]:
        """The stock (of one item) at an instant, as the ledger tells it, by sku. Raises UnknownSku."""
        ...

"""What the lines of an order hold, on locked levels: taken off the shelf, put back, or moved to another location."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from inventory.enums import MovementKind
from inventory.models import InventoryLevel, Reservation
from inventory.providers.base import TakenLine
from inventory.services import ledger, levels, shortages
from inventory.services.shortages import Need
from oms.core.errors import FieldError

Moved = dict[UUID, ledger.Movement]


@dataclass(slots=True)
class Shelf:
    """The levels of what some lines consist of, locked, and what these lines hold on them by (line, item)."""

    order_id: UUID
    levels: dict[UUID, InventoryLevel]
    here: dict[UUID, InventoryLevel]
    reservations: dict[tuple[UUID, UUID], list[Reservation]]

    def own(self, line: TakenLine, item_id: UUID, level: InventoryLevel) -> Reservation | None:
        """What a line holds of an item on a level."""
        held = self.reservations[line.line_id, item_id]
        return next((each for each in held if each.level_id == level.pk), None)

    def own_units(self, line: TakenLine, item_id: UUID) -> int:
        own = self.own(line, item_id, self.here[item_id])
        return own.quantity if own else 0

    def own_waiting(self, line: TakenLine, item_id: UUID) -> int:
        own = self.own(line, item_id, self.here[item_id])
        return own.backordered if own else 0

    def free(self, item_id: UUID) -> int:
        return self.here[item_id].unclaimed

    def hold(self, line: TakenLine, item_id: UUID, level: InventoryLevel, units: int) -> None:
        """Let a line hold so many units more on a level. The caller moves the counter."""
        own = self.own(line, item_id, level)
        if own is None:
            own = Reservation(level=level, order_id=self.order_id, line_id=line.line_id, quantity=0)
            self.reservations[line.line_id, item_id].append(own)
        own.quantity += units

    def save(self) -> None:
        """Write the reservations as they are now: what holds nothing any more is gone."""
        everything = [reservation for held in self.reservations.values() for reservation in held]
        empty = [each.pk for each in everything if not each.quantity and not each.backordered]
        kept = [each for each in everything if each.quantity or each.backordered]
        if empty:
            Reservation.objects.filter(pk__in=empty).delete()
        Reservation.objects.bulk_create([each for each in kept if each._state.adding])
        Reservation.objects.bulk_update(
            [each for each in kept if not each._state.adding], ["quantity", "backordered"], batch_size=500
        )


def lock(order_id: UUID, location_id: UUID, lines: Sequence[TakenLine]) -> Shelf:
    """Lock the levels here and wherever these lines hold something, in one statement; then read what they hold."""
    items, line_ids = {part.item_id for line in lines for part in line.parts}, {line.line_id for line in lines}
    levels.ensure({(item, location_id) for item in items})
    here_ids = InventoryLevel.objects.filter(item_id__in=items, location_id=location_id).values_list("pk", flat=True)
    mine = Reservation.objects.filter(order_id=order_id, line_id__in=line_ids)
    locked = levels.lock_rows({*here_ids, *mine.values_list("level_id", flat=True)})
    held: dict[tuple[UUID, UUID], list[Reservation]] = defaultdict(list)
    for reservation in mine.filter(level_id__in=locked).order_by("pk"):
        if reservation.line_id is not None:
            held[reservation.line_id, locked[reservation.level_id].item_id].append(reservation)
    here = {level.item_id: level for level in locked.values() if level.location_id == location_id}
    return Shelf(order_id, locked, here, held)


class Stocked(Protocol):
    """Goods at the place that lines are to take them from."""

    def free(self, item_id: UUID) -> int:
        """Units that are available there and that nobody waits for."""
        ...

    def own_units(self, line: TakenLine, item_id: UUID) -> int:
        """Units that a line holds there itself."""
        ...

    def own_waiting(self, line: TakenLine, item_id: UUID) -> int:
        """Units that a line waits for there itself."""
        ...


def require_available(shelf: Stocked, lines: Sequence[TakenLine], *, spare_own: bool) -> None:
    """What these lines want here must be there; what shares an item is summed. What others wait for here is theirs.

    spare_own: what a line holds here itself is part of what it wants, and it need not wait for it. Raises
    InsufficientStock, all lines in one error.
    """
    extra: dict[UUID, int] = defaultdict(int)
    together: dict[UUID, int] = defaultdict(int)
    waiting: dict[UUID, int] = defaultdict(int)
    for line in lines:
        for part in line.parts:
            wanted = line.quantity * part.quantity
            own = shelf.own_units(line, part.item_id) if spare_own else 0
            together[part.item_id] += wanted
            extra[part.item_id] += max(0, wanted - own)
            waiting[part.item_id] += shelf.own_waiting(line, part.item_id) if spare_own else 0
    free = {item: max(0, shelf.free(item) + waiting[item]) for item in extra}
    needs = {item: (units, units - extra[item] + free[item]) for item, units in together.items()}
    short = {item for item, more in extra.items() if more > free[item]}
    errors = [_shortage(line, needs) for line in _first_of_each(lines, short)]
    if errors:
        raise shortages.refusal(errors)


def _first_of_each(lines: Sequence[TakenLine], short: set[UUID]) -> list[TakenLine]:
    """The lines to be told of: every kit that lacks something, and of plain lines the first of each item."""
    told, seen = [], set[UUID]()
    for line in lines:
        if line.components:
            if any(part.item_id in short for part in line.components):
                told.append(line)
        elif line.item_id in short and line.item_id not in seen:
            seen.add(line.item_id)
            told.append(line)
    return told


def _shortage(line: TakenLine, needs: dict[UUID, tuple[int, int]]) -> FieldError:
    if not line.components:
        return shortages.shortage(line.pointer, line.sku, *needs[line.item_id])
    parts = [Need(part.sku, *needs[part.item_id]) for part in line.components]
    whole = min(needs[part.item_id][1] // part.quantity for part in line.components)
    return shortages.shortage(line.pointer, line.sku, line.quantity, min(whole, line.quantity), parts)


def movement(moved: Moved, level_id: UUID, kind: MovementKind, cause: tuple[str, UUID]) -> ledger.Movement:
    """The one movement of a level, begun where there is none yet."""
    fresh = ledger.Movement(level_id=level_id, kind=kind, cause=cause[0], cause_id=cause[1])
    return moved.setdefault(level_id, fresh)

"""Taking goods off the shelf for a fulfillment, and putting them back when it is canceled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from inventory.enums import MovementKind
from inventory.errors import InsufficientStock
from inventory.models import InventoryLevel, Reservation
from inventory.services import ledger, levels
from oms.core.actors import Actor
from oms.core.errors import FieldError


@dataclass(frozen=True, slots=True)
class TakenLine:
    """Units of an item that a fulfillment takes for an order line. `pointer`: where the line stands in the request."""

    line_id: UUID
    item_id: UUID
    sku: str
    quantity: int
    pointer: str = ""


@dataclass(slots=True)
class _Shelf:
    """Everything a consumption works on, locked."""

    levels: dict[UUID, InventoryLevel]
    here: dict[UUID, InventoryLevel]
    reservations: dict[UUID, list[Reservation]]


def consume(
    order_id: UUID, location_id: UUID, lines: Sequence[TakenLine], *, fulfillment_id: UUID, actor: Actor
) -> None:
    """Take units off the shelf of a location: the lines' own reservations there first.

    What is reserved elsewhere (or waits as backordered, or was never reserved) is taken from what is available here and
    let go there. Raises InsufficientStock, all lines in one error; nothing has moved then.
    """
    shelf = _lock(order_id, location_id, lines)
    _require_available(shelf, location_id, lines)
    moved: dict[UUID, ledger.Movement] = {}
    for line in lines:
        level = shelf.here[line.item_id]
        _movement(moved, level.pk, MovementKind.CONSUME, fulfillment_id).on_hand -= line.quantity
        left = line.quantity
        for reservation in _nearest_first(shelf.reservations[line.line_id], level.pk):
            if not left:
                break
            left -= _shrink(reservation, left, moved, fulfillment_id)
    _save(shelf)
    ledger.post(list(moved.values()), actor=actor)


def put_back(
    order_id: UUID, location_id: UUID, lines: Sequence[TakenLine], *, fulfillment_id: UUID, actor: Actor
) -> None:
    """Put the units of a canceled fulfillment back on the shelf they came from, reserved for their lines again."""
    shelf = _lock(order_id, location_id, lines)
    moved: dict[UUID, ledger.Movement] = {}
    for line in lines:
        level = shelf.here[line.item_id]
        movement = _movement(moved, level.pk, MovementKind.UNCONSUME, fulfillment_id)
        movement.on_hand += line.quantity
        movement.reserved += line.quantity
        own = [held for held in shelf.reservations[line.line_id] if held.level_id == level.pk]
        if not own:
            own = [Reservation(level=level, order_id=order_id, line_id=line.line_id, quantity=0)]
            shelf.reservations[line.line_id] += own
        own[0].quantity += line.quantity
    _save(shelf)
    ledger.post(list(moved.values()), actor=actor)


def _lock(order_id: UUID, location_id: UUID, lines: Sequence[TakenLine]) -> _Shelf:
    """Lock the levels here and wherever these lines hold something, in one statement; then read what they hold."""
    levels.ensure({(line.item_id, location_id) for line in lines})
    items, line_ids = {line.item_id for line in lines}, {line.line_id for line in lines}
    here_ids = InventoryLevel.objects.filter(item_id__in=items, location_id=location_id).values_list("pk", flat=True)
    mine = Reservation.objects.filter(order_id=order_id, line_id__in=line_ids)
    locked = levels.lock_rows({*here_ids, *mine.values_list("level_id", flat=True)})
    held: dict[UUID, list[Reservation]] = defaultdict(list)
    for reservation in mine.filter(level_id__in=locked).order_by("pk"):
        if reservation.line_id is not None:
            held[reservation.line_id].append(reservation)
    here = {level.item_id: level for level in locked.values() if level.location_id == location_id}
    return _Shelf(locked, here, held)


def _require_available(shelf: _Shelf, location_id: UUID, lines: Sequence[TakenLine]) -> None:
    """What the lines do not hold here must be available here; lines that share an item are summed."""
    extra: dict[UUID, int] = defaultdict(int)
    together: dict[UUID, int] = defaultdict(int)
    for line in lines:
        together[line.item_id] += line.quantity
        own = sum(
            held.quantity for held in shelf.reservations[line.line_id] if held.level_id == shelf.here[line.item_id].pk
        )
        extra[line.item_id] += max(0, line.quantity - own)
    errors = []
    for line in lines:
        level, more = shelf.here[line.item_id], extra.pop(line.item_id, 0)
        if more and more > level.available:
            asked = together[line.item_id]
            facts = {"sku": line.sku, "requested": asked, "available": asked - more + max(0, level.available)}
            message = str(InsufficientStock.message) % facts
            errors.append(FieldError(line.pointer, message, InsufficientStock.code, facts))
    if errors:
        raise InsufficientStock(errors=errors, **errors[0].facts)


def _nearest_first(held: list[Reservation], level_id: UUID) -> list[Reservation]:
    return sorted(held, key=lambda reservation: (reservation.level_id != level_id, reservation.pk))


def _shrink(reservation: Reservation, most: int, moved: dict[UUID, ledger.Movement], cause_id: UUID) -> int:
    """Let up to `most` units of a reservation go, held ones before those that wait; how many went."""
    held = min(most, reservation.quantity)
    waiting = min(most - held, reservation.backordered)
    if held or waiting:
        movement = _movement(moved, reservation.level_id, MovementKind.RELEASE, cause_id)
        movement.reserved -= held
        movement.backordered -= waiting
        reservation.quantity -= held
        reservation.backordered -= waiting
    return held + waiting


def _movement(
    moved: dict[UUID, ledger.Movement], level_id: UUID, kind: MovementKind, cause_id: UUID
) -> ledger.Movement:
    fresh = ledger.Movement(level_id=level_id, kind=kind, cause="fulfillment", cause_id=cause_id)
    return moved.setdefault(level_id, fresh)


def _save(shelf: _Shelf) -> None:
    """Write the reservations as they are now: what holds nothing any more is gone."""
    everything = [reservation for held in shelf.reservations.values() for reservation in held]
    empty = [each.pk for each in everything if not each.quantity and not each.backordered]
    kept = [each for each in everything if each.quantity or each.backordered]
    if empty:
        Reservation.objects.filter(pk__in=empty).delete()
    Reservation.objects.bulk_create([each for each in kept if each._state.adding])
    Reservation.objects.bulk_update(
        [each for each in kept if not each._state.adding], ["quantity", "backordered"], batch_size=500
    )

"""Taking goods off the shelf for a fulfillment, and putting them back when it is canceled; of kits their components."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from inventory.enums import MovementKind
from inventory.models import Reservation
from inventory.providers.base import TakenLine
from inventory.services import ledger, levels, shelf, stock_shortages
from inventory.services.levels import Growth
from inventory.services.shelf import Moved
from oms.core.actors import Actor


def consume(
    order_id: UUID, location_id: UUID, lines: Sequence[TakenLine], *, fulfillment_id: UUID, actor: Actor
) -> None:
    """Take units off the shelf of a location: the lines' own reservations there first.

    What is reserved elsewhere (or waits as backordered, or was never reserved) is taken from what is available here and
    let go there. Raises InsufficientStock, all lines in one error; nothing has moved then.
    """
    found = shelf.lock(order_id, location_id, lines)
    shelf.require_available(found, lines, spare_own=True)
    waited = [each for held in found.reservations.values() for each in held if each.backordered]
    cause, moved = ("fulfillment", fulfillment_id), Moved()
    for line in lines:
        for part in line.parts:
            level, left = found.here[part.item_id], line.quantity * part.quantity
            shelf.movement(moved, level.pk, MovementKind.CONSUME, cause).on_hand -= left
            for reservation in _nearest_first(found.reservations[line.line_id, part.item_id], level.pk):
                if not left:
                    break
                left -= _shrink(reservation, left, moved, cause)
    found.save()
    ledger.post(list(moved.values()), actor=actor)
    stock_shortages.settle_void([each.pk for each in waited if not each.backordered], actor=actor)


def put_back(
    order_id: UUID, location_id: UUID, lines: Sequence[TakenLine], *, fulfillment_id: UUID, actor: Actor
) -> None:
    """Put the units of a canceled fulfillment back on the shelf they came from, reserved for their lines again.

    Raises NotStocked and KitHasNoStock for what is not counted any more, TooMuchStock; nothing has moved then.
    """
    levels.require_counted({part.item_id for line in lines for part in line.parts})
    found = shelf.lock(order_id, location_id, lines)
    moved = Moved()
    for line in lines:
        for part in line.parts:
            level, units = found.here[part.item_id], line.quantity * part.quantity
            movement = shelf.movement(moved, level.pk, MovementKind.UNCONSUME, ("fulfillment", fulfillment_id))
            movement.on_hand += units
            movement.reserved += units
            found.hold(line, part.item_id, level, units)
    levels.require_room([Growth(level, "", moved[level.pk].on_hand) for level in found.here.values()])
    found.save()
    ledger.post(list(moved.values()), actor=actor)


def _nearest_first(held: list[Reservation], level_id: UUID) -> list[Reservation]:
    return sorted(held, key=lambda reservation: (reservation.level_id != level_id, reservation.pk))


def _shrink(reservation: Reservation, most: int, moved: Moved, cause: tuple[str, UUID]) -> int:
    """Let up to `most` units of a reservation go, held ones before those that wait; how many went."""
    held = min(most, reservation.quantity)
    waiting = min(most - held, reservation.backordered)
    if held or waiting:
        movement = shelf.movement(moved, reservation.level_id, MovementKind.RELEASE, cause)
        movement.reserved -= held
        movement.backordered -= waiting
        reservation.quantity -= held
        reservation.backordered -= waiting
    return held + waiting

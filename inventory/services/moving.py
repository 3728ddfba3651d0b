"""Moving what order lines hold from one location to another. Of kits: their components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from inventory.enums import MovementKind
from inventory.events import ReservationCreated, ReservationReleased, ReservationUpdated
from inventory.models import InventoryLevel
from inventory.providers.base import TakenLine
from inventory.services import ledger, shelf
from inventory.services.shelf import Moved
from oms.core import bulk, events, ids
from oms.core.actors import Actor


def move(order_id: UUID, source_id: UUID, target_id: UUID, lines: Sequence[TakenLine], *, actor: Actor) -> None:
    """Let go of units at the source and hold them at the target. The caller has locked the order and knows that these
    lines hold so many at the source.

    Each level gets its ledger row, each reservation that begins, changes or ends its event. Raises InsufficientStock
    where the target lacks any of it, all lines in one error; nothing has moved then.
    """
    found = shelf.lock(order_id, target_id, lines)
    shelf.require_available(found, lines, spare_own=False)
    there = {level.item_id: level for level in found.levels.values() if level.location_id == source_id}
    before = {id(each): each.quantity for held in found.reservations.values() for each in held}
    moved = Moved()
    for line in lines:
        for part in line.parts:
            units, here, away = line.quantity * part.quantity, found.here[part.item_id], there[part.item_id]
            shelf.movement(moved, away.pk, MovementKind.RELEASE, ("order", order_id)).reserved -= units
            shelf.movement(moved, here.pk, MovementKind.RESERVE, ("order", order_id)).reserved += units
            found.hold(line, part.item_id, away, -units)
            found.hold(line, part.item_id, here, units)
    news = _news(found, before)
    found.save()
    ledger.post(list(moved.values()), actor=actor)
    _tell(news, actor)


def _news(found: shelf.Shelf, before: Mapping[int, int]) -> list[tuple[InventoryLevel, events.Event]]:
    """What became of every reservation whose units changed; `before`: how many each had that was there."""
    told: list[tuple[InventoryLevel, events.Event]] = []
    for (_, item_id), held in found.reservations.items():
        for each in held:
            was, level = before.get(id(each)), found.levels[each.level_id]
            if each.quantity == was:
                continue
            gone = not each.quantity and not each.backordered
            facts: dict[str, Any] = {
                "reservation_id": each.public_id,
                "item_id": ids.encode(ids.INVENTORY_ITEM, item_id),
                "location_id": level.location.public_id,
                "sku": level.item.sku,
                "quantity": was if gone else each.quantity,
                "order_id": ids.encode(ids.ORDER, found.order_id),
            }
            if gone:
                told.append((level, ReservationReleased(**facts)))
            elif was is None:
                told.append((level, ReservationCreated(**facts)))
            else:
                told.append((level, ReservationUpdated(**facts, changed=["quantity"])))
    return told


def _tell(news: Sequence[tuple[InventoryLevel, events.Event]], actor: Actor) -> None:
    """In the streams of the levels, by their ledger rows. A number stands once in a stream: the last has it."""
    last = {level.pk: event for level, event in news}
    numbers = dict(InventoryLevel.objects.filter(pk__in=last).values_list("pk", "ledger_seq"))
    rows = []
    for level, event in news:
        stream, sequence = (level.pk, numbers[level.pk]) if event is last[level.pk] else (None, None)
        rows.append(events.row(event, actor=actor, stream=stream, sequence=sequence))
    bulk.insert(rows)
    events.announce()

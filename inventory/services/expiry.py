"""Letting go of what was set aside for a time, once that is over.

Nobody needs to wait for the cleaner: every read leaves expired reservations out, and whoever locks a level lets go of
those that lie on it (`levels.lock`, `levels.lock_rows`), so that what comes after sees the counters as they should be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from inventory.enums import MovementKind
from inventory.events import ReservationReleased
from inventory.models import InventoryLevel
from inventory.services import ledger, stock_shortages
from oms.core import actors, bulk, events, ids

NOTE = "expired"


@dataclass(frozen=True, slots=True)
class _Gone:
    """A reservation that has been taken away."""

    id: UUID
    level_id: UUID
    quantity: int
    backordered: int
    item_id: UUID
    location_id: UUID
    sku: str


# One that somebody else has in hand is theirs: they wait for our level, so we do not wait for them.
_TAKE_AWAY = """
DELETE FROM inventory_reservation AS gone
USING (
    SELECT id FROM inventory_reservation
    WHERE level_id = ANY(%s) AND expires_at <= now() AND NOT is_kept
    ORDER BY id FOR UPDATE SKIP LOCKED
) AS due, inventory_inventorylevel AS level, inventory_inventoryitem AS item
WHERE gone.id = due.id AND level.id = gone.level_id AND item.id = level.item_id
RETURNING gone.id, gone.level_id, gone.quantity, gone.backordered, level.item_id, level.location_id, item.sku
"""


def release_expired(level_ids: Collection[UUID]) -> dict[UUID, ledger.Movement]:
    """Let go of the expired reservations of these levels, which the caller has locked; what moved, by level.

    One ledger row for each level, one reservation.released for each reservation. Repeats find none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_AWAY, [list(level_ids)])
        gone = [_Gone(*row) for row in cursor.fetchall()]
    if not gone:
        return {}
    by_level: dict[UUID, list[_Gone]] = defaultdict(list)
    for each in gone:
        by_level[each.level_id].append(each)
    moved = {level_id: _movement(level_id, those) for level_id, those in by_level.items()}
    ledger.post(list(moved.values()), actor=actors.SYSTEM)
    stock_shortages.settle_void([each.id for each in gone if each.backordered], actor=actors.SYSTEM)
    numbers = dict(InventoryLevel.objects.filter(pk__in=moved).values_list("pk", "ledger_seq"))
    bulk.insert([row for level_id, those in by_level.items() for row in _news(those, numbers[level_id])])
    events.announce()
    return moved


def _movement(level_id: UUID, gone: Collection[_Gone]) -> ledger.Movement:
    only = next(iter(gone)).id if len(gone) == 1 else None
    return ledger.Movement(
        level_id=level_id,
        kind=MovementKind.RELEASE,
        reserved=-sum(each.quantity for each in gone),
        backordered=-sum(each.backordered for each in gone),
        note=NOTE,
        cause="reservation",
        cause_id=only,
    )


def _news(gone: list[_Gone], number: int) -> list[events.OutboxRow]:
    """The last one carries the number of the ledger row that they share; a number stands once in a stream."""
    rows = []
    for each in gone:
        told = ReservationReleased(
            reservation_id=ids.encode(ids.RESERVATION, each.id),
            item_id=ids.encode(ids.INVENTORY_ITEM, each.item_id),
            location_id=ids.encode(ids.STOCK_LOCATION, each.location_id),
            sku=each.sku,
            quantity=each.quantity,
            order_id=None,
        )
        stream, sequence = (each.level_id, number) if each is gone[-1] else (None, None)
        rows.append(events.row(told, actor=actors.SYSTEM, stream=stream, sequence=sequence))
    return rows

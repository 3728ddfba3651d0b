"""Reading, locking and making levels."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from inventory.errors import NotStocked
from inventory.models import InventoryItem, InventoryLevel, StockLocation
from oms.core import ids, locks
from oms.core.errors import NotFound


@dataclass(slots=True)
class Level:
    """The counters of a level, with what sourcing needs to know of its location."""

    id: UUID
    item_id: UUID
    location_id: UUID
    available: int
    ledger_seq: int
    location_code: str
    location_name: str
    priority: int
    is_kept: bool


_READ = """
SELECT level.id, level.item_id, level.location_id, level.available, level.ledger_seq,
       location.code, location.name, location.priority, level.deleted_at IS NULL
FROM inventory_inventorylevel AS level JOIN inventory_stocklocation AS location ON location.id = level.location_id
WHERE level.item_id = ANY(%s) AND level.location_id = ANY(%s) AND location.is_active
ORDER BY level.id
"""


def read(item_ids: Collection[UUID], location_ids: Collection[UUID]) -> list[Level]:
    """The levels of these items at the active ones of these locations, as they are at this moment."""
    return _read(_READ, item_ids, location_ids)


def lock(item_ids: Collection[UUID], location_ids: Collection[UUID]) -> list[Level]:
    """The same, locked until the end of the transaction, in the order of their ids. Nothing is locked after this."""
    found = _read(_READ + "FOR UPDATE OF level", item_ids, location_ids)
    locks.claim(locks.Rank.LEVEL, (level.id for level in found))
    return found


def _read(sql: str, item_ids: Collection[UUID], location_ids: Collection[UUID]) -> list[Level]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(item_ids), list(location_ids)])
        return [Level(*row) for row in cursor.fetchall()]


def lock_rows(level_ids: Collection[UUID]) -> dict[UUID, InventoryLevel]:
    """Levels by id, locked in order, with item and location at hand."""
    rows = InventoryLevel.objects.filter(pk__in=level_ids).select_related("item", "location")
    return {row.pk: row for row in locks.lock(locks.Rank.LEVEL, rows)}


def ensure(pairs: Collection[tuple[UUID, UUID]]) -> None:
    """Make the levels of (item, location) that do not exist yet, empty. Repeats and races do nothing."""
    if not pairs:
        return
    ordered = sorted(pairs)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inventory_inventorylevel
                (id, item_id, location_id, on_hand, reserved, backordered, incoming, safety_stock, ledger_seq)
            SELECT new.id, new.item_id, new.location_id, 0, 0, 0, 0, 0, 0
            FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS new(id, item_id, location_id)
            ON CONFLICT (item_id, location_id) DO NOTHING
            """,
            [[ids.new_id() for _ in ordered], [pair[0] for pair in ordered], [pair[1] for pair in ordered]],
        )


def find_or_make(item_id: UUID, location_id: UUID) -> UUID:
    """The id of the level of an item at a location; made, empty, when it is missing.

    Raises NotFound for an item or a location that does not exist, NotStocked for an item that is not counted.
    """
    item = InventoryItem.objects.filter(pk=item_id).first()
    if item is None:
        raise NotFound(kind="inventory item", id=ids.encode(ids.INVENTORY_ITEM, item_id))
    if not StockLocation.objects.filter(pk=location_id).exists():
        raise NotFound(kind="stock location", id=ids.encode(ids.STOCK_LOCATION, location_id))
    if not item.is_stocked:
        raise NotStocked(sku=item.sku)
    ensure({(item_id, location_id)})
    return InventoryLevel.objects.values_list("pk", flat=True).get(item_id=item_id, location_id=location_id)


def obtain(item_id: UUID, location_id: UUID) -> InventoryLevel:
    """The same, locked, with its counters."""
    level_id = find_or_make(item_id, location_id)
    return lock_rows({level_id})[level_id]

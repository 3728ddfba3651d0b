"""Reading, locking and making levels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.db import connection

from inventory import providers
from inventory.errors import KitHasNoStock, NotKeptByLocation, NotStocked, TooMuchStock
from inventory.models import InventoryItem, InventoryLevel, StockLocation
from inventory.services import expiry
from oms.core import ids, locks
from oms.core.errors import DomainError, FieldError, NotFound

MOST: Final = 2_147_483_647  # what the columns of counters hold


@dataclass(frozen=True, slots=True)
class Place:
    """A stock location as sourcing sees it."""

    id: UUID
    code: str
    name: str
    priority: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class Level:
    """What sourcing plans with of a level. available: without what has expired, and less what others wait for there,
    who come first. is_kept: not deleted."""

    id: UUID
    item_id: UUID
    location_id: UUID
    available: int
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Shelves:
    """All of the asked locations, by priority, and the levels of the asked items at the active ones."""

    places: list[Place]
    levels: list[Level]

    def with_more(self, freed: Mapping[UUID, int]) -> Shelves:
        """The same when these units, by level, are let go of."""
        if not freed:
            return self
        more = [replace(each, available=each.available + freed.get(each.id, 0)) for each in self.levels]
        return Shelves(self.places, more)

    def with_own(self, own: Mapping[UUID, int]) -> Shelves:
        """The same for one who let go of these units by level: they are his again before anybody else's."""
        mine = [replace(each, available=max(each.available, own.get(each.id, 0))) for each in self.levels]
        return Shelves(self.places, mine)


# The levels are read (and locked, in the order of their ids) before the locations are joined to them, so that a
# location without any is seen too. `expired` is what was so before the lock was waited for, so it is only a hint there.
_READ = """
WITH level AS MATERIALIZED (
    SELECT level.id, level.item_id, level.location_id, level.available::bigint - level.backordered AS available,
           level.deleted_at IS NULL AS is_kept,
           (SELECT coalesce(sum(held.quantity + held.backordered), 0)::bigint FROM inventory_reservation AS held
            WHERE held.level_id = level.id AND held.expires_at <= now() AND NOT held.is_kept) AS expired
    FROM inventory_inventorylevel AS level JOIN inventory_stocklocation AS location ON location.id = level.location_id
    WHERE level.item_id = ANY(%s) AND level.location_id = ANY(%s) AND location.is_active
    ORDER BY level.id {lock}
)
SELECT location.id, location.code, location.name, location.priority, location.is_active,
       level.id, level.item_id, level.location_id, level.available, level.is_kept,
       level.expired
FROM inventory_stocklocation AS location LEFT JOIN level ON level.location_id = location.id
WHERE location.id = ANY(%s)
ORDER BY location.priority, location.code, level.id
"""
_READ_ONLY, _READ_LOCKED = _READ.format(lock=""), _READ.format(lock="FOR UPDATE OF level")


def read(item_ids: Collection[UUID], location_ids: Collection[UUID]) -> Shelves:
    """These locations and what they have of these items, as it is at this moment."""
    found, expired = _read(_READ_ONLY, item_ids, location_ids)
    return found.with_more(expired)


def lock(item_ids: Collection[UUID], location_ids: Collection[UUID]) -> Shelves:
    """The same, the levels locked until the end of the transaction. Nothing is locked after this.

    What has expired on them is let go of, which takes statements only where there is any.
    """
    found, expired = _read(_READ_LOCKED, item_ids, location_ids)
    locks.claim(locks.Rank.LEVEL, (level.id for level in found.levels))
    moved = expiry.release_expired(expired) if expired else {}
    return found.with_more({level_id: -each.reserved - each.backordered for level_id, each in moved.items()})


def _read(sql: str, item_ids: Collection[UUID], location_ids: Collection[UUID]) -> tuple[Shelves, dict[UUID, int]]:
    """The shelves, and what expired reservations hold by level."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(item_ids), list(location_ids), list(location_ids)])
        rows = cursor.fetchall()
    places = {row[0]: row[:5] for row in rows}
    levels = [Level(*row[5:10]) for row in rows if row[5] is not None]
    return Shelves([Place(*place) for place in places.values()], levels), {row[5]: row[10] for row in rows if row[10]}


def lock_rows(level_ids: Collection[UUID]) -> dict[UUID, InventoryLevel]:
    """Levels by id, locked in order, with item and location at hand. What has expired on them is let go of."""
    rows = InventoryLevel.objects.due().filter(pk__in=level_ids).select_related("item", "location")
    locked = {row.pk: row for row in locks.lock(locks.Rank.LEVEL, rows)}
    over = [row.pk for row in locked.values() if row.is_due]
    for level_id, movement in (expiry.release_expired(over) if over else {}).items():
        level = locked[level_id]
        level.reserved += movement.reserved
        level.backordered += movement.backordered
        level.available -= movement.reserved
        level.ledger_seq += 1
    return locked


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


# Locked as by a foreign key to them: none becomes a kit while a level of it is made.
_ITEMS = "SELECT * FROM inventory_inventoryitem WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


def uncounted(item_ids: Collection[UUID]) -> dict[UUID, DomainError]:
    """Those of these items that are not counted, with the refusal of each: NotStocked or KitHasNoStock.

    None of the others becomes a kit before the transaction ends.
    """
    rows = InventoryItem.objects.raw(_ITEMS, [list(item_ids)]) if item_ids else ()
    found: dict[UUID, DomainError] = {}
    for item in rows:
        if item.is_kit or not item.is_stocked:
            found[item.pk] = KitHasNoStock(sku=item.sku) if item.is_kit else NotStocked(sku=item.sku)
    return found


def require_counted(item_ids: Collection[UUID]) -> None:
    """Raises NotStocked or KitHasNoStock for the first of these items that is not counted."""
    for refusal in uncounted(item_ids).values():
        raise refusal


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much a level grows. `pointer`: where it stands in the request."""

    level: InventoryLevel
    pointer: str
    on_hand: int = 0
    incoming: int = 0


def require_room(growths: Collection[Growth]) -> None:
    """Raises TooMuchStock for every level that would have more than its counters hold."""
    errors = []
    for each in growths:
        level = each.level
        count = max(level.on_hand + each.on_hand, level.incoming + each.incoming)
        if count > MOST:
            facts = {"sku": level.item.sku, "location": level.location.name, "count": count}
            errors.append(FieldError(each.pointer, str(TooMuchStock.message) % facts, TooMuchStock.code, facts))
    if errors:
        raise TooMuchStock(errors=errors, **errors[0].facts)


def require_stocked(item_id: UUID, location_id: UUID) -> None:
    """Raises NotFound for an item or a location that does not exist, NotStocked for an item that is not counted,
    KitHasNoStock for a kit, NotKeptByLocation where another inventory is in use: nobody would sell what is here."""
    require_in_use()
    item = _countable(item_id)
    if not StockLocation.objects.filter(pk=location_id).exists():
        raise NotFound(kind="stock location", id=ids.encode(ids.STOCK_LOCATION, location_id))
    if not item.is_stocked:
        raise NotStocked(sku=item.sku)


def require_in_use() -> None:
    """Raises NotKeptByLocation where stock is not kept in levels."""
    if not providers.current().has_places:
        raise NotKeptByLocation()


def require_countable(item_id: UUID) -> None:
    """Raises NotFound for an item that does not exist, NotStocked for one that is not counted, KitHasNoStock."""
    item = _countable(item_id)
    if not item.is_stocked:
        raise NotStocked(sku=item.sku)


def _countable(item_id: UUID) -> InventoryItem:
    item = next(iter(InventoryItem.objects.raw(_ITEMS, [[item_id]])), None)
    if item is None:
        raise NotFound(kind="inventory item", id=ids.encode(ids.INVENTORY_ITEM, item_id))
    if item.is_kit:
        raise KitHasNoStock(sku=item.sku)
    return item


def find_or_make(item_id: UUID, location_id: UUID) -> UUID:
    """The id of the level of an item at a location; made, empty, when it is missing. Raises as require_stocked."""
    require_stocked(item_id, location_id)
    ensure({(item_id, location_id)})
    return InventoryLevel.objects.values_list("pk", flat=True).get(item_id=item_id, location_id=location_id)


def obtain(item_id: UUID, location_id: UUID) -> InventoryLevel:
    """The same, locked, with its counters."""
    level_id = find_or_make(item_id, location_id)
    return lock_rows({level_id})[level_id]


def obtain_all(pairs: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], InventoryLevel]:
    """The levels of (item, location), made where they are missing, locked in order, with their counters."""
    ensure(pairs)
    rows = InventoryLevel.objects.filter(
        item_id__in={item for item, _ in pairs}, location_id__in={location for _, location in pairs}
    )
    wanted = {pk for pk, *pair in rows.values_list("pk", "item_id", "location_id") if tuple(pair) in pairs}
    return {(level.item_id, level.location_id): level for level in lock_rows(wanted).values()}

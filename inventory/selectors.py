"""Reading stock. What has expired counts no more in any of it, whether or not it has been cleaned away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, QuerySet

from inventory.models import InventoryLevel, KitComponent, Reservation
from oms.web.limits import answering, narrow

# Of a kit a location has as many as its scarcest component there suffices for. A location that owes its safety stock
# counts as 0, as it does when an order is placed.
_THERE = """
WITH part AS (
    SELECT asked.id AS asked_id, coalesce(recipe.component_id, asked.id) AS item_id,
           coalesce(recipe.quantity, 1) AS quantity
    FROM unnest(%s::uuid[]) AS asked(id) LEFT JOIN inventory_kitcomponent AS recipe ON recipe.kit_id = asked.id
), there AS (
    SELECT part.asked_id, place.id AS location_id, bool_or(level.id IS NOT NULL) AS is_kept,
           min(greatest(coalesce(level.available::bigint - level.backordered + (
               SELECT coalesce(sum(held.quantity + held.backordered), 0)::bigint FROM inventory_reservation AS held
               WHERE held.level_id = level.id AND held.expires_at <= now() AND NOT held.is_kept
           ), 0), 0) / part.quantity)::int AS units
    FROM part CROSS JOIN inventory_stocklocation AS place LEFT JOIN inventory_inventorylevel AS level
      ON level.item_id = part.item_id AND level.location_id = place.id AND level.deleted_at IS NULL
    WHERE {places} GROUP BY part.asked_id, place.id
)
"""
_IN_ALL = "SELECT asked_id, sum(units) FROM there GROUP BY asked_id"
_BY_LOCATION = "SELECT asked_id, location_id, units FROM there WHERE is_kept ORDER BY location_id"


def available_at(item_ids: Collection[UUID], locations: Collection[UUID] | QuerySet[Any, Any]) -> dict[UUID, int]:
    """What can be promised of each of these items at the active ones of these locations together, in one query.

    locations: ids, or a query that yields them. A kit comes whole from one location, so what the locations have of it
    is added up. What others wait for somewhere is theirs, as when an order is placed. Every item asked for is in the
    answer.
    """
    if isinstance(locations, QuerySet):
        chosen, parameters = locations.query.sql_with_params()
        places = f"place.is_active AND place.id IN ({chosen})"
    else:
        places, parameters = "place.is_active AND place.id = ANY(%s)", (list(locations),)
    with connection.cursor() as cursor:
        cursor.execute(_THERE.format(places=places) + _IN_ALL, [list(item_ids), *parameters])
        return dict.fromkeys(item_ids, 0) | dict(cursor.fetchall())


def kits_by_location(kit_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, int]]:
    """How many of each kit every location has that may be seen and keeps any of its components, in one query; none
    for no kits."""
    found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    seen = answering.get().locations
    places, parameters = ("true", ()) if seen is None else ("place.id = ANY(%s)", (list(seen),))
    if kit_ids:
        with connection.cursor() as cursor:
            cursor.execute(_THERE.format(places=places) + _BY_LOCATION, [list(kit_ids), *parameters])
            for kit_id, location_id, units in cursor.fetchall():
                found[kit_id][location_id] = units
    return found


def kept_levels(path: str) -> Prefetch[Any]:
    """The levels of items that are not deleted and that may be seen, for `prefetch_related`, in one query."""
    seen = narrow(InventoryLevel.objects.kept().counted().order_by("pk"), answering.get())
    return Prefetch(path, seen)


def components(path: str = "components") -> Prefetch[Any]:
    """What kits consist of, for `prefetch_related`, in one query."""
    return Prefetch(path, KitComponent.objects.select_related("component"))


def reservations_with_items(*, expired: bool = False) -> QuerySet[Reservation]:
    """Reservations that count, with their level, its item, and that item's levels: two queries.

    expired: also those that count no more.
    """
    rows = Reservation.objects.all() if expired else Reservation.objects.live()
    return rows.select_related("level__item").prefetch_related(kept_levels("level__item__levels"))

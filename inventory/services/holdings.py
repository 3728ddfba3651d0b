"""What an order holds, for those who plan with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from inventory.models import Reservation, StockLocation
from oms.core import ids
from oms.core.errors import NotFound


def by_item(order_id: UUID) -> Mapping[UUID, Mapping[UUID, Mapping[UUID, int]]]:
    """Units on the shelf by order line, item and location, in one query. What is backordered is not among them."""
    held: dict[UUID, dict[UUID, dict[UUID, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    rows = Reservation.objects.filter(order_id=order_id, quantity__gt=0, line_id__isnull=False)
    for line_id, item_id, location_id, quantity in rows.order_by(
        "level__location__priority", "level__location__code"
    ).values_list("line_id", "level__item_id", "level__location_id", "quantity"):
        if line_id is not None:
            held[line_id][item_id][location_id] += quantity
    return held


def promised(order_id: UUID) -> Mapping[UUID, Mapping[UUID, int]]:
    """Units that are held or waited for, wherever they are, by order line and item, in one query."""
    found: dict[UUID, dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    rows = Reservation.objects.filter(order_id=order_id, line_id__isnull=False)
    for line_id, item_id, held, waiting in rows.values_list("line_id", "level__item_id", "quantity", "backordered"):
        if line_id is not None:
            found[line_id][item_id] += held + waiting
    return found


def by_line(
    order_id: UUID, recipes: Mapping[UUID, Mapping[UUID, int]] | None = None
) -> Mapping[UUID, Mapping[UUID, int]]:
    """Units that lie ready by order line and location, in the units that were sold: of kits the whole ones.

    recipes: units by item in one of each line that is of a kit.
    """
    return {line_id: _whole(items, (recipes or {}).get(line_id, {})) for line_id, items in by_item(order_id).items()}


def _whole(items: Mapping[UUID, Mapping[UUID, int]], recipe: Mapping[UUID, int]) -> dict[UUID, int]:
    units: dict[UUID, int] = {}
    for location_id in dict.fromkeys(location_id for there in items.values() for location_id in there):
        there = {item: places.get(location_id, 0) for item, places in items.items()}
        whole = min(there.get(item, 0) // each for item, each in recipe.items()) if recipe else sum(there.values())
        if whole:
            units[location_id] = whole
    return units


def require_locations(location_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The names of these stock locations by id, in one query. Raises NotFound for one that does not exist."""
    names = dict(StockLocation.objects.filter(pk__in=location_ids).values_list("pk", "name"))
    for location_id in location_ids:
        if location_id not in names:
            raise NotFound(kind="stock location", id=ids.encode(ids.STOCK_LOCATION, location_id))
    return names

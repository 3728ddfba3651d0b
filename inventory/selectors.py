"""Reading stock."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet, Sum
from django.db.models.functions import Greatest

from inventory.models import InventoryLevel, Reservation


def available_at(item_ids: Collection[UUID], locations: Collection[UUID] | QuerySet[Any, Any]) -> dict[UUID, int]:
    """What can be promised of each of these items at the active ones of these locations together, in one query.

    locations: ids, or a query that yields them. A location that owes its safety stock counts as 0, and what others wait
    for there is theirs, as when an order is placed. Every item asked for is in the answer.
    """
    rows = (
        InventoryLevel.objects.filter(item_id__in=item_ids, location_id__in=locations, location__is_active=True)
        .values_list("item_id")
        .annotate(units=Sum(Greatest(F("available") - F("backordered"), 0)))
    )
    return dict.fromkeys(item_ids, 0) | dict(rows)


def kept_levels(path: str) -> Prefetch[Any]:
    """The levels of items that are not deleted, for `prefetch_related`, in one query."""
    return Prefetch(path, InventoryLevel.objects.kept().order_by("pk"))


def reservations_with_items() -> QuerySet[Reservation]:
    """Reservations with their level, its item, and that item's levels: two queries."""
    return Reservation.objects.select_related("level__item").prefetch_related(kept_levels("level__item__levels"))

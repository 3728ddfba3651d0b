"""What an order holds, for those who plan with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from inventory.models import Reservation, StockLocation
from oms.core import ids
from oms.core.errors import NotFound


def by_line(order_id: UUID) -> Mapping[UUID, Mapping[UUID, int]]:
    """Units on the shelf by order line and location, in one query. What is backordered is not among them."""
    held: dict[UUID, dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    rows = Reservation.objects.filter(order_id=order_id, quantity__gt=0, line_id__isnull=False)
    for line_id, location_id, quantity in rows.order_by(
        "level__location__priority", "level__location__code"
    ).values_list("line_id", "level__location_id", "quantity"):
        if line_id is not None:
            held[line_id][location_id] += quantity
    return held


def require_location(location_id: UUID) -> None:
    """Raises NotFound when there is no such stock location."""
    if not StockLocation.objects.filter(pk=location_id).exists():
        raise NotFound(kind="stock location", id=ids.encode(ids.STOCK_LOCATION, location_id))

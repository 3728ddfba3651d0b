"""What an order holds, and why it ships from there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from inventory.models import Reservation, SourcingDecision
from inventory.providers.base import Held, Sourced


def of_order(order_id: UUID) -> list[Held]:
    """What an order holds and waits for, by the priority of the locations, in one query."""
    rows = Reservation.objects.filter(order_id=order_id).order_by(
        "level__location__priority", "level__location__code", "pk"
    )
    wanted = ("line_id", "level__item_id", "level__location_id", "quantity", "backordered")
    return [Held(*row) for row in rows.values_list(*wanted)]


def waiting() -> QuerySet[Any, Any]:
    """The ids of orders that wait for goods, as a query of one column."""
    return Reservation.objects.filter(backordered__gt=0, order_id__isnull=False).values("order_id")


def sourced(order_id: UUID) -> Sourced | None:
    """The newest decision on an order, in one query."""
    found = SourcingDecision.objects.filter(order_id=order_id).order_by("-created_at", "-pk").first()
    if found is None:
        return None
    return Sourced(found.public_id, found.strategy, found.parcels, found.candidates, found.created_at)

"""Closing the shortages of what waits no longer."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from inventory.models import Reservation, StockShortage
from oms.core.actors import Actor


def settle_void(reservation_ids: Collection[UUID], *, actor: Actor) -> None:
    """Close the open shortages of those of these reservations that wait for nothing any more, or are gone.

    Nobody needs to look for goods that nobody is promised. One statement, none for no reservations; a repeat finds
    nothing.
    """
    if not reservation_ids:
        return
    waiting = Reservation.objects.filter(pk=OuterRef("reservation_id"), backordered__gt=0)
    StockShortage.objects.filter(~Exists(waiting), reservation_id__in=reservation_ids, settled_at=None).update(
        settled_at=Now(), settled_by=actor.as_dict()
    )

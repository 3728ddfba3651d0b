"""The cleaner of expired reservations. Nothing waits for it: it keeps the table small and the ledger up to date."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from inventory.models import Reservation
from inventory.services import levels
from oms.core.transactions import atomic

BATCH: Final = 200  # levels locked at a time


def release_all_expired() -> int:
    """Let go of all that has expired, a batch of levels in each transaction; at how many levels. Repeats find none."""
    seen, after = 0, UUID(int=0)
    while batch := _levels(after):
        with atomic():
            levels.lock_rows(batch)  # which lets go of what has expired on them
        seen, after = seen + len(batch), batch[-1]
    return seen


def _levels(after: UUID) -> list[UUID]:
    """The next levels, by id, on which something has expired."""
    rows = Reservation.objects.expired().filter(level_id__gt=after)
    return list(rows.order_by("level_id").values_list("level_id", flat=True).distinct()[:BATCH])

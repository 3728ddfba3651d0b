"""Reading the ledger: what lay where at a past instant, and the movements of levels, a page at a time.

Both take the levels that whoever asks may see, so that nothing else is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from django.db import connection

from inventory.models import StockMovement


@dataclass(frozen=True, slots=True)
class Then:
    """The counters of a level at an instant. What was kept back as safety stock then, the ledger does not tell."""

    on_hand: int
    reserved: int
    backordered: int
    incoming: int


# On hand and reserved stand in the last row by then. The other two are what they are now without what came later: few
# rows move them, and those have an index of their own, so a level with a long history costs no more than another.
_THEN: Final = """
SELECT level.id, last.on_hand_after, last.reserved_after,
       level.backordered - later.backordered, level.incoming - later.incoming
FROM inventory_inventorylevel AS level
CROSS JOIN LATERAL (
    SELECT on_hand_after, reserved_after FROM inventory_stockmovement
    WHERE level_id = level.id AND occurred_at <= %(at)s ORDER BY occurred_at DESC, seq DESC LIMIT 1
) AS last
CROSS JOIN LATERAL (
    SELECT coalesce(sum(delta_backordered), 0)::int AS backordered, coalesce(sum(delta_incoming), 0)::int AS incoming
    FROM inventory_stockmovement
    WHERE level_id = level.id AND occurred_at > %(at)s AND (delta_backordered <> 0 OR delta_incoming <> 0)
) AS later
WHERE level.id = ANY(%(levels)s)
"""


def stock_then(level_ids: Collection[UUID], at: datetime) -> Mapping[UUID, Then]:
    """What those of these levels that had a history by then held at an instant, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_THEN, {"levels": list(level_ids), "at": at})
        return {row[0]: Then(*row[1:]) for row in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the ledger ended: the rows before it come next. As text it goes into an address."""

    occurred_at: datetime
    seq: int
    level_id: UUID

    @classmethod
    def of(cls, row: StockMovement) -> Self:
        return cls(row.occurred_at, row.seq, row.level_id)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is no place."""
        try:
            at, seq, level_id = text.split("_")
            place = cls(datetime.fromisoformat(at), int(seq), UUID(level_id))
        except ValueError:
            return None
        return place if place.occurred_at.tzinfo and abs(place.seq) < 1 << 63 else None

    def __str__(self) -> str:
        return f"{self.occurred_at.isoformat()}_{self.seq}_{self.level_id.hex}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows of the ledger are meant. since: from then on; until: before then; before: those behind that place."""

    kinds: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    before: Place | None = None


_ROWS: Final = """
SELECT moved.id FROM unnest(%(levels)s::uuid[]) AS level(id) CROSS JOIN LATERAL (
    SELECT id, occurred_at, seq, level_id FROM inventory_stockmovement WHERE level_id = level.id {narrowed}
    ORDER BY occurred_at DESC, seq DESC LIMIT %(limit)s
) AS moved ORDER BY moved.occurred_at DESC, moved.seq DESC, moved.level_id DESC LIMIT %(limit)s
"""


def ledger(level_ids: Collection[UUID], wanted: Wanted, *, limit: int) -> list[StockMovement]:
    """The newest movements of these levels, each with its level, item and location: two queries, however long it is.

    Of one level the rows are in the order of their numbers, so what was there after each (`on_hand_after`) runs on.
    """
    narrowed = ""
    given: dict[str, Any] = {"levels": list(level_ids), "limit": limit, "kinds": list(wanted.kinds)}
    if wanted.kinds:
        narrowed += " AND kind = ANY(%(kinds)s)"
    if wanted.since:
        narrowed, given = narrowed + " AND occurred_at >= %(since)s", given | {"since": wanted.since}
    if wanted.until:
        narrowed, given = narrowed + " AND occurred_at < %(until)s", given | {"until": wanted.until}
    if place := wanted.before:
        narrowed += " AND occurred_at <= %(at)s AND (occurred_at, seq, level_id) < (%(at)s, %(seq)s, %(level)s)"
        given |= {"at": place.occurred_at, "seq": place.seq, "level": place.level_id}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS.format(narrowed=narrowed), given)
        found = [row[0] for row in cursor.fetchall()]
    rows = StockMovement.objects.select_related("level__item", "level__location").in_bulk(found)
    return [rows[pk] for pk in found]

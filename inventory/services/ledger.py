"""The one way in which a counter of a level moves: together with its row of the ledger, in one statement.

The guard is the database's: on hand is never negative and never below what is reserved (CHECK constraints), whatever
was read before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from inventory.enums import MovementKind
from inventory.services import alerts
from oms.core import bulk, ids
from oms.core.actors import Actor
from oms.core.hooks import Hook


class Movement(msgspec.Struct, kw_only=True):
    """A change of one level's counters. At most one for each level in a call of `post`."""

    level_id: UUID
    kind: MovementKind
    on_hand: int = 0
    reserved: int = 0
    backordered: int = 0
    incoming: int = 0
    reason: str = ""
    note: str = ""
    cause: str = ""
    cause_id: UUID | None = None
    id: UUID = msgspec.field(default_factory=ids.new_id)


def _nobody(level_ids: Sequence[UUID]) -> None:
    return None


_together: ContextVar[bool] = ContextVar("together", default=False)

# Called, in the transaction, with levels that have free units while somebody waits for goods there.
freed: Hook[[Sequence[UUID]], None] = Hook("freed", _nobody)

# `level` is joined once more as `old`, because RETURNING tells of the row after the change alone (PostgreSQL 15). The
# caller has locked it, so both are the same row.
_POST = """
WITH {beside}moved AS (
    SELECT * FROM json_to_recordset(%s) AS m(
        id uuid, level_id uuid, kind text, on_hand int, reserved int, backordered int, incoming int,
        reason text, note text, cause text, cause_id uuid)
), levels AS (
    UPDATE inventory_inventorylevel AS level SET
        on_hand = level.on_hand + moved.on_hand,
        reserved = level.reserved + moved.reserved,
        backordered = level.backordered + moved.backordered,
        incoming = level.incoming + moved.incoming,
        is_low = CASE WHEN %s THEN level.is_low ELSE coalesce(
            level.on_hand::bigint + moved.on_hand - level.reserved - moved.reserved - level.safety_stock
            - level.backordered - moved.backordered
            <= coalesce(level.low_stock_threshold, item.low_stock_threshold), false) END,
        ledger_seq = level.ledger_seq + 1,
        deleted_at = NULL,
        updated_at = clock_timestamp()
    FROM moved
    JOIN inventory_inventorylevel AS old ON old.id = moved.level_id
    JOIN inventory_inventoryitem AS item ON item.id = old.item_id
    WHERE level.id = moved.level_id
    RETURNING moved.id, level.id AS level_id, level.item_id, level.location_id, item.sku, level.ledger_seq,
        level.on_hand, level.reserved, level.available, level.is_low, old.is_low AS was_low,
        coalesce(level.low_stock_threshold, item.low_stock_threshold) AS threshold,
        level.backordered > 0 AND level.available > 0 AS is_free
), history AS (
    INSERT INTO inventory_stockmovement (
        id, level_id, seq, kind, delta_on_hand, delta_reserved, delta_backordered, delta_incoming,
        on_hand_after, reserved_after, occurred_at, reason, note, cause, cause_id, actor)
    SELECT moved.id, moved.level_id, levels.ledger_seq, moved.kind, moved.on_hand, moved.reserved, moved.backordered,
        moved.incoming, levels.on_hand, levels.reserved, clock_timestamp(), moved.reason, moved.note, moved.cause,
        moved.cause_id, %s::jsonb
    FROM moved JOIN levels ON levels.id = moved.id
)
SELECT (SELECT count(*) FROM levels), told.level_id, told.item_id, told.location_id, told.sku, told.is_low,
    told.available, told.threshold, told.is_low <> told.was_low, told.is_free
FROM (SELECT) AS always LEFT JOIN levels AS told ON told.is_low <> told.was_low OR told.is_free
"""


def post(movements: Sequence[Movement], *, actor: Actor, beside: Sequence[Sequence[bulk.Row]] = ()) -> None:
    """Move the counters and write the ledger, one row for each movement; `beside`: rows that go with it, by table.

    A deleted level that moves is there again. A level that becomes low, or is so no longer, has its alert raised or
    closed. The caller has locked the levels (`levels.lock`), in order. Raises IntegrityError where a movement would
    break a counter, which a service has ruled out before; ValueError when a level does not exist or comes twice.
    """
    if not movements:
        bulk.insert(*beside)
        return
    sql, values = bulk.parts(*beside)
    post_sql = _POST.replace("{beside}", f"{sql}, " if sql else "")
    actor_json: Any = msgspec.json.encode(actor.as_dict()).decode()
    in_part = _together.get()
    with connection.cursor() as cursor:
        cursor.execute(post_sql, [*values, msgspec.json.encode(movements).decode(), in_part, actor_json])
        rows = cursor.fetchall()
    if rows[0][0] != len(movements):
        raise ValueError("a movement names a level that does not exist, or one level twice")
    if turned := [alerts.Turned(*row[1:8]) for row in rows if row[8]]:
        alerts.follow(turned, actor=actor)
    if not in_part and (free := [row[1] for row in rows if row[9]]):
        freed(free)


@contextmanager
def together() -> Iterator[None]:
    """Movements that are one act, though a level moves several times in it: what comes between them was never so.

    Whoever opens it hands on what is free when all is done, and has the levels judged (`alerts.judge`).
    """
    token = _together.set(True)
    try:
        yield
    finally:
        _together.reset(token)

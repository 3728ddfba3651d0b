"""The one way in which a counter of a level moves: together with its row of the ledger, in one statement.

The guard is the database's: on hand is never negative and never below what is reserved (CHECK constraints), whatever
was read before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from inventory.enums import MovementKind
from oms.core import ids
from oms.core.actors import Actor


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


_POST = """
WITH moved AS (
    SELECT * FROM json_to_recordset(%s) AS m(
        id uuid, level_id uuid, kind text, on_hand int, reserved int, backordered int, incoming int,
        reason text, note text, cause text, cause_id uuid)
), levels AS (
    UPDATE inventory_inventorylevel AS level SET
        on_hand = level.on_hand + moved.on_hand,
        reserved = level.reserved + moved.reserved,
        backordered = level.backordered + moved.backordered,
        incoming = level.incoming + moved.incoming,
        ledger_seq = level.ledger_seq + 1,
        deleted_at = NULL,
        updated_at = clock_timestamp()
    FROM moved WHERE level.id = moved.level_id
    RETURNING moved.id, level.ledger_seq, level.on_hand, level.reserved
)
INSERT INTO inventory_stockmovement (
    id, level_id, seq, kind, delta_on_hand, delta_reserved, delta_backordered, delta_incoming,
    on_hand_after, reserved_after, occurred_at, reason, note, cause, cause_id, actor)
SELECT moved.id, moved.level_id, levels.ledger_seq, moved.kind, moved.on_hand, moved.reserved, moved.backordered,
    moved.incoming, levels.on_hand, levels.reserved, clock_timestamp(), moved.reason, moved.note, moved.cause,
    moved.cause_id, %s::jsonb
FROM moved JOIN levels ON levels.id = moved.id
"""


def post(movements: Sequence[Movement], *, actor: Actor) -> None:
    """Move the counters and write the ledger, one row for each movement.

    A deleted level that moves is there again. The caller has locked the levels (`levels.lock`), in order. Raises
    IntegrityError where a movement would break a counter, which a service has ruled out before; ValueError when a level
    does not exist or comes twice.
    """
    if not movements:
        return
    actor_json: Any = msgspec.json.encode(actor.as_dict()).decode()
    with connection.cursor() as cursor:
        cursor.execute(_POST, [msgspec.json.encode(movements).decode(), actor_json])
        if cursor.rowcount != len(movements):
            raise ValueError("a movement names a level that does not exist, or one level twice")

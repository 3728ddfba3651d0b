"""The one way in which pooled stock moves: counters together with a row of the ledger, in one statement.

As with levels (`inventory.services.ledger`), the database guards the counters, whatever was read before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection

from inventory.enums import MovementKind
from inventory.models import PooledStock
from oms.core import ids, locks
from oms.core.actors import Actor
from oms.core.hooks import Hook


class Movement(msgspec.Struct, kw_only=True):
    """A change of one item's counters. At most one for each item in a call of `post`."""

    item_id: UUID
    kind: MovementKind
    on_hand: int = 0
    reserved: int = 0
    backordered: int = 0
    reason: str = ""
    note: str = ""
    cause: str = ""
    cause_id: UUID | None = None
    id: UUID = msgspec.field(default_factory=ids.new_id)


def _nobody(item_ids: Sequence[UUID]) -> None:
    return None


# Called, in the transaction, with items that have free units while somebody waits for them.
freed: Hook[[Sequence[UUID]], None] = Hook("freed", _nobody)

_POST: Final = """
WITH moved AS (
    SELECT * FROM json_to_recordset(%s) AS m(
        id uuid, item_id uuid, kind text, on_hand int, reserved int, backordered int,
        reason text, note text, cause text, cause_id uuid)
), stocks AS (
    UPDATE inventory_pooledstock AS stock SET
        on_hand = stock.on_hand + moved.on_hand,
        reserved = stock.reserved + moved.reserved,
        backordered = stock.backordered + moved.backordered,
        ledger_seq = stock.ledger_seq + 1,
        updated_at = clock_timestamp()
    FROM moved WHERE stock.item_id = moved.item_id
    RETURNING moved.id, stock.item_id, stock.ledger_seq, stock.on_hand, stock.reserved,
        stock.backordered > 0 AND stock.available > 0 AS is_free
), history AS (
    INSERT INTO inventory_pooledmovement (
        id, stock_id, seq, kind, delta_on_hand, delta_reserved, delta_backordered, on_hand_after, reserved_after,
        occurred_at, reason, note, cause, cause_id, actor)
    SELECT moved.id, moved.item_id, stocks.ledger_seq, moved.kind, moved.on_hand, moved.reserved, moved.backordered,
        stocks.on_hand, stocks.reserved, clock_timestamp(), moved.reason, moved.note, moved.cause, moved.cause_id,
        %s::jsonb
    FROM moved JOIN stocks ON stocks.id = moved.id
)
SELECT count(*), array_agg(item_id) FILTER (WHERE is_free) FROM stocks
"""


def post(movements: Sequence[Movement], *, actor: Actor) -> None:
    """Move the counters and write the ledger, one row for each movement.

    The caller has locked the stock (`lock`). Raises IntegrityError where a movement would break a counter, which a
    service has ruled out before; ValueError when an item has no stock row or comes twice.
    """
    if not movements:
        return
    actor_json: Any = msgspec.json.encode(actor.as_dict()).decode()
    with connection.cursor() as cursor:
        cursor.execute(_POST, [msgspec.json.encode(movements).decode(), actor_json])
        count, free = cursor.fetchone()
    if count != len(movements):
        raise ValueError("a movement names an item that has no stock, or one item twice")
    if free:
        freed(free)


def read(item_ids: Collection[UUID]) -> dict[UUID, PooledStock]:
    """The stock of these items as it is at this moment, by item. What was never counted nor sold is missing."""
    return {row.pk: row for row in PooledStock.objects.filter(pk__in=item_ids)}


def lock(item_ids: Collection[UUID]) -> dict[UUID, PooledStock]:
    """The same, locked in the order of the items' ids until the end of the transaction."""
    return {row.pk: row for row in locks.lock(locks.Rank.LEVEL, PooledStock.objects.filter(pk__in=item_ids))}


def ensure(item_ids: Collection[UUID]) -> None:
    """Make the stock of these items where there is none yet, empty. Repeats and races do nothing.

    To be called before anything is locked: it waits for whoever is making the same row.
    """
    if not item_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_pooledstock (item_id, on_hand, reserved, backordered, ledger_seq)"
            " SELECT item_id, 0, 0, 0, 0 FROM unnest(%s::uuid[]) AS new(item_id)"
            " ON CONFLICT (item_id) DO NOTHING",
            [sorted(item_ids)],
        )

"""Proving pooled stock: counters are the sum of their ledger and of the open reservations; and what was there when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import connection

from inventory.errors import UnknownSku
from inventory.models import InventoryItem
from inventory.providers.base import Difference, Proof, StockThen

_COMPARE: Final = """
WITH steps AS (
    SELECT stock_id, seq, delta_on_hand, delta_reserved, delta_backordered, on_hand_after, reserved_after, occurred_at,
           lag(seq, 1, 0::bigint) OVER history + 1 AS next_seq,
           lag(on_hand_after, 1, 0) OVER history + delta_on_hand AS next_on_hand,
           lag(reserved_after, 1, 0) OVER history + delta_reserved AS next_reserved,
           lag(occurred_at) OVER history AS time_before
    FROM inventory_pooledmovement {of_stock} WINDOW history AS (PARTITION BY stock_id ORDER BY seq)
), told AS (
    SELECT stock_id, count(*) AS rows, max(seq) AS seq, sum(delta_on_hand) AS on_hand,
           sum(delta_reserved) AS reserved, sum(delta_backordered) AS backordered,
           min(seq) FILTER (WHERE seq <> next_seq) AS gap_at,
           min(seq) FILTER (WHERE on_hand_after <> next_on_hand) AS on_hand_breaks_at,
           min(seq) FILTER (WHERE reserved_after <> next_reserved) AS reserved_breaks_at,
           min(seq) FILTER (WHERE occurred_at < time_before) AS time_breaks_at
    FROM steps GROUP BY stock_id
), held AS (
    SELECT stock_id, sum(quantity) AS reserved, sum(backordered) AS backordered
    FROM inventory_pooledreservation {of_stock} GROUP BY stock_id
)
SELECT item.sku, coalesce(told.rows, 0) AS rows, stock.on_hand, stock.reserved, stock.backordered, stock.ledger_seq,
       coalesce(told.on_hand, 0) AS told_on_hand, coalesce(told.reserved, 0) AS told_reserved,
       coalesce(told.backordered, 0) AS told_backordered, coalesce(told.seq, 0) AS told_seq,
       coalesce(held.reserved, 0) AS held_reserved, coalesce(held.backordered, 0) AS held_backordered,
       told.gap_at, told.on_hand_breaks_at, told.reserved_breaks_at, told.time_breaks_at
FROM inventory_pooledstock AS stock JOIN inventory_inventoryitem AS item ON item.id = stock.item_id
LEFT JOIN told ON told.stock_id = stock.item_id LEFT JOIN held ON held.stock_id = stock.item_id
{of_item} ORDER BY item.sku
"""

_COUNTERS: Final = (
    ("on_hand", "told_on_hand", "on hand and the sum of the ledger"),
    ("reserved", "told_reserved", "reserved and the sum of the ledger"),
    ("backordered", "told_backordered", "backordered and the sum of the ledger"),
    ("ledger_seq", "told_seq", "number of the last ledger row"),
    ("reserved", "held_reserved", "reserved and the open reservations"),
    ("backordered", "held_backordered", "backordered and the open reservations"),
)
_STEPS: Final = (
    ("gap_at", "numbers of the ledger without gaps"),
    ("on_hand_breaks_at", "running on hand of the ledger"),
    ("reserved_breaks_at", "running reserved of the ledger"),
    ("time_breaks_at", "times of the ledger that do not go back"),
)


def verify(*, sku: str | None = None) -> Proof:
    """Compare the counters (of one item) with their ledger and their reservations, in one snapshot. Writes nothing.

    The ledger must count without gaps, its running figures follow from its changes, its times not go back. Raises
    UnknownSku.
    """
    count = rows = 0
    differences: list[Difference] = []
    for row in _rows(sku):
        count, rows = count + 1, rows + row["rows"]
        differences += _differences(row)
    return Proof(count, rows, differences)


def _rows(sku: str | None) -> Iterator[dict[str, Any]]:
    item = _item(sku)
    sql = _COMPARE.format(
        of_stock="WHERE stock_id = %(item)s" if item else "", of_item="WHERE stock.item_id = %(item)s" if item else ""
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"item": item})
        columns = [column.name for column in cursor.description]
        for row in cursor:
            yield dict(zip(columns, row, strict=True))


def _differences(row: dict[str, Any]) -> Iterator[Difference]:
    for found, expected, what in _COUNTERS:
        if row[found] != row[expected]:
            yield Difference("", row["sku"], "", what, str(row[expected]), str(row[found]))
    for breaks_at, what in _STEPS:
        if row[breaks_at] is not None:
            yield Difference("", row["sku"], "", what, "", "", row[breaks_at])


_THEN: Final = """
SELECT item.sku, '', sum(delta_on_hand)::int, sum(delta_reserved)::int, sum(delta_backordered)::int
FROM inventory_pooledmovement AS row JOIN inventory_inventoryitem AS item ON item.id = row.stock_id
WHERE occurred_at <= %(at)s {where} GROUP BY item.sku ORDER BY item.sku
"""


def stock_at(at: datetime, *, sku: str | None = None) -> Iterator[StockThen]:
    """What was there (of one item) at an instant, as the ledger tells it, by sku. Streamed. Raises UnknownSku."""
    item = _item(sku)
    with connection.chunked_cursor() as cursor:
        cursor.execute(_THEN.format(where="AND stock_id = %(item)s" if item else ""), {"at": at, "item": item})
        for row in cursor:
            yield StockThen(*row)


def _item(sku: str | None) -> Any:
    if sku is None:
        return None
    found = InventoryItem.objects.filter(sku=sku).values_list("pk", flat=True).first()
    if found is None:
        raise UnknownSku(sku=sku)
    return found

"""Proving the stock ledger, beside one plain sum over it by level."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from contextlib import closing
from typing import Any, Final

import psycopg
from rich.console import Console
from rich.table import Table

from bench import database
from bench.bars import WIDTH, Bar, Report

ROWS: Final = 1_000_000
LEAST: Final = 200_000  # rows a second
MOST_ROUNDS: Final = 3

# Each level goes up and down by what its rows say, and its counters end as their sum.
_FILL: Final = """
INSERT INTO inventory_stockmovement (
    id, level_id, seq, kind, delta_on_hand, delta_reserved, delta_backordered, delta_incoming, on_hand_after,
    reserved_after, occurred_at, reason, note, cause, cause_id, actor)
SELECT gen_random_uuid(), level.id, level.ledger_seq + step, 'adjust',
    CASE WHEN step %% 2 = 1 THEN 3 ELSE -1 END, 0, 0, 0,
    level.on_hand + (step / 2) * 2 + CASE WHEN step %% 2 = 1 THEN 3 ELSE 0 END, level.reserved,
    clock_timestamp(), 'correction', '', 'bench', NULL, '{}'
FROM inventory_inventorylevel AS level CROSS JOIN generate_series(1, %(each)s) AS step ORDER BY step, level.id
"""
_COUNT: Final = """
UPDATE inventory_inventorylevel AS level SET
    ledger_seq = ledger_seq + %(each)s,
    on_hand = on_hand + (%(each)s / 2) * 2 + CASE WHEN %(each)s %% 2 = 1 THEN 3 ELSE 0 END
"""
_FLOOR: Final = """
SELECT count(*) FROM (
    SELECT level_id, max(seq), count(*), sum(delta_on_hand), sum(delta_reserved), sum(delta_backordered)
    FROM inventory_stockmovement GROUP BY level_id) AS told
"""


def run(arguments: argparse.Namespace) -> Report:
    """A ledger of a million rows, over all levels of a shop, proved some times, each by a process."""
    with arguments.shops.empty("verify") as url, closing(psycopg.connect(url, autocommit=True)) as connection:
        levels = int((connection.execute("SELECT count(*) FROM inventory_inventorylevel").fetchone() or (0,))[0])
        for statement in (_FILL, _COUNT):
            connection.execute(statement.encode(), {"each": ROWS // levels})
        connection.execute("VACUUM ANALYZE inventory_stockmovement, inventory_inventorylevel")
        rounds = [_round(url, connection) for _ in range(min(arguments.rounds, MOST_ROUNDS))]
    middle = {name: statistics.median(each[name] for each in rounds) for name in ("seconds", "floor_seconds")}
    rows = rounds[0]["rows"]
    results = {"rows": rows, "levels": levels, "rounds": rounds} | middle
    results |= {"rows_per_second": rows / middle["seconds"], "ratio": middle["floor_seconds"] / middle["seconds"]}
    _show(results)
    bar = Bar("proof of the ledger, rows a second", round(results["rows_per_second"]), least=LEAST, remark="")
    return Report(results, [bar])


def _round(url: str, connection: psycopg.Connection[Any]) -> dict[str, Any]:
    began = time.perf_counter()
    connection.execute(_FLOOR)
    floor = time.perf_counter() - began
    told: dict[str, Any] = json.loads(database.python(url, "bench.verifying"))
    return told | {"floor_seconds": floor}


def _show(results: dict[str, Any]) -> None:
    table = Table(title="Proving the stock ledger beside one sum over it by level")
    for column in ("rows", "levels", "seconds", "rows/s", "sum alone", "of the floor"):
        table.add_column(column, justify="right")
    table.add_row(
        f"{results['rows']:,}",
        f"{results['levels']:,}",
        f"{results['seconds']:.2f}",
        f"{results['rows_per_second']:,.0f}",
        f"{results['floor_seconds']:.2f} s",
        f"{results['ratio']:.2f}",
    )
    Console(width=WIDTH).print(table)

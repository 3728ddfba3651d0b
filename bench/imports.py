"""Imports beside the floor: psycopg COPY of exactly the rows that the import wrote, into the same tables, in one go."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg
from rich.console import Console
from rich.table import Table

from bench import data, database

BIG: Final = 1_000_000
# What an import inserts, parents first. Levels are updated in place and so are no part of the floor.
_TABLES: Final = (
    "orders_customer",
    "orders_order",
    "orders_orderline",
    "orders_shippingline",
    "orders_orderaddress",
    "orders_creditline",
    "payments_payment",
    "orders_timelineentry",
    "orders_hold",
    "core_outboxevent",
    "channels_importrun",
    "channels_sourcedocument",
    "channels_sourcedocumentline",
    "channels_creditmatch",
    "inventory_reservation",
    "inventory_sourcingdecision",
    "inventory_stockmovement",
)
_LEVELS: Final = "UPDATE inventory_inventorylevel SET reserved = 0, backordered = 0, ledger_seq = 0"


def run(arguments: Namespace) -> dict[str, Any]:
    """Import a generated file with both stock policies, `rounds` times, each beside its floor; then look at memory."""
    results: dict[str, Any] = {"lines": arguments.lines}
    with database.scratch("oms_bench_imports") as url, tempfile.TemporaryDirectory() as folder:
        _python(url, "bench.importing", "--seed", str(data.SKUS))
        path = data.online_retail(Path(folder) / "orders.csv", arguments.lines)
        for stock in ("skip", "update"):
            rounds = [_round(url, path, stock) for _ in range(arguments.rounds)]
            results[stock] = {"rounds": rounds} | {
                name: round(statistics.median(each[name] for each in rounds), 3) for name in rounds[0]
            }
        results["peak_mb"] = {arguments.lines: results["skip"]["peak_mb"]}
        if arguments.memory:
            big = data.online_retail(Path(folder) / "many.csv", BIG)
            results["big"] = _round(url, big, "skip") | {"lines": BIG}
            results["peak_mb"][BIG] = results["big"]["peak_mb"]
            results["peak_ratio"] = round(results["peak_mb"][BIG] / results["peak_mb"][arguments.lines], 3)
    _show(results)
    return results


def _round(url: str, path: Path, stock: str) -> dict[str, float]:
    """An empty house, one import, and at once the floor of the same rows."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        _empty(connection)
        connection.execute("VACUUM (FULL, ANALYZE) inventory_inventorylevel")
    imported: dict[str, float] = json.loads(_python(url, "bench.importing", str(path), stock))
    with closing(psycopg.connect(url)) as connection:
        floor, rows = _floor(connection)
    return imported | {"floor_seconds": floor, "rows": rows, "ratio": floor / imported["seconds"]}


def _empty(connection: psycopg.Connection[Any]) -> None:
    connection.execute("ALTER TABLE inventory_stockmovement DISABLE TRIGGER USER")  # the ledger cannot be emptied else
    connection.execute(f"TRUNCATE {', '.join(_TABLES)} CASCADE".encode())
    connection.execute(_LEVELS)


def _floor(connection: psycopg.Connection[Any]) -> tuple[float, int]:
    """Dump what is there, empty the tables, COPY it back: seconds of the last step, and how many rows."""
    dumped = []
    for table in _TABLES:
        names = connection.execute(
            "SELECT string_agg(format('%%I', attname), ', ' ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            [table],
        ).fetchone()
        columns = names[0] if names else ""
        with connection.cursor().copy(f"COPY {table} ({columns}) TO STDOUT".encode()) as stream:
            dumped.append((f"COPY {table} ({columns}) FROM STDIN".encode(), [bytes(row) for row in stream]))
    _empty(connection)
    connection.commit()
    began = time.perf_counter()
    for sql, rows in dumped:
        if rows:
            with connection.cursor().copy(sql) as stream:
                for start in range(0, len(rows), 500):
                    stream.write(b"".join(rows[start : start + 500]))
    connection.commit()
    return time.perf_counter() - began, sum(len(rows) for _, rows in dumped)


def _python(url: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", *arguments], check=True, env=database.environment(url), stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def _show(results: dict[str, Any]) -> None:
    table = Table(title=f"Import of {results['lines']:,} lines beside COPY of the same rows")
    for column in ("stock", "lines", "seconds", "lines/s", "CPU µs a line", "COPY seconds", "of the floor", "peak MB"):
        table.add_column(column, justify="left" if column == "stock" else "right")
    measured = [(stock, results["lines"], results[stock]) for stock in ("skip", "update")]
    if "big" in results:
        measured.append(("skip", BIG, results["big"]))
    for stock, lines, row in measured:
        table.add_row(
            stock,
            f"{lines:,}",
            f"{row['seconds']:.2f}",
            f"{lines / row['seconds']:,.0f}",
            f"{row['cpu_seconds'] / lines * 1e6:.1f}",
            f"{row['floor_seconds']:.2f}",
            f"{row['ratio']:.2f}",
            f"{row['peak_mb']:.0f}",
        )
    Console().print(table)

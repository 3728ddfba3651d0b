"""Imports beside the floor: psycopg COPY of exactly the rows that the import wrote, into the same tables, in one go."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from argparse import Namespace
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg
from rich.console import Console
from rich.table import Table

from bench import data, database
from bench.bars import WIDTH, Bar, Report

BIG: Final = 1_000_000
MOST_ROUNDS: Final = 3
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
    "channels_importlane",
    "channels_sourcedocument",
    "channels_sourcedocumentline",
    "channels_creditmatch",
    "inventory_reservation",
    "inventory_sourcingdecision",
    "inventory_stockmovement",
)
_LEVELS: Final = "UPDATE inventory_inventorylevel SET reserved = 0, backordered = 0, ledger_seq = 0"


# Format and stock policy, and the share of the floor that is asked for.
_KINDS: Final = {
    ("online-retail", "skip"): 0.4,
    ("online-retail", "update"): 0.15,
    ("ndjson", "skip"): None,
    ("shopify", "skip"): None,
}


def run(arguments: Namespace) -> Report:
    """Import a generated file of each format some times, each beside its floor; then look at memory."""
    figures: dict[str, Any] = {"lines": arguments.lines}
    bars = []
    with arguments.shops.empty("imports") as url, tempfile.TemporaryDirectory() as folder:
        database.python(url, "bench.importing", "--seed", str(data.SKUS))
        paths = {name: make(Path(folder) / name, arguments.lines) for name, make in data.FORMATS.items()}
        rounds: dict[tuple[str, str], list[dict[str, float]]] = {kind: [] for kind in _KINDS}
        for _ in range(min(arguments.rounds, MOST_ROUNDS)):
            for name, stock in _KINDS:
                rounds[name, stock].append(_round(url, paths[name], stock))
        for (name, stock), least in _KINDS.items():
            row = _middle(rounds[name, stock])
            figures[f"{name}, {stock}"] = row
            if least is not None:
                remark = f"{arguments.lines:,} lines, middle one of {len(rounds[name, stock])} rounds"
                bars.append(Bar(f"import of {name}, stock {stock}, of COPY", row["ratio"], least=least, remark=remark))
        if arguments.memory:
            big = data.online_retail(Path(folder) / "many", BIG)
            figures["online-retail, skip, a million lines"] = row = _round(url, big, "skip")
            peak = row["peak_mb"] / figures["online-retail, skip"]["peak_mb"]
            bars.append(
                Bar("memory of an import of 1,000,000 lines", round(peak, 3), most=1.3, remark="of the small one's")
            )
    _show(figures, arguments.lines)
    return Report(figures, bars)


def _middle(rounds: Sequence[dict[str, float]]) -> dict[str, Any]:
    middle = {name: round(statistics.median(each[name] for each in rounds), 3) for name in rounds[0]}
    return {**middle, "ratios": [round(each["ratio"], 3) for each in rounds]}


def _round(url: str, path: Path, stock: str) -> dict[str, float]:
    """An empty house, one import, and at once the floor of the same rows."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        _empty(connection)
        connection.execute("VACUUM (FULL, ANALYZE) inventory_inventorylevel")
    imported: dict[str, float] = json.loads(database.python(url, "bench.importing", str(path), stock))
    with closing(psycopg.connect(url)) as connection:
        floor, text, rows = _floors(connection)
    ratios = {"ratio": floor / imported["seconds"], "ratio_to_text": text / imported["seconds"]}
    return imported | {"floor_seconds": floor, "text_seconds": text, "rows": rows} | ratios


def _empty(connection: psycopg.Connection[Any]) -> None:
    connection.execute("ALTER TABLE inventory_stockmovement DISABLE TRIGGER USER")  # the ledger cannot be emptied else
    connection.execute(f"TRUNCATE {', '.join(_TABLES)} CASCADE".encode())
    connection.execute(_LEVELS)


def _floors(connection: psycopg.Connection[Any]) -> tuple[float, float, int]:
    """Read what is there, empty the tables, COPY it back: seconds from Python values, seconds from text, and rows.

    From values is what a program pays that has the rows in memory (psycopg's write_row, as the import uses it); from
    text is the server's own share, with nothing left to convert.
    """
    tables = [(table, *_columns(connection, table)) for table in _TABLES]
    queries = [f"SELECT {read} FROM {table}".encode() for table, _, read in tables]  # noqa: S608  (names of our own)
    values = [connection.execute(query).fetchall() for query in queries]
    texts = [_text(connection, table, names) for table, names, _ in tables]
    commands = [f"COPY {table} ({names}) FROM STDIN".encode() for table, names, _ in tables]
    seconds = []
    for write, contents in ((_write_rows, values), (_write_text, texts)):
        _empty(connection)
        connection.commit()
        began = time.perf_counter()
        for command, rows in zip(commands, contents, strict=True):
            if rows:
                with connection.cursor().copy(command) as stream:
                    write(stream, rows)
        connection.commit()
        seconds.append(time.perf_counter() - began)
    return seconds[0], seconds[1], sum(map(len, values))


def _columns(connection: psycopg.Connection[Any], table: str) -> tuple[str, str]:
    """The columns of a table that are stored, by name; and as they are read: JSON as text, which COPY takes."""
    rows = connection.execute(
        "SELECT format('%%I', attname), atttypid IN ('json'::regtype, 'jsonb'::regtype) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        [table],
    ).fetchall()
    return ", ".join(name for name, _ in rows), ", ".join(
        f"{name}::text" if is_json else name for name, is_json in rows
    )


def _text(connection: psycopg.Connection[Any], table: str, names: str) -> list[bytes]:
    with connection.cursor().copy(f"COPY {table} ({names}) TO STDOUT".encode()) as stream:
        return [bytes(row) for row in stream]


def _write_rows(stream: psycopg.Copy, rows: Sequence[Any]) -> None:
    for row in rows:
        stream.write_row(row)


def _write_text(stream: psycopg.Copy, rows: Sequence[Any]) -> None:
    for start in range(0, len(rows), 500):
        stream.write(b"".join(rows[start : start + 500]))


def _show(figures: dict[str, Any], lines: int) -> None:
    table = Table(title=f"Import of {lines:,} lines beside COPY of the same rows")
    for column in (
        "format, stock",
        "seconds",
        "lines/s",
        "CPU µs a line",
        "COPY s",
        "of the floor",
        "of text",
        "peak MB",
    ):
        table.add_column(column, justify="left" if column == "format, stock" else "right")
    for name, row in figures.items():
        if not isinstance(row, dict):
            continue
        many = BIG if name.endswith("a million lines") else lines
        table.add_row(
            name,
            f"{row['seconds']:.2f}",
            f"{many / row['seconds']:,.0f}",
            f"{row['cpu_seconds'] / many * 1e6:.1f}",
            f"{row['floor_seconds']:.2f}",
            f"{row['ratio']:.2f}",
            f"{row['ratio_to_text']:.2f}",
            f"{row['peak_mb']:.0f}",
        )
    Console(width=WIDTH).print(table)

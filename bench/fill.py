"""Filling a shop with orders, a million in minutes: the server makes the rows, keys and indexes come afterwards.

What comes out holds every constraint, because each is added to what is there; `verify_stock` proves the ledger, and
`check` that statuses and totals are those that the rollup derives.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import TupleRow

_SECTION: Final = re.compile(r"^-- \[(\w+)\]$", re.MULTILINE)
_SIDE_BY_SIDE: Final = 2
# The tables that are filled, in pairs of schema order.
TABLES: Final = (
    "orders_order",
    "orders_orderline",
    "orders_timelineentry",
    "inventory_stockmovement",
    "payments_paymentattempt",
    "payments_providerevent",
    "orders_orderaddress",
    "payments_payment",
    "payments_paymentsession",
    "payments_paymentcollection",
    "orders_shippingline",
    "orders_taxline",
    "fulfillment_fulfillment",
    "fulfillment_fulfillmentline",
    "fulfillment_parcel",
    "inventory_sourcingdecision",
    "inventory_reservation",
    "core_outboxevent",
    "orders_customer",
    "orders_creditline",
    "orders_hold",
    "orders_note",
    "orders_orderlocation",
    "orders_customerchannel",
    "payments_providerwebhook",
    "payments_giftcard",
    "payments_giftcardentry",
    "payments_storecreditaccount",
    "payments_storecreditentry",
)
# Their triggers note for each row which locations and channels it concerns; the fill does it for all rows together.
_NOTING: Final = ("orders_order", "orders_customer", "inventory_reservation", "fulfillment_fulfillment")
_KEYS: Final = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid), contype::text
FROM pg_constraint WHERE contype IN ('f', 'p', 'u') AND (conrelid = ANY(%(tables)s::regclass[])
    OR contype = 'f' AND confrelid = ANY(%(tables)s::regclass[]))
ORDER BY contype = 'f' DESC, conname
"""
_INDEXES: Final = """
SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
"""
Connection = psycopg.Connection[TupleRow]


def fill(url: str, orders: int, say: Callable[[str], None]) -> float:
    """Put `orders` orders into a shop that has none yet (`bench.shop`); the seconds that it took."""
    began = time.perf_counter()
    sections = _sections(orders)
    with closing(_connect(url)) as connection:
        keys = connection.execute(_KEYS, {"tables": list(TABLES)}).fetchall()
        for table, name, _, _ in keys:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
        indexes = connection.execute(_INDEXES, [list(TABLES)]).fetchall()
        for _, name, _ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        _open_early(connection)
        _triggers(connection, "DISABLE")
        for name, statements in sections.items():
            _all(url, [[statement] for statement in statements])
            say(f"{name} {time.perf_counter() - began:.0f} s")
        _triggers(connection, "ENABLE")
    _index(url, keys, indexes)
    say(f"indexes and keys {time.perf_counter() - began:.0f} s")
    _all(url, [[f"VACUUM (ANALYZE) {table}"] for table in TABLES])
    _all(url, [["ANALYZE"], ["CHECKPOINT"]])
    return time.perf_counter() - began


def _connect(url: str) -> Connection:
    connection = psycopg.connect(url, autocommit=True)
    for setting in ("synchronous_commit = off", "work_mem = '256MB'", "maintenance_work_mem = '512MB'", "jit = off"):
        connection.execute(f"SET {setting}".encode())
    return connection


def _sections(orders: int) -> dict[str, list[str]]:
    text = "".join((Path(__file__).parent / "sql" / name).read_text() for name in ("orders.sql", "payments.sql"))
    now = f"timestamptz '{datetime.now(UTC).isoformat()}'"
    parts = _SECTION.split(text.replace("{orders}", str(orders)).replace("{now}", now))
    sections: dict[str, list[str]] = {}
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        sections.setdefault(name, []).append(body)
    return sections


def _open_early(connection: Connection) -> None:
    """The stock of a new shop was counted before its first order, or else the ledger's times would go back."""
    connection.execute("ALTER TABLE inventory_stockmovement DISABLE TRIGGER USER")  # rows of a ledger stay as they are
    connection.execute("UPDATE inventory_stockmovement SET occurred_at = occurred_at - interval '800 days'")
    connection.execute("ALTER TABLE inventory_stockmovement ENABLE TRIGGER USER")


def _triggers(connection: Connection, how: str) -> None:
    for table in _NOTING:
        connection.execute(f"ALTER TABLE {table} {how} TRIGGER USER".encode())


def _index(url: str, keys: Sequence[Any], indexes: Sequence[Any]) -> None:
    """Indexes table by table, each table by one connection; then the foreign keys, known at once and proved after."""
    work: dict[str, list[str]] = {table: [] for table in TABLES}
    for table, name, definition, kind in keys:
        if kind != "f":
            work[table].append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for table, _, definition in indexes:
        work[table].append(definition)
    _all(url, list(work.values()))
    foreign = [(table, name, definition) for table, name, definition, kind in keys if kind == "f"]
    with closing(_connect(url)) as connection:
        for table, name, definition in foreign:
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID".encode())
    proofs: dict[str, list[str]] = {}
    for table, name, _ in foreign:
        proofs.setdefault(table, []).append(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    _all(url, list(proofs.values()))


def _all(url: str, work: Sequence[Sequence[str]]) -> None:
    """Run lists of statements, _SIDE_BY_SIDE of the lists at a time."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        list(pool.map(partial(_run, url), work))


def _run(url: str, statements: Sequence[str]) -> None:
    with closing(_connect(url)) as connection:
        for statement in statements:
            connection.execute(statement.encode())

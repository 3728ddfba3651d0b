"""Many rows, few statements.

A row is a msgspec Struct whose fields are the columns of a table, in one place for one order and for two thousand.
`insert` writes any number of rows into any number of tables in a single statement; `copy` streams them with COPY,
which pays from some hundred rows on (each COPY costs its own round trips). Columns that a row does not name take the default of the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, ClassVar

import msgspec
from django.db import connection
from msgspec.structs import astuple


class Row(msgspec.Struct, kw_only=True):
    """Base of all rows. `table` is the table's name; the fields are its columns.

    JSON columns hold Python values, amounts Decimal, times aware datetimes.
    """

    table: ClassVar[str] = ""


@cache
def _columns(kind: type[Row]) -> str:
    return ", ".join(f'"{name}"' for name in kind.__struct_fields__)


@cache
def _insert_sql(kinds: tuple[type[Row], ...], returning: str) -> str:
    parts = []
    for index, kind in enumerate(kinds):
        columns = _columns(kind)
        tail = f" RETURNING {returning}" if returning and index == 0 else ""
        parts.append(
            f'w{index} AS (INSERT INTO "{kind.table}" ({columns})'
            f' SELECT {columns} FROM json_populate_recordset(NULL::"{kind.table}", %s){tail})'
        )
    return f"WITH {', '.join(parts)} SELECT {'* FROM w0' if returning else '1'}"


def insert(*batches: Sequence[Row], returning: str = "") -> list[tuple[Any, ...]]:
    """Write the batches (each of one kind of row) in one statement; empty ones are left out.

    `returning` names columns of the first batch to give back, in no particular order. Foreign keys between the
    batches are checked when the statement ends, so their order does not matter.
    """
    filled = [batch for batch in batches if batch]
    if not filled:
        return []
    sql = _insert_sql(tuple(type(batch[0]) for batch in filled), returning)
    with connection.cursor() as cursor:
        cursor.execute(sql, [msgspec.json.encode(batch).decode() for batch in filled])
        return cursor.fetchall() if returning else []


def copy(*batches: Sequence[Row]) -> None:
    """Write the batches with COPY, one after the other: parents first."""
    with connection.cursor() as cursor:
        for batch in batches:
            if batch:
                kind = type(batch[0])
                with cursor.copy(f'COPY "{kind.table}" ({_columns(kind)}) FROM STDIN') as stream:
                    for row in batch:
                        stream.write_row(_plain(astuple(row)))


def _plain(values: Iterable[Any]) -> tuple[Any, ...]:
    """JSON values become text, which COPY hands to the column as it is."""
    return tuple(msgspec.json.encode(value).decode() if type(value) is dict else value for value in values)

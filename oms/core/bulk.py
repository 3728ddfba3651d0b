"""Many rows, few statements.

A row is a msgspec Struct whose fields are the columns of a table, in one place for one order and for two thousand.
`insert` writes any number of rows into any number of tables in a single statement; `copy` streams them with COPY,
which pays from some hundred rows on (each COPY costs its own round trips). Columns that a row does not name take the
default of the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Any, ClassVar, get_args, get_type_hints

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
        # Names of tables and columns are those of our own classes; the values are one parameter.
        parts.append(
            f'w{index} AS (INSERT INTO "{kind.table}" ({columns})'  # noqa: S608
            f' SELECT {columns} FROM json_populate_recordset(NULL::"{kind.table}", %s){tail})'
        )
    return f"WITH {', '.join(parts)} SELECT {'* FROM w0' if returning else '1'}"  # noqa: S608


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
                encoders = _encoders(kind)
                with cursor.copy(f'COPY "{kind.table}" ({_columns(kind)}) FROM STDIN') as stream:
                    for start in range(0, len(batch), _COPY_ROWS):
                        stream.write(_lines(batch[start : start + _COPY_ROWS], encoders))


_COPY_ROWS = 500  # enough to make the single call cheap, few enough that the server works meanwhile
_NULL = "\\N"


def _lines(rows: Sequence[Row], encoders: Sequence[Callable[[Any], str]]) -> str:
    """Rows in COPY's text format. Written by hand: half the time of `write_row`, which looks for a dumper per value."""
    return "".join(
        [
            "\t".join([_NULL if value is None else encode(value) for encode, value in zip(encoders, astuple(row))])  # noqa: B905
            + "\n"
            for row in rows
        ]
    )


def _text(value: str) -> str:
    if "\\" in value or "\t" in value or "\n" in value or "\r" in value:
        value = value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return value


def _json(value: Any) -> str:
    return _text(msgspec.json.encode(value).decode()) if value else "{}" if type(value) is dict else "[]"


def _array(values: list[str]) -> str:
    quoted = ['"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values]
    return _text("{" + ",".join(quoted) + "}")


_BY_TYPE: dict[str, Callable[[Any], str]] = {
    "str": _text,
    "int": str,
    "Decimal": str,
    "datetime": str,
    "UUID": attrgetter("hex"),
    "bool": lambda value: "t" if value else "f",
    "list[str]": _array,
}


@cache
def _encoders(kind: type[Row]) -> tuple[Callable[[Any], str], ...]:
    """How each column is written, by its annotation. Objects and lists of objects are JSON; texts an array."""
    hints = get_type_hints(kind)
    names = [_name(hints[name]) for name in kind.__struct_fields__]
    return tuple(_json if "dict[" in name else _BY_TYPE.get(name, _otherwise) for name in names)


def _name(hint: Any) -> str:
    """`UUID` for UUID and for UUID | None, `list[str]` for itself."""
    if isinstance(hint, type) and not get_args(hint):
        return hint.__name__
    inner = [_name(part) for part in get_args(hint) if part is not type(None)] if isinstance(hint, UnionType) else []
    return inner[0] if len(inner) == 1 else str(hint)


def _otherwise(value: Any) -> str:
    return _text(str(value))

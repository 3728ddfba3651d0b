"""Many rows, few statements.

A row is a msgspec Struct whose fields are the columns of a table, in one place for one order and for two thousand.
`insert` writes any number of rows into any number of tables in a single statement; `copy` streams them with COPY,
which pays from some hundred rows on (each COPY costs its own round trips). Columns that a row does not name take the
default of the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar, get_type_hints

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
    """Insertions as the parts of a WITH."""
    parts = []
    for index, kind in enumerate(kinds):
        columns = _columns(kind)
        tail = f" RETURNING {returning}" if returning and index == 0 else ""
        # Names of tables and columns are those of our own classes; the values are one parameter.
        parts.append(
            f'w{index} AS (INSERT INTO "{kind.table}" ({columns})'  # noqa: S608
            f' SELECT {columns} FROM json_populate_recordset(NULL::"{kind.table}", %s){tail})'
        )
    return ", ".join(parts)


def parts(*batches: Sequence[Row], returning: str = "") -> tuple[str, list[str]]:
    """What `insert` writes as the parts of a WITH, w0 and so on, with their parameters; empty batches are left out.

    For a statement that does more: one round trip while others wait for what is locked, and not two.
    """
    filled = [batch for batch in batches if batch]
    sql = _insert_sql(tuple(type(batch[0]) for batch in filled), returning)
    return sql, [msgspec.json.encode(batch).decode() for batch in filled]


def insert(*batches: Sequence[Row], returning: str = "") -> list[tuple[Any, ...]]:
    """Write the batches (each of one kind of row) in one statement; empty ones are left out.

    `returning` names columns of the first batch to give back, in no particular order. Foreign keys between the
    batches are checked when the statement ends, so their order does not matter.
    """
    sql, values = parts(*batches, returning=returning)
    if not values:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {sql} SELECT {'* FROM w0' if returning else '1'}", values)  # noqa: S608
        return cursor.fetchall() if returning else []


def copy(*batches: Sequence[Row]) -> None:
    """Write the batches with COPY, one after the other: parents first. The small ones go together in one statement."""
    small = [batch for batch in batches if 0 < len(batch) <= _SMALL]
    for batch in batches:
        if len(batch) > _SMALL:
            with copying(type(batch[0])) as write:
                for start in range(0, len(batch), COPY_ROWS):
                    write(batch[start : start + COPY_ROWS])
    insert(*small)


@contextmanager
def copying(kind: type[Row]) -> Iterator[Callable[[Sequence[Row]], None]]:
    """Write rows of one kind with COPY as they come: the server works on them while the next ones are made.

    No other statement runs on the connection meanwhile. Foreign keys are checked when the transaction ends, so the rows
    that these refer to may follow. A block of COPY_ROWS at a time is best.
    """
    sql = f'COPY "{kind.table}" ({_columns(kind)}) FROM STDIN WITH ({_COPY_OPTIONS})'
    special = _special(kind)
    # Django does not wrap what a COPY raises, as it does for any other statement.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(sql) as stream:
        yield lambda rows: stream.write(_lines(rows, special))


_SMALL = 10  # rows; a COPY costs three round trips
COPY_ROWS = 500  # enough to make the single call cheap, few enough that the server works meanwhile
# A JSON array without its brackets is a line of this CSV, as long as no text needs another escape than \" and \\.
_COPY_OPTIONS = "FORMAT csv, NULL 'null', QUOTE '\"', ESCAPE '\\'"
_OTHER_ESCAPE = re.compile(rb'\\[^"\\]')
_encoder = msgspec.json.Encoder()


def _lines(rows: Sequence[Row], special: Sequence[tuple[int, Callable[[Any], str]]]) -> bytes:
    """Rows as CSV. msgspec writes a row as a JSON array in a quarter of the time that a loop over its values takes."""
    values: list[Sequence[Any]] = [astuple(row) for row in rows]
    if special:
        values = [_plain(row, special) for row in values]
    encoded = _encoder.encode_lines(values)
    if _OTHER_ESCAPE.search(encoded):
        return b"".join(map(_by_hand, values))
    return encoded[1:-2].replace(b"]\n[", b"\n") + b"\n"


def _plain(row: Sequence[Any], special: Sequence[tuple[int, Callable[[Any], str]]]) -> Sequence[Any]:
    """JSON and arrays as text, in which PostgreSQL reads them. Empty objects are what they are."""
    changed: list[Any] | None = None
    for index, encode in special:
        if row[index] or row[index] == []:
            changed = changed or list(row)
            changed[index] = encode(row[index])
    return changed or row


def _by_hand(row: Sequence[Any]) -> bytes:
    """A row with line breaks and the like in its texts, which CSV writes as they are."""
    cells = []
    for value in row:
        text = msgspec.json.decode(_encoder.encode(value), type=str) if not _is_bare(value) else None
        if text is None:
            cells.append(_encoder.encode(value).decode())
        else:
            cells.append('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
    return (",".join(cells) + "\n").encode()


def _is_bare(value: Any) -> bool:
    """What stands in JSON without quotation marks."""
    return value is None or isinstance(value, (bool, int, dict))


@cache
def _special(kind: type[Row]) -> tuple[tuple[int, Callable[[Any], str]], ...]:
    """Columns that are JSON (objects, or lists of objects) or arrays (any other list), by position."""
    hints = get_type_hints(kind)
    encoders: list[tuple[int, Callable[[Any], str]]] = []
    for index, name in enumerate(kind.__struct_fields__):
        hint = str(hints[name])
        if "dict[" in hint:
            encoders.append((index, _json))
        elif "list[" in hint:
            encoders.append((index, _array))
    return tuple(encoders)


def _json(value: Any) -> str:
    return _encoder.encode(value).decode()


def text_array(values: Iterable[str]) -> str:
    """Texts as a parameter to be cast to text[]: a tenth of the time that psycopg takes over the elements of a list."""
    return _array(list(values))


def _array(values: Sequence[str]) -> str:
    quoted = ['"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values]
    return "{" + ",".join(quoted) + "}"

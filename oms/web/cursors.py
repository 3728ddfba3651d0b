"""Cursors: the place in a list behind a row, by the values it is ordered by. What is inserted elsewhere moves nothing.

A cursor is opaque to its holder and signed, so that nobody asks the database for values of their own; it belongs to
one list with its filters and its order.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from django.db.models import BooleanField, F, Field, Func, Model, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan
from django.http import QueryDict
from django.utils.crypto import salted_hmac

from oms.core.errors import InvalidInput
from oms.web.queries import wrong

M = TypeVar("M", bound=Model)
_SIGNATURE: Final = 12  # bytes; as many again say which list it is of
_LONGEST: Final = 2000
_NOT_OF_THE_LIST: Final = frozenset({"limit", "offset", "cursor", "fields", "expand"})


def after(query: QueryDict, rows: QuerySet[M], row: M) -> str:
    """The cursor behind `row`, one of `rows` as the query asks for them."""
    values = [getattr(row, field.attname) for field, _ in _columns(rows)]
    told = _list_of(query, rows) + msgspec.json.encode(values)
    return base64.urlsafe_b64encode(_signature(told) + told).rstrip(b"=").decode()


def resume(query: QueryDict, rows: QuerySet[M], cursor: str) -> QuerySet[M]:
    """The rows behind a cursor. Raises InvalidInput for one that is none, or is of another list, filter or order."""
    told = _opened(cursor)
    if told is None:
        raise InvalidInput(errors=[wrong("cursor", "that is none of ours. Send next_cursor as it was given.")])
    if told[:_SIGNATURE] != _list_of(query, rows):
        sentence = "it is of another list, filter or order. Begin again without a value: cursor=."
        raise InvalidInput(errors=[wrong("cursor", sentence, "other_list")])
    return rows.filter(_behind(_columns(rows), msgspec.json.decode(told[_SIGNATURE:])))


def _columns(rows: QuerySet[M]) -> list[tuple[Field[Any, Any], bool]]:
    """What the rows are ordered by, and whether descending. All the same way, the last one unique."""
    columns = []
    for name in rows.query.order_by:
        assert isinstance(name, str)  # noqa: S101  (lists are ordered by columns: `queries.ordering`)
        plain = name.removeprefix("-")
        field = rows.model._meta.pk if plain == "pk" else rows.model._meta.get_field(plain)
        assert isinstance(field, Field)  # noqa: S101
        columns.append((field, name.startswith("-")))
    return columns


def _behind(columns: Sequence[tuple[Field[Any, Any], bool]], values: Sequence[Any]) -> Any:
    """`(placed_at, id) < (…, …)`: one comparison of rows, which one range of an index answers."""
    known = [
        Value(UUID(value) if field.get_internal_type() == "UUIDField" else field.to_python(value), output_field=field)
        for (field, _), value in zip(columns, values, strict=True)
    ]
    left = Func(*(F(field.attname) for field, _ in columns), function="ROW", output_field=BooleanField())
    right = Func(*known, function="ROW", output_field=BooleanField())
    return LessThan(left, right) if columns[0][1] else GreaterThan(left, right)


def _list_of(query: QueryDict, rows: QuerySet[Any]) -> bytes:
    """Names the list: its path, filters and order, so that a cursor is not taken to another one."""
    asked = sorted((name, sorted(values)) for name, values in query.lists() if name not in _NOT_OF_THE_LIST)
    told = [getattr(query, "path", ""), asked, [str(name) for name in rows.query.order_by]]
    return hashlib.sha256(msgspec.json.encode(told)).digest()[:_SIGNATURE]


def _opened(cursor: str) -> bytes | None:
    """What a cursor says, if it was signed here."""
    if len(cursor) > _LONGEST:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    signature, told = raw[:_SIGNATURE], raw[_SIGNATURE:]
    return told if hmac.compare_digest(signature, _signature(told)) else None


def _signature(told: bytes) -> bytes:
    signed: bytes = salted_hmac("oms.web.cursors", told, algorithm="sha256").digest()
    return signed[:_SIGNATURE]

"""Reading what a request brings: its body as a typed struct, its ids."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from oms.core import ids
from oms.core.errors import DomainError, FieldError, InvalidInput, NotFound
from oms.core.nesting import require_shallow
from oms.core.pointers import malformed
from oms.web.rendering import JSON

T = TypeVar("T")


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of the bodies of requests. Unknown fields are refused, so that a misspelt one is not lost."""


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, float_hook=Decimal if kind is Any else None)


def raw(request: Request) -> bytes:
    """The body's bytes. No body at all stands for an object without fields.

    Raises UnsupportedMediaType for anything that does not call itself JSON.
    """
    body: bytes = request._request.body
    if not body:
        return b"{}"
    kind = (request.content_type or "").partition(";")[0].strip().lower()
    if kind != JSON and not kind.endswith("+json"):
        raise UnsupportedMediaType(kind or "none")
    return body


def require_storable(body: bytes) -> None:
    """Refuse what is JSON and still cannot be kept: no text column holds U+0000. Raises InvalidInput."""
    if b"\\u0000" in body and "\x00" in _texts(body):
        raise _invalid("The character U+0000 cannot be stored.")


def read(request: Request, kind: type[T]) -> T:
    """The body as a `kind`. Raises InvalidInput naming the field by JSON pointer, UnsupportedMediaType."""
    body = raw(request)
    require_storable(body)
    return decode(body, kind)


def decode(body: bytes, kind: type[T]) -> T:
    """JSON as a `kind`. Raises InvalidInput."""
    try:
        decoded: T = _decoder(cast(Hashable, kind)).decode(body)
        require_shallow(body)
    except msgspec.DecodeError as problem:
        raise malformed(problem) from None
    except UnicodeDecodeError:
        raise _invalid("The body is not UTF-8.") from None
    except RecursionError:
        raise too_deep() from None
    return decoded


def too_deep() -> InvalidInput:
    """Values nested deeper than can be read and written again."""
    return _invalid("Nested too deep.")


def public_id(prefix: ids.IdPrefix, text: str, pointer: str, kind: str) -> UUID:
    """An id that the body (or, without pointer, the path) names. One that cannot exist is refused there."""
    try:
        return ids.decode(prefix, text)
    except NotFound:
        if not pointer:
            raise NotFound(kind=kind, id=text[:80]) from None
        message = f"{pointer}: no {kind} with id {text[:80]}."
        raise InvalidInput(errors=[FieldError(pointer, message, "not_found")]) from None


def path_id(prefix: ids.IdPrefix, text: str, kind: str) -> UUID:
    """An id in the path. Raises NotFound when it is none, or one of another kind: such a thing cannot exist."""
    return public_id(prefix, text, "", kind)


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError("", f"body: {message}")])


def _texts(body: bytes) -> str:
    """All the text of a body in one string; empty when it is no JSON, which is told elsewhere."""
    found: list[str] = []
    try:
        waiting: list[Any] = [msgspec.json.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
    return "".join(found)


@contextmanager
def named_in_body(kind: str, pointer: str) -> Iterator[None]:
    """Have a `kind` that a service does not find be refused where the body names it: its path is right."""
    try:
        yield
    except NotFound as unknown:
        if unknown.facts.get("kind") != kind:
            raise
        message = f"{pointer}: no {kind} with id {unknown.facts.get('id')}."
        raise InvalidInput(errors=[FieldError(pointer, message, "not_found")]) from None


@contextmanager
def renamed(names: Mapping[str, str]) -> Iterator[None]:
    """Have what a service refuses point at the field by the name it has in this body."""
    try:
        yield
    except DomainError as refusal:
        refusal.errors = [replace(each, pointer=names.get(each.pointer, each.pointer)) for each in refusal.errors]
        raise

"""The keys that a request names, in its address and in its body, whatever their fields are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

import msgspec

from oms.core import ids
from oms.core.errors import NotFound

# A public id (order_01j…) or a bare UUID, alone or within a longer text: two addresses have two, an address has one.
_KEY: Final = re.compile(r"[a-z]+_[0-9a-zA-Z]{26}|[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def keys(texts: Iterable[str]) -> set[UUID]:
    """The keys in these texts; also where a whole text is one in a spelling that nobody uses and Python reads."""
    return {key for text in texts for found in _spelled(text) if (key := _parsed(found)) is not None}


def _spelled(text: str) -> Iterator[str]:
    """A field of a form reads `{0-19a…}` and `+19a…` as a UUID, so what looks like none is tried, too."""
    yield from _KEY.findall(text)
    yield text.strip()


def texts_of(body: bytes) -> Iterator[str]:
    """Every text in a JSON body, names of fields too; none where it is no JSON, which is told elsewhere."""
    try:
        waiting: list[Any] = [msgspec.json.decode(body)] if body else []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value


def _parsed(text: str) -> UUID | None:
    try:
        return ids.decode(text.rpartition("_")[0], text)
    except NotFound:
        pass
    try:
        return UUID(text)
    except ValueError:
        return None

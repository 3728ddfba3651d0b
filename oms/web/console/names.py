"""What rows of other apps are called. An app may link to what it must not import; whoever owns it tells its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final
from uuid import UUID

from django.utils.safestring import SafeString

from oms.web.console import show

Namer = Callable[[Collection[UUID]], Mapping[UUID, str]]
_namers: Final[dict[str, Namer]] = {}


def register(model: str, namer: Namer) -> None:
    """model: app_model in lower case. The namer reads any number of names in one query."""
    _namers[model] = namer


def of(model: str, pks: Collection[UUID]) -> Mapping[UUID, str]:
    """The names of these rows; those that are gone are left out. One query."""
    wanted = set(pks)
    return _namers[model](wanted) if wanted else {}


def links(model: str, pks: Collection[UUID]) -> Mapping[UUID, SafeString]:
    """A link to the page of each of these rows, by its name; those that are gone are left out. One query."""
    return {pk: show.link(model, pk, name) for pk, name in of(model, pks).items()}

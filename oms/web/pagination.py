"""Pages of lists, by offset as the contract has them, or by cursor, which costs the same on every page.

?limit=20&offset=40      {"orders": […], "count": 61, "limit": 20, "offset": 40}
?limit=20&cursor=        {"orders": […], "limit": 20, "next_cursor": "…"}, and so on with that; null: the last page
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from rest_framework.pagination import LimitOffsetPagination

from oms.core.errors import InvalidInput
from oms.web import cursors
from oms.web.fields import EVERYTHING, Selection
from oms.web.queries import Asked, wrong
from oms.web.rendering import json_answer

M = TypeVar("M", bound=Model)
DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 200
# Counting a million rows takes fifty milliseconds and tells nobody anything; this many are counted, then it is "more".
COUNTED: Final = 10_000
MAX_OFFSET: Final = COUNTED  # what is left out must be read too, so that deep pages are slow; cursors are not


class OffsetPages(LimitOffsetPagination):
    """For views of other apps that use DRF's generic lists; ours call `page`."""

    default_limit = DEFAULT_LIMIT
    max_limit = MAX_LIMIT


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page, and what its envelope says beside them."""

    rows: Sequence[Any]
    about: dict[str, Any]
    selection: Selection = EVERYTHING
    headers: dict[str, str] = field(default_factory=dict)

    def answer(self, name: str, shapes: Sequence[Any]) -> HttpResponse:
        """The envelope of a list, its entries with the fields that were asked for."""
        shown = [self.selection.shown(shape) for shape in shapes]
        return json_answer({name: shown, **self.about}, headers=self.headers)


def page(query: Asked, rows: QuerySet[M]) -> Page:
    """One page of `rows`: by offset in two queries (the rows, and their capped count), by cursor in one.

    Raises InvalidInput.
    """
    limit = _number(query, "limit", DEFAULT_LIMIT, least=1, most=MAX_LIMIT)
    if "cursor" in query:
        return _by_cursor(query, rows, limit)
    offset = _number(query, "offset", 0, least=0, most=MAX_OFFSET, advice=" Further on by cursor: cursor=.")
    counted = rows.order_by().values("pk")[: COUNTED + 1].count()
    about = {"count": min(counted, COUNTED), "limit": limit, "offset": offset}
    if counted > COUNTED:
        about["count_capped"] = True
    return Page(list(rows[offset : offset + limit]), about, query.selection)


def _by_cursor(query: Asked, rows: QuerySet[M], limit: int) -> Page:
    if "offset" in query:
        raise InvalidInput(errors=[wrong("offset", "a page is found by offset or by cursor, not by both.")])
    cursor = query.get("cursor") or ""
    found = list((cursors.resume(query, rows, cursor) if cursor else rows)[: limit + 1])
    more = len(found) > limit
    following = cursors.after(query, rows, found[limit - 1]) if more else None
    headers = {"Link": f'<{_next(query, following)}>; rel="next"'} if following else {}
    return Page(found[:limit], {"limit": limit, "next_cursor": following}, query.selection, headers)


def _next(query: Asked, cursor: str) -> str:
    asked = [(name, value) for name, values in query.lists() if name != "cursor" for value in values]
    return f"{query.path}?{urlencode([*asked, ('cursor', cursor)])}"


def _number(query: Asked, name: str, default: int, *, least: int, most: int, advice: str = "") -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise InvalidInput(errors=[wrong(name, f"a whole number from {least} to {most} is asked for.{advice}")])
    return int(text)

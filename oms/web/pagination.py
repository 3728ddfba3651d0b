"""Pages by limit and offset: `{"orders": […], "count": 2, "limit": 20, "offset": 0}`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpResponse, QueryDict
from rest_framework.pagination import LimitOffsetPagination

from oms.core.errors import InvalidInput
from oms.web.queries import wrong
from oms.web.rendering import json_answer

M = TypeVar("M", bound=Model)
DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 200
MAX_OFFSET: Final = 1_000_000
# Counting a million rows takes fifty milliseconds and tells nobody anything; this many are counted, then it is "more".
COUNTED: Final = 10_000


class OffsetPages(LimitOffsetPagination):
    """For views of other apps that use DRF's generic lists; ours call `page`."""

    default_limit = DEFAULT_LIMIT
    max_limit = MAX_LIMIT


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page. `count` stops at COUNTED; `capped` says that there are more."""

    rows: Sequence[Any]
    count: int
    capped: bool
    limit: int
    offset: int

    def answer(self, name: str, shapes: Sequence[Any]) -> HttpResponse:
        """The envelope of a list. `count_capped` is there only where the count is."""
        body = {name: shapes, "count": self.count, "limit": self.limit, "offset": self.offset}
        return json_answer(body | {"count_capped": True} if self.capped else body)


def page(query: QueryDict, rows: QuerySet[M]) -> Page:
    """One page of `rows` in two queries: the rows and their capped count. Raises InvalidInput."""
    limit = _number(query, "limit", DEFAULT_LIMIT, least=1, most=MAX_LIMIT)
    offset = _number(query, "offset", 0, least=0, most=MAX_OFFSET)
    counted = rows.order_by().values("pk")[: COUNTED + 1].count()
    found = list(rows[offset : offset + limit])
    return Page(found, min(counted, COUNTED), counted > COUNTED, limit, offset)


def _number(query: QueryDict, name: str, default: int, *, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise InvalidInput(errors=[wrong(name, f"a whole number from {least} to {most} is asked for.")])
    return int(text)

"""Pages of long lists: the count stops early, and so does paging; whoever wants more filters or searches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _

MOST_COUNTED: Final = 10_000
_FAR: Final = 1_000  # rows before a page that are skipped in an index alone


def capped_count(rows: QuerySet[Any], most: int) -> int:
    """How many rows there are, `most` at the highest: a million of them are not counted."""
    return rows.order_by()[:most].count()


def capped_counts(rows: Sequence[QuerySet[Any]], most: int) -> list[int]:
    """The same of several lists, whatever their tables, in one query."""
    counts = [0] * len(rows)
    parts: list[str] = []
    values: list[Any] = []
    for index, each in enumerate(rows):
        try:
            sql, params = each.order_by().values("pk")[:most].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT {index}, count(*) FROM ({sql}) AS counted")  # noqa: S608  (Django's own SQL, its values apart)
        values += params
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            for index, count in cursor.fetchall():
                counts[index] = count
    return counts


def count_label(count: int | None, most: int) -> str:
    """A capped count for people: 999+ where it was stopped at 1000. Nothing for what has no count."""
    if count is None:
        return ""
    return f"{most - 1}+" if count >= most else str(count)


class CappedPaginator(Paginator[Any]):
    """A paginator that counts no further than `most`, and says so."""

    template_name = "admin/capped_pagination.html"
    most = MOST_COUNTED

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return capped_count(self.object_list, self.most)
        return len(self.object_list)

    def page(self, number: int | str) -> Page[Any]:
        """Far from the first one, the rows are those of the ids that an index has there: none is read to be skipped."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        if first < _FAR or not isinstance(self.object_list, QuerySet):
            page: Page[Any] = super().page(number)
            return page
        ids = list(self.object_list.values_list("pk", flat=True)[first : first + self.per_page])
        return Page(self.object_list.filter(pk__in=ids), number, self)

    @property
    def count_label(self) -> str:
        shown = number_format(self.count, force_grouping=True)
        return _("%s or more") % shown if self.count >= self.most else shown


class NearPaginator(CappedPaginator):
    """Counts less far, and in the order of the list, as its pages are found.

    For rows of which only looking at each, and at others that they lead to, tells whether they are meant. Without an
    order PostgreSQL may look at all of them.
    """

    most = 1_000

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return self.object_list[: self.most].count()
        return len(self.object_list)

"""Pages of long lists: the count stops early, and so does paging; whoever wants more filters or searches."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _

MOST_COUNTED: Final = 10_000


def capped_count(rows: QuerySet[Any], most: int) -> int:
    """How many rows there are, `most` at the highest: a million of them are not counted."""
    return rows.order_by()[:most].count()


class CappedPaginator(Paginator[Any]):
    """A paginator that counts no further than MOST_COUNTED, and says so."""

    template_name = "admin/capped_pagination.html"

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, QuerySet):
            return capped_count(self.object_list, MOST_COUNTED)
        return len(self.object_list)

    @property
    def count_label(self) -> str:
        shown = number_format(self.count, force_grouping=True)
        return _("%s or more") % shown if self.count >= MOST_COUNTED else shown

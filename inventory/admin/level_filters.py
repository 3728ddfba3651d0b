"""How lists of levels and of movements are narrowed and summed up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RadioFilter

from inventory.models import InventoryLevel, StockMovement
from oms.core import ids
from oms.web.console.admin import ConsoleChangeList
from oms.web.console.filters import DayRangeFilter
from oms.web.console.paging import MOST_COUNTED

_SKEW: Final = timedelta(days=1)  # by how much the clocks of programs and of the database may differ
_STATES: Final[Mapping[str, tuple[Any, Q]]] = {
    "short": (_("nothing available"), Q(available__lte=0) & Q(available__lte=-F("expired"))),
    "backordered": (_("backordered"), Q(backordered__gt=0)),
    "low": (_("low: at its threshold or below"), Q(is_low=True)),
    "incoming": (_("goods are on their way"), Q(incoming__gt=0)),
    "zero": (_("nothing on the shelf"), Q(on_hand=0)),
}


class StateFilter(RadioFilter):
    """Levels that somebody should look at."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _meant) in _STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[InventoryLevel]) -> QuerySet[InventoryLevel]:
        chosen = _STATES.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


_SUMMED: Final = ("on_hand", "reserved", "available", "backordered", "incoming")


class LevelChangeList(ConsoleChangeList):
    """With the sums of what is listed, over all pages, in one query; not of more than are counted."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.sums: list[tuple[Any, int]] = []
        if 1 < self.result_count < MOST_COUNTED:
            found = InventoryLevel.objects.filter(pk__in=self.queryset.order_by().values("pk"))
            sums = found.aggregate(**{f"all_{name}": Sum(name) for name in _SUMMED})
            labels = (_("On hand"), _("Reserved"), _("Available"), _("Backordered"), _("Incoming"))
            self.sums = [(label, sums[f"all_{name}"]) for label, name in zip(labels, _SUMMED, strict=True)]


class MovedFilter(DayRangeFilter):
    """By the day of the movement. Rows are found by their ids, which are as old as they are."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockMovement]) -> QuerySet[StockMovement]:
        since, until = (self._midnight(end) for end in ("from", "to"))
        if since is not None:
            queryset = queryset.filter(pk__gte=ids.first_id(since - _SKEW))
        if until is not None:
            queryset = queryset.filter(pk__lt=ids.first_id(until + timedelta(days=1) + _SKEW))
        return super().queryset(request, queryset)

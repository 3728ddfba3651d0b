"""What staff should look at: goods that were promised and are not there, and what runs low."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RadioFilter, RelatedDropdownFilter

from inventory.admin.adjusting import Adjustable
from inventory.models import LowStockAlert, StockShortage
from inventory.services.counts import settle_shortage
from oms.core import ids
from oms.web.console import acts, dashboard, show
from oms.web.console.admin import ReadOnlyAdmin


class StateFilter(RadioFilter):
    """Open, or dealt with."""

    title = _("state")
    parameter_name = "state"
    column = "settled_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("open")), ("done", _("dealt with"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"open", "done"}:
            return queryset
        return queryset.filter(**{f"{self.column}__isnull": self.value() == "open"})


class CuredFilter(StateFilter):
    column = "cured_at"


class _OfALevel(ReadOnlyAdmin):
    """Columns of what hangs on a level."""

    search_help_text = _("Sku")
    ordering = ("-id",)
    exact_search = ("level__item__sku",)

    @display(description=_("Item"))
    def shown_sku(self, row: Any) -> SafeString:
        return show.link("inventory_inventorylevel", row.level_id, row.level.item.sku)

    @display(description=_("Location"))
    def shown_location(self, row: Any) -> str:
        return str(row.level.location)


@admin.action(description=_("Dealt with"), permissions=["settle"])
def settle(_model_admin: Any, request: HttpRequest, shortages: QuerySet[StockShortage]) -> None:
    actor = acts.actor_of(request)
    acts.perform_each(
        request,
        [
            (str(row), lambda pk=row.pk: settle_shortage(shortage_id=pk, actor=actor))  # type: ignore[misc]
            for row in shortages
        ],
        done=_now("Shortages that are dealt with: %(count)s."),
    )


@admin.register(StockShortage)
class StockShortageAdmin(_OfALevel):
    """Goods that were promised and that a count did not find. It goes by itself when goods come for them."""

    list_display = (
        "shown_sku",
        "shown_location",
        "quantity",
        "shown_order",
        "shown_state",
        "shown_count",
        "raised_at",
        "note",
    )
    list_display_links = None
    list_select_related = ("level__item", "level__location", "count")
    list_filter = (StateFilter, ("level__location", RelatedDropdownFilter))
    actions = (settle,)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.change_inventorylevel"))

    @display(description=_("Promised to"))
    def shown_order(self, row: StockShortage) -> SafeString | str:
        if row.order_id is None:
            return _now("set aside by hand")
        return show.link("orders_order", row.order_id, ids.encode(ids.ORDER, row.order_id))

    @display(description=_("Count"))
    def shown_count(self, row: StockShortage) -> SafeString:
        return show.link("inventory_stockcount", row.count_id, row.count)

    @display(description=_("State"))
    def shown_state(self, row: StockShortage) -> SafeString:
        if row.settled_at:
            return show.badge("settled", _("dealt with"))
        return show.badge("shortage", _("open"))


@admin.register(LowStockAlert)
class LowStockAlertAdmin(Adjustable, _OfALevel):
    """Told once, until there is more than the threshold again."""

    list_display = (
        *("shown_sku", "shown_location", "shown_state", "available", "threshold", "raised_at", "cured_at", "shown_act"),
    )
    list_display_links = None
    list_select_related = ("level__item", "level__location")
    list_filter = (CuredFilter, ("level__location", RelatedDropdownFilter))

    @display(description=_("State"))
    def shown_state(self, row: LowStockAlert) -> SafeString:
        return show.badge("cured", _("enough again")) if row.cured_at else show.badge("low", _("low"))


dashboard.show(
    dashboard.Figure(
        rank=42,
        title=_("Stock missing"),
        icon="production_quantity_limits",
        permission="inventory.view_stockshortage",
        model="inventory_stockshortage",
        query="state=open",
        rows=lambda: StockShortage.objects.filter(settled_at=None),
        tone="bad",
    )
)
dashboard.show(
    dashboard.Figure(
        rank=44,
        title=_("Low stock"),
        icon="trending_down",
        permission="inventory.view_lowstockalert",
        model="inventory_lowstockalert",
        query="state=open",
        rows=lambda: LowStockAlert.objects.filter(cured_at=None),
        tone="busy",
    )
)

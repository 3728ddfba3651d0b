"""Levels, who holds what of them, and the ledger: read here, written by services."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter

from inventory.admin import movement_rows
from inventory.admin.adjusting import Adjustable, KeepForm, adjust, adjust_page, adjustable, may_adjust
from inventory.admin.level_filters import LevelChangeList, MovedFilter, StateFilter
from inventory.admin.searching import of_items_like
from inventory.admin.then_page import then_page
from inventory.models import InventoryLevel, Reservation, SourcingDecision, StockMovement
from inventory.services.adjustments import set_safety_stock
from inventory.services.alerts import set_threshold
from inventory.stock_history import Wanted, ledger
from oms.core import ids
from oms.core.transactions import atomic
from oms.web.console import acts, names, paging, show
from oms.web.console.admin import ConsoleChangeList, ReadOnlyAdmin
from oms.web.console.export import CsvExport, Export, columns
from oms.web.limits import limits_of

NEWEST = 20
_EXPORTED: Final[Mapping[str, Callable[[InventoryLevel], Any]]] = {
    "sku": lambda level: level.item.sku,
    "title": lambda level: level.item.title,
    "location": lambda level: level.location.name,
    "location_code": lambda level: level.location.code,
    "on_hand": lambda level: level.on_hand,
    "reserved": lambda level: level.held,
    "available": lambda level: level.free,
    "backordered": lambda level: level.backordered,
    "incoming": lambda level: level.incoming,
    "safety_stock": lambda level: level.safety_stock,
    "low_stock_threshold": lambda level: level.low_stock_threshold,
}


@admin.register(InventoryLevel)
class InventoryLevelAdmin(Adjustable, CsvExport, ReadOnlyAdmin):
    """The counters of an item at a location: read here, moved by the adjust form and by orders."""

    list_display = (
        "shown_sku",
        "location",
        "on_hand",
        "shown_held",
        "shown_free",
        "backordered",
        "incoming",
        "safety_stock",
        "shown_low",
        "shown_act",  # of Adjustable
    )
    list_display_links = ("shown_sku",)
    list_select_related = ("item", "location")
    list_filter = (("location", RelatedDropdownFilter), StateFilter)
    list_before_template = "admin/inventory/above_levels.html"
    search_help_text = _("Beginning of the sku, barcode, or words of the title")
    ordering = ("item__sku", "id")
    prefix_search = ("item__sku",)
    exports = {
        "levels": Export(
            _("one for each item at each location"),
            columns(lambda: InventoryLevel.objects.counted().select_related("item", "location"), _EXPORTED),
        )
    }
    hidden = ("created_at", "deleted_at", "ledger_seq", "is_low", "reserved", "available")
    change_form_outer_before_template = "admin/inventory/adjust.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[InventoryLevel]:
        return self.every_level(request).filter(deleted_at=None)

    def every_level(self, request: HttpRequest) -> QuerySet[InventoryLevel]:
        """What this person may see, with what was deleted: it has a history. Every page of stock reads levels here."""
        rows: QuerySet[InventoryLevel] = super().get_queryset(request)
        counted: QuerySet[InventoryLevel] = rows.counted()  # type: ignore[attr-defined]  # the level's own queryset
        return counted

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LevelChangeList]:
        return LevelChangeList

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of_items_like(rows, term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {
            "may_adjust": may_adjust(request),
            "may_bring_counts": may_adjust(request) and limits_of(request.user).locations is None,
            "most_counted": paging.MOST_COUNTED,
            **(extra_context or {}),
        }
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        fields = [*super().get_fields(request, obj), "shown_held", "shown_free", "shown_reservations"]
        return [*fields, "shown_movements"] if request.user.has_perm("inventory.view_stockmovement") else fields

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        level = self.get_object(request, object_id)
        context = {**(adjustable(request, level.item_id, level) if level else {}), **(extra_context or {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        keep = guarded(require_POST(self.keep_view))
        return [
            path("<uuid:level_id>/keep/", keep, name="inventory_inventorylevel_keep"),
            path("adjust/", guarded(self.adjust_view), name="inventory_inventorylevel_adjust"),
            path("then/", guarded(require_GET(self.then_view)), name="inventory_inventorylevel_then"),
            *super().get_urls(),
        ]

    def adjust_view(self, request: HttpRequest) -> HttpResponse:
        """Adjust one item after the other, with the keyboard or a scanner."""
        if not may_adjust(request):
            raise PermissionDenied
        if request.method == "POST":
            return adjust(request, self.admin_site, request.POST)
        return adjust_page(request, self.admin_site)

    def then_view(self, request: HttpRequest) -> HttpResponseBase:
        """What lay where at a past instant."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return then_page(request, self.admin_site, self.every_level(request))

    def keep_view(self, request: HttpRequest, level_id: UUID) -> HttpResponse:
        """Set the safety stock and the low-stock threshold of a level. What is refused comes back as it was typed."""
        if not may_adjust(request):
            raise PermissionDenied
        level = get_object_or_404(InventoryLevel, pk=level_id)
        form = KeepForm(request.POST)
        if form.is_valid():
            kept = acts.perform(request, lambda: _keep(level, form.cleaned_data, request), done=_now("That is kept."))
            if kept:
                return HttpResponseRedirect(show.change_url("inventory_inventorylevel", level_id))
        else:
            acts.say_errors(request, form)
        return self._again(request, level_id, form)

    def _again(self, request: HttpRequest, level_id: UUID, form: KeepForm) -> HttpResponse:
        """The page of the level with what was typed, which was refused."""
        request.method = "GET"
        return self.change_view(
            request, str(level_id), extra_context={"keep_typed": form.data, "keep_wrong": form.errors}
        )

    @display(description=_("Item"))
    def shown_sku(self, level: InventoryLevel) -> SafeString:
        return format_html('{} <span class="c-quiet">{}</span>', level.item.sku, level.item.title)

    @display(description=_("Reserved"))
    def shown_held(self, level: InventoryLevel) -> int:
        return level.held

    @display(description=_("Available"))
    def shown_free(self, level: InventoryLevel) -> int:
        return level.free

    @display(description=_("Low"))
    def shown_low(self, level: InventoryLevel) -> SafeString | str:
        return show.badge("low", _now("low")) if level.is_low else ""

    @display(description=_("Held by"))
    def shown_reservations(self, level: InventoryLevel) -> SafeString | str:
        rows = list(Reservation.objects.live().filter(level=level).order_by("-pk")[:NEWEST])
        told = [(holder, _held(row)) for row, holder in zip(rows, _holders(rows), strict=True)]
        return format_html_join("", "<p>{}: {}</p>", told) or "–"

    @display(description=_("Newest movements"))
    def shown_movements(self, level: InventoryLevel) -> SafeString:
        rows = movement_rows.shown(ledger([level.pk], Wanted(), limit=NEWEST))
        told = render_to_string("admin/inventory/ledger_rows.html", {"movements": rows})
        address = reverse("admin:inventory_inventoryitem_ledger", args=[level.item_id])
        more = format_html(
            '<p><a class="c-link" href="{}?location={}">{}</a></p>',
            address,
            level.location_id,
            _now("The whole ledger"),
        )
        return format_html('<div class="c-order">{}{}</div>', told, more)


@atomic()
def _keep(level: InventoryLevel, given: dict[str, Any], request: HttpRequest) -> None:
    where: dict[str, Any] = {
        "item_id": level.item_id,
        "location_id": level.location_id,
        "actor": acts.actor_of(request),
    }
    set_safety_stock(**where, safety_stock=given["safety_stock"])
    set_threshold(**where, threshold=given["low_stock_threshold"])


class ReservationChangeList(ConsoleChangeList):
    """With the numbers of the orders of the page, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: Any = self.result_list
        for row, holder in zip(rows, _holders(rows), strict=True):
            row.holder = holder


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = (
        "shown_sku",
        "shown_holder",
        "shown_location",
        "quantity",
        "backordered",
        "expires_at",
        "created_at",
    )
    list_select_related = ("level__item", "level__location")
    search_help_text = _("Sku")
    ordering = ("-id",)
    exact_search = ("level__item__sku",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        rows: QuerySet[Reservation] = super().get_queryset(request)
        live: QuerySet[Reservation] = rows.live()  # type: ignore[attr-defined]  # the reservation's own queryset
        return live

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ReservationChangeList]:
        return ReservationChangeList

    @display(description=_("Held by"))
    def shown_holder(self, row: Any) -> SafeString | str:
        holder: SafeString | str = row.holder
        return holder

    @display(description=_("Item"))
    def shown_sku(self, row: Reservation) -> str:
        return row.level.item.sku

    @display(description=_("Location"))
    def shown_location(self, row: Reservation) -> str:
        return row.level.location.name


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The ledger: read, never written."""

    list_display = (
        "occurred_at",
        "shown_sku",
        "shown_location",
        "kind",
        "shown_on_hand",
        "shown_reserved",
        "reason",
        "shown_actor",
    )
    list_select_related = ("level__item", "level__location")
    list_filter = (
        ("kind", ChoicesCheckboxFilter),
        ("level__location", RelatedDropdownFilter),
        ("occurred_at", MovedFilter),
    )
    search_help_text = _("Sku")
    ordering = ("-id",)
    exact_search = ("level__item__sku",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "level__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    @display(description=_("Item"))
    def shown_sku(self, row: StockMovement) -> str:
        return row.level.item.sku

    @display(description=_("Location"))
    def shown_location(self, row: StockMovement) -> str:
        return row.level.location.name

    @display(description=_("On hand"))
    def shown_on_hand(self, row: StockMovement) -> str:
        return f"{row.delta_on_hand:+d} → {row.on_hand_after}" if row.delta_on_hand else str(row.on_hand_after)

    @display(description=_("Reserved"))
    def shown_reserved(self, row: StockMovement) -> str:
        return f"{row.delta_reserved:+d} → {row.reserved_after}" if row.delta_reserved else str(row.reserved_after)

    @display(description=_("By"))
    def shown_actor(self, row: StockMovement) -> str:
        return show.actor(row.actor)


@admin.register(SourcingDecision)
class SourcingDecisionAdmin(ReadOnlyAdmin):
    """Shown best on the page of its order."""

    list_display = ("public_id", "shown_order", "strategy", "parcels", "created_at")
    ordering = ("-id",)
    exact_search = ("order_id",)

    @display(description=_("Order"))
    def shown_order(self, row: SourcingDecision) -> SafeString:
        return show.link("orders_order", row.order_id, ids.encode(ids.ORDER, row.order_id))


def _holders(rows: Sequence[Reservation]) -> list[SafeString | str]:
    orders = names.links("orders_order", {row.order_id for row in rows if row.order_id})
    return [(orders.get(row.order_id) if row.order_id else None) or row.description or _now("by hand") for row in rows]


def _held(row: Reservation) -> str:
    if row.backordered:
        return _now("%(held)s held, %(waiting)s backordered") % {"held": row.quantity, "waiting": row.backordered}
    return _now("%s held") % row.quantity

"""Stock in the console: what is counted where, who holds it, how it came to be so. Counters move by services alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    ChoicesCheckboxFilter,
    RadioFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from inventory.enums import AdjustmentReason
from inventory.models import (
    InventoryItem,
    InventoryLevel,
    Reservation,
    SourcingDecision,
    StockLocation,
    StockMovement,
)
from inventory.services import items, locations
from inventory.services.adjustments import adjust_stock
from oms.core import ids
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin, ReadOnlyAdmin, ReadOnlyInline

NEWEST = 20


class AdjustForm(forms.Form):
    """`page` is where the person goes back to: the item's page or the level's."""

    location_id = forms.UUIDField(label=_("Location"))
    delta = forms.IntegerField(label=_("More or less"), min_value=-1_000_000_000, max_value=1_000_000_000)
    reason = forms.ChoiceField(label=_("Reason"), choices=AdjustmentReason.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=255)
    page = forms.UUIDField(required=False)


class LevelInline(ReadOnlyInline):
    model = InventoryLevel
    verbose_name_plural = _("stock by location")
    fields = readonly_fields = (
        "shown_location",
        "on_hand",
        "reserved",
        "available",
        "backordered",
        "incoming",
        "safety_stock",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[InventoryLevel]:
        rows: QuerySet[InventoryLevel] = super().get_queryset(request)
        return rows.select_related("item", "location").filter(deleted_at=None).order_by("location__priority")

    @display(description=_("Location"))
    def shown_location(self, level: InventoryLevel) -> SafeString:
        return show.link("inventory_inventorylevel", level.pk, level.location)


@admin.register(InventoryItem)
class InventoryItemAdmin(ConsoleAdmin):
    """What is counted or sold, with its stock. The sku stays what it was."""

    list_display = ("sku", "title", "is_stocked", "allow_backorder", "requires_shipping", "barcode")
    list_filter = (("is_stocked", BooleanRadioFilter), ("allow_backorder", BooleanRadioFilter))
    search_help_text = _("Sku or its beginning")
    ordering = ("sku",)
    prefix_search = ("sku",)
    fields = ("sku", "title", "barcode", "is_stocked", "allow_backorder", "requires_shipping")
    inlines = (LevelInline,)
    change_form_outer_before_template = "admin/inventory/adjust.html"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        exact: QuerySet[Any] = super().search(rows, term)
        return exact | super().search(rows, term.upper())  # type: ignore[no-any-return]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("sku",) if obj is not None else ()

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> tuple[type[ReadOnlyInline], ...]:
        return self.inlines if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: InventoryItem, form: forms.ModelForm[Any], change: bool) -> None:
        if change:
            items.update_item(item_id=obj.pk, changes={name: form.cleaned_data[name] for name in form.changed_data})
        else:
            obj.pk = items.create_item(**form.cleaned_data).pk
            obj.refresh_from_db()

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.adjust_view))
        return [path("<uuid:item_id>/adjust/", view, name="inventory_inventoryitem_adjust"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**adjustable(request, object_id), **(extra_context or {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def adjust_view(self, request: HttpRequest, item_id: UUID) -> HttpResponse:
        """Change the stock of an item at one location, with a reason."""
        if not may_adjust(request):
            raise PermissionDenied
        form = AdjustForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            acts.perform(
                request,
                lambda: adjust_stock(
                    item_id=item_id,
                    location_id=given["location_id"],
                    delta=given["delta"],
                    reason=given["reason"],
                    note=given["note"],
                    actor=acts.actor_of(request),
                ),
                done=_now("The stock is changed by %+d.") % given["delta"],
            )
        else:
            acts.say_errors(request, form)
        back_to_level = form.cleaned_data.get("page")
        return HttpResponseRedirect(
            show.change_url("inventory_inventorylevel", back_to_level)
            if back_to_level
            else show.change_url("inventory_inventoryitem", item_id)
        )


@admin.register(StockLocation)
class StockLocationAdmin(ConsoleAdmin):
    """A place where goods lie. The code stays what it was."""

    list_display = ("name", "code", "is_active", "priority", "city", "country_code")
    ordering = ("priority", "code")
    exact_search = ("code", "name")
    fields = ("name", "code", "is_active", "priority", *locations.ADDRESS)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("code",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: StockLocation, form: forms.ModelForm[Any], change: bool) -> None:
        given = form.cleaned_data
        if change:
            locations.update_location(location_id=obj.pk, changes={name: given[name] for name in form.changed_data})
            return
        obj.pk = locations.create_location(
            name=given["name"],
            code=given["code"],
            priority=given["priority"],
            is_active=given["is_active"],
            address={name: given[name] for name in locations.ADDRESS},
        ).pk
        obj.refresh_from_db()


class ShortFilter(RadioFilter):
    """Levels that somebody should look at."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("short", _("nothing available")), ("backordered", _("backordered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[InventoryLevel]) -> QuerySet[InventoryLevel]:
        if self.value() == "short":
            return queryset.filter(available__lte=0)
        return queryset.filter(backordered__gt=0) if self.value() == "backordered" else queryset


@admin.register(InventoryLevel)
class InventoryLevelAdmin(ReadOnlyAdmin):
    """The counters of an item at a location: read here, moved by the adjust form and by orders."""

    list_display = (
        "shown_sku",
        "location",
        "on_hand",
        "reserved",
        "available",
        "backordered",
        "incoming",
        "safety_stock",
    )
    list_select_related = ("item", "location")
    list_filter = (("location", RelatedDropdownFilter), ShortFilter)
    search_help_text = _("Sku or its beginning")
    ordering = ("item__sku", "id")
    prefix_search = ("item__sku",)
    hidden = ("created_at", "deleted_at", "ledger_seq")
    change_form_outer_before_template = "admin/inventory/adjust.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[InventoryLevel]:
        rows: QuerySet[InventoryLevel] = super().get_queryset(request)
        return rows.filter(deleted_at=None)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [*super().get_fields(request, obj), "shown_reservations", "shown_movements"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        level = self.get_object(request, object_id)
        context = {**(adjustable(request, level.item_id, level) if level else {}), **(extra_context or {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    @display(description=_("Item"))
    def shown_sku(self, level: InventoryLevel) -> str:
        return level.item.sku

    @display(description=_("Held by"))
    def shown_reservations(self, level: InventoryLevel) -> SafeString | str:
        rows = level.reservations.order_by("-pk")[:NEWEST]
        return format_html_join("", "<p>{}: {}</p>", [(_holder(row), _held(row)) for row in rows]) or "–"

    @display(description=_("Newest movements"))
    def shown_movements(self, level: InventoryLevel) -> SafeString:
        rows = level.movements.order_by("-seq")[:NEWEST]
        told = format_html_join(
            "",
            "<p>{} · {} {} → {} · {} {}</p>",
            [
                (
                    row.occurred_at.strftime("%Y-%m-%d %H:%M"),
                    row.get_kind_display(),
                    f"{row.delta_on_hand:+d}/{row.delta_reserved:+d}",
                    f"{row.on_hand_after}/{row.reserved_after}",
                    show.actor(row.actor),
                    row.note or (row.get_reason_display() if row.reason else ""),
                )
                for row in rows
            ],
        )
        ledger = f"{reverse('admin:inventory_stockmovement_changelist')}?level__id__exact={level.pk}"
        return format_html('{}<p><a class="c-link" href="{}">{}</a></p>', told, ledger, _now("All movements"))


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "shown_holder", "shown_sku", "shown_location", "quantity", "backordered", "created_at")
    list_select_related = ("level__item", "level__location")
    search_help_text = _("Sku")
    ordering = ("-id",)
    exact_search = ("level__item__sku",)

    @display(description=_("Held by"))
    def shown_holder(self, row: Reservation) -> SafeString | str:
        return _holder(row)

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
        "delta_on_hand",
        "delta_reserved",
        "on_hand_after",
        "reserved_after",
        "reason",
        "shown_actor",
    )
    list_select_related = ("level__item", "level__location")
    list_filter = (("kind", ChoicesCheckboxFilter), ("level__location", RelatedDropdownFilter))
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


def may_adjust(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("inventory.change_inventorylevel"))  # type: ignore[union-attr]  # a user by now


def adjustable(request: HttpRequest, item_id: UUID | str, level: InventoryLevel | None = None) -> dict[str, Any]:
    """What the adjust form shows: at this level, or at any location of the item."""
    if not may_adjust(request):
        return {}
    return {
        "adjust_item_id": item_id,
        "adjust_level": level,
        "adjust_locations": [] if level else list(StockLocation.objects.all()),
        "adjust_reasons": AdjustmentReason.choices,
    }


def _holder(row: Reservation) -> SafeString | str:
    if row.order_id:
        return show.link("orders_order", row.order_id, ids.encode(ids.ORDER, row.order_id))
    return row.description or _now("by hand")


def _held(row: Reservation) -> str:
    if row.backordered:
        return _now("%(held)s held, %(waiting)s backordered") % {"held": row.quantity, "waiting": row.backordered}
    return _now("%s held") % row.quantity

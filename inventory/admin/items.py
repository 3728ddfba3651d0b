"""What is counted or sold, and the places where it lies."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import BooleanRadioFilter

from inventory.admin.adjusting import AdjustForm, adjustable, may_adjust
from inventory.admin.item_more import more_of
from inventory.models import InventoryItem, InventoryLevel, StockLocation
from inventory.services import items, locations
from inventory.services.adjustments import adjust_stock
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin, ReadOnlyInline


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
        "low_stock_threshold",
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
    fields = ("sku", "title", "barcode", "is_stocked", "allow_backorder", "requires_shipping", "low_stock_threshold")
    inlines = (LevelInline,)
    change_form_outer_after_template = "admin/inventory/item_more.html"
    change_form_outer_before_template = "admin/inventory/adjust.html"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        exact: QuerySet[Any] = super().search(rows, term)
        return exact | super().search(rows, term.upper())

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("sku",) if obj is not None else ()

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> tuple[type[ReadOnlyInline], ...]:
        return self.inlines if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: InventoryItem, form: forms.ModelForm[Any], change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            items.update_item(item_id=obj.pk, changes=changes, actor=acts.actor_of(request))
        else:
            obj.pk = items.create_item(**form.cleaned_data).pk
            obj.refresh_from_db()

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.adjust_view))
        return [path("<uuid:item_id>/adjust/", view, name="inventory_inventoryitem_adjust"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**adjustable(request, object_id), **more_of(object_id), **(extra_context or {})}
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

"""What is counted or sold, and the places where it lies."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from inventory import providers
from inventory.admin import pooled
from inventory.admin.adjusting import adjust, adjustable, may_adjust
from inventory.admin.item_stock import stock_of
from inventory.admin.ledger_page import ledger_page
from inventory.admin.searching import items_like
from inventory.models import InventoryItem, KitComponent, StockLocation
from inventory.selectors import kits_by_location
from inventory.services import items, kits, locations
from inventory.services.kits import MOST_COMPONENTS, Part
from oms.web.console import acts
from oms.web.console.admin import ConsoleAdmin, ConsoleChangeList, ReadOnlyAdmin


class ComponentForm(forms.ModelForm[KitComponent]):
    """A component is named by its sku."""

    component = forms.ModelChoiceField(
        InventoryItem.objects.all(),
        to_field_name="sku",
        widget=UnfoldAdminTextInputWidget,
        label=_("Sku"),
        error_messages={"invalid_choice": _("There is no inventory item with this sku.")},
    )

    class Meta:
        model = KitComponent
        fields = ("component", "quantity")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.component_id:
            self.initial["component"] = self.instance.component


class ComponentInline(TabularInline):
    """What a kit consists of. Saved by the service, all rows together."""

    model = KitComponent
    fk_name = "kit"
    form = ComponentForm
    verbose_name = _("component")
    verbose_name_plural = _("components of a kit")
    extra = 0
    max_num = MOST_COMPONENTS
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[KitComponent]:
        rows: QuerySet[KitComponent] = super().get_queryset(request)
        return rows.select_related("kit", "component")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("inventory.view_inventoryitem"))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("inventory.change_inventoryitem"))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request, obj)


class ItemChangeList(ConsoleChangeList):
    """With what can be promised of each item of the page, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        everywhere = StockLocation.objects.values("pk")
        found = providers.current().available([item.pk for item in self.result_list], everywhere)
        for item in self.result_list:
            item.to_promise = found[item.pk]


@admin.register(InventoryItem)
class InventoryItemAdmin(ConsoleAdmin):
    """What is counted or sold, with its stock. The sku stays what it was."""

    list_display = (
        "sku",
        "title",
        "shown_available",
        "is_kit",
        "is_stocked",
        "allow_backorder",
        "requires_shipping",
        "barcode",
    )
    list_filter = (
        ("is_stocked", BooleanRadioFilter),
        ("allow_backorder", BooleanRadioFilter),
        ("is_kit", BooleanRadioFilter),
    )
    search_help_text = _("Beginning of the sku, barcode, or words of the title")
    ordering = ("sku",)
    prefix_search = ("sku",)
    fields = ("sku", "title", "barcode", "is_stocked", "allow_backorder", "requires_shipping", "low_stock_threshold")
    inlines = (ComponentInline,)
    change_form_outer_after_template = "admin/inventory/item_more.html"
    change_form_outer_before_template = "admin/inventory/item_before.html"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(pk__in=items_like(term).values("pk"))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConsoleChangeList]:
        return ItemChangeList

    @display(description=_("Available"))
    def shown_available(self, item: Any) -> str:
        return str(item.to_promise) if item.is_stocked else "–"

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        is_kit = isinstance(obj, InventoryItem) and obj.is_kit
        return (*self.fields, "shown_kits") if is_kit else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("sku", "shown_kits") if obj is not None else ()

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> tuple[type[TabularInline], ...]:
        return self.inlines if obj is not None else ()

    @display(description=_("Available by location"))
    def shown_kits(self, item: InventoryItem) -> SafeString | str:
        """How many of a kit each location could pack."""
        there = kits_by_location([item.pk]).get(item.pk, {})
        places = StockLocation.objects.filter(pk__in=there)
        return format_html_join("", "<p>{}: {}</p>", [(place.name, there[place.pk]) for place in places]) or "–"

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not KitComponent:
            super().save_formset(request, form, formset, change)
            return
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []  # told by nobody's log
        if formset.has_changed():
            given = [each for each in formset.cleaned_data if each.get("component") and not each.get("DELETE")]
            parts = [Part(each["component"].pk, each["quantity"]) for each in given]
            kits.set_components(item_id=form.instance.pk, components=parts)

    def save_model(self, request: HttpRequest, obj: InventoryItem, form: forms.ModelForm[Any], change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            items.update_item(item_id=obj.pk, changes=changes, actor=acts.actor_of(request))
        else:
            obj.pk = items.create_item(**form.cleaned_data).pk
            obj.refresh_from_db()

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        own = [("adjust", require_POST(self.adjust_view)), ("ledger", require_GET(self.ledger_view))]
        return [
            *(
                path(f"<uuid:item_id>/{name}/", guarded(view), name=f"inventory_inventoryitem_{name}")
                for name, view in own
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if pooled.is_in_use():
            context = {**pooled.adjustable(request, object_id), **(extra_context or {})}
        else:
            stock = stock_of(self.admin_site, request, object_id)
            context = {**adjustable(request, object_id), **stock, **(extra_context or {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def adjust_view(self, request: HttpRequest, item_id: UUID) -> HttpResponse:
        """Change the stock of an item at one location, from its own page or that of its level."""
        if not may_adjust(request):
            raise PermissionDenied
        item = get_object_or_404(self.get_queryset(request), pk=item_id)
        return adjust(request, self.admin_site, request.POST.dict() | {"sku": item.sku, "item": str(item.pk)})

    def ledger_view(self, request: HttpRequest, item_id: UUID) -> HttpResponse:
        """Everything that moved of an item, a page at a time."""
        if not request.user.has_perm("inventory.view_stockmovement"):
            raise PermissionDenied
        item = get_object_or_404(self.get_queryset(request), pk=item_id)
        return ledger_page(request, self.admin_site, item)


@admin.register(KitComponent)
class KitComponentAdmin(ReadOnlyAdmin):
    """Which kits contain what. Changed on the page of the kit."""

    list_display = ("kit", "component", "quantity")
    list_select_related = ("kit", "component")
    search_help_text = _("Sku")
    ordering = ("id",)
    exact_search = ("kit__sku", "component__sku")


@admin.register(StockLocation)
class StockLocationAdmin(ConsoleAdmin):
    """A place where goods lie. The code stays what it was."""

    for_all = True
    audited = True

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

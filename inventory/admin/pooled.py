"""Pooled stock in the console: offered while it is in use, readable afterwards; changed with a reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RadioFilter

from inventory import providers
from inventory.admin.adjusting import typed_page
from inventory.enums import AdjustmentReason
from inventory.models import InventoryItem, PooledMovement, PooledReservation, PooledStock
from inventory.providers.pooled import PooledInventory
from inventory.services.pool.adjusting import adjust_pooled_stock
from oms.core import ids
from oms.web.console import acts, show
from oms.web.console.admin import ReadOnlyAdmin


def is_in_use() -> bool:
    return isinstance(providers.current(), PooledInventory)


def may_adjust(request: HttpRequest) -> bool:
    return bool(is_in_use() and request.user.has_perm("inventory.change_pooledstock"))


def adjustable(request: HttpRequest, item_id: UUID | str) -> dict[str, Any]:
    """What the adjust form shows."""
    if not may_adjust(request):
        return {}
    address = reverse("admin:inventory_pooledstock_adjust", args=[item_id])
    return {"adjust_item_id": item_id, "adjust_pool": address, "adjust_reasons": AdjustmentReason.choices}


class PoolForm(forms.Form):
    delta = forms.IntegerField(label=_("More or less"), min_value=-1_000_000_000, max_value=1_000_000_000)
    reason = forms.ChoiceField(label=_("Reason"), choices=AdjustmentReason.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=255)


class PooledAdmin(ReadOnlyAdmin):
    """Its rows stay readable when stock is kept otherwise; then nobody is led to them."""

    search_help_text = _("Sku")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_in_use() and bool(super().has_module_permission(request))


class WaitedFor(RadioFilter):
    """Stock that somebody should look at."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("short", _("nothing available")), ("backordered", _("backordered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PooledStock]) -> QuerySet[PooledStock]:
        if self.value() == "short":
            return queryset.filter(available__lte=0)
        return queryset.filter(backordered__gt=0) if self.value() == "backordered" else queryset


@admin.register(PooledStock)
class PooledStockAdmin(PooledAdmin):
    """The counters of an item. The first stock of an item is entered on the item's own page."""

    list_display = ("item", "on_hand", "reserved", "available", "backordered", "updated_at")
    list_select_related = ("item",)
    list_filter = (WaitedFor,)
    ordering = ("item__sku", "item_id")
    prefix_search = ("item__sku",)
    hidden = ("created_at", "ledger_seq")
    change_form_outer_before_template = "admin/inventory/adjust.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["shown_item", *super().get_fields(request, obj)[1:], "shown_history"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        stock = self.get_object(request, object_id)
        context = {**(adjustable(request, stock.pk) if stock else {}), **(extra_context or {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.adjust_view))
        return [path("<uuid:item_id>/adjust/", view, name="inventory_pooledstock_adjust"), *super().get_urls()]

    def adjust_view(self, request: HttpRequest, item_id: UUID) -> HttpResponse:
        """Change the stock of an item, with a reason."""
        if not may_adjust(request):
            raise PermissionDenied
        item = get_object_or_404(InventoryItem, pk=item_id)
        form = PoolForm(request.POST.dict() | {"sku": item.sku})
        if not (form.is_valid() and self._adjusted(request, item, form.cleaned_data)):
            acts.say_errors(request, form)
            address = reverse("admin:inventory_pooledstock_adjust", args=[item.pk])
            return typed_page(request, self.admin_site, form, address, {"pooled": True})
        is_counted = PooledStock.objects.filter(pk=item.pk).exists()
        back = "inventory_pooledstock" if is_counted else "inventory_inventoryitem"
        return HttpResponseRedirect(show.change_url(back, item.pk))

    def _adjusted(self, request: HttpRequest, item: InventoryItem, given: dict[str, Any]) -> bool:
        return acts.perform(
            request,
            lambda: adjust_pooled_stock(item_id=item.pk, **given, actor=acts.actor_of(request)),
            done=_now("The stock is changed by %+d.") % given["delta"],
        )

    @display(description=_("Item"))
    def shown_item(self, stock: PooledStock) -> SafeString:
        return show.link("inventory_inventoryitem", stock.pk, stock.item)

    @display(description=_("More"))
    def shown_history(self, stock: PooledStock) -> SafeString:
        links = [
            ("inventory_pooledmovement", _now("All movements")),
            ("inventory_pooledreservation", _now("Held by")),
        ]
        return format_html(
            '<a class="c-link" href="{}">{}</a> · <a class="c-link" href="{}">{}</a>',
            *[
                part
                for model, label in links
                for part in (f"{reverse(f'admin:{model}_changelist')}?q={stock.item.sku}", label)
            ],
        )


@admin.register(PooledReservation)
class PooledReservationAdmin(PooledAdmin):
    list_display = ("public_id", "shown_order", "stock", "quantity", "backordered", "created_at")
    list_select_related = ("stock__item",)
    ordering = ("-id",)
    exact_search = ("stock__item__sku",)

    @display(description=_("Held by"))
    def shown_order(self, row: PooledReservation) -> SafeString:
        return show.link("orders_order", row.order_id, ids.encode(ids.ORDER, row.order_id))


@admin.register(PooledMovement)
class PooledMovementAdmin(PooledAdmin):
    """The ledger: read, never written."""

    list_display = ("occurred_at", "stock", "kind", "shown_on_hand", "shown_reserved", "reason", "shown_actor")
    list_select_related = ("stock__item",)
    list_filter = (("kind", ChoicesCheckboxFilter),)
    ordering = ("-id",)
    exact_search = ("stock__item__sku",)

    @display(description=_("On hand"))
    def shown_on_hand(self, row: PooledMovement) -> str:
        return f"{row.delta_on_hand:+d} → {row.on_hand_after}" if row.delta_on_hand else str(row.on_hand_after)

    @display(description=_("Reserved"))
    def shown_reserved(self, row: PooledMovement) -> str:
        return f"{row.delta_reserved:+d} → {row.reserved_after}" if row.delta_reserved else str(row.reserved_after)

    @display(description=_("By"))
    def shown_actor(self, row: PooledMovement) -> str:
        return show.actor(row.actor)

"""Fulfillments in the console. They are packed, shipped and delivered on the page of their order."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RadioFilter

from fulfillment.models import Fulfillment, FulfillmentLine, Parcel
from oms.web.console import dashboard, show
from oms.web.console.admin import ReadOnlyAdmin, ReadOnlyInline

STATUSES = {
    "packed": _("packed"),
    "shipped": _("shipped"),
    "delivered": _("delivered"),
    "canceled": _("canceled"),
}


def to_ship() -> QuerySet[Fulfillment]:
    """Packed and waiting for the carrier."""
    return Fulfillment.objects.filter(shipped_at=None, canceled_at=None, delivered_at=None, requires_shipping=True)


class StatusFilter(RadioFilter):
    """The status follows from the times."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("to_ship", _("to ship")), *STATUSES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Fulfillment]) -> QuerySet[Fulfillment]:
        narrowed = {
            "to_ship": queryset.filter(shipped_at=None, canceled_at=None, delivered_at=None, requires_shipping=True),
            "packed": queryset.filter(shipped_at=None, canceled_at=None, delivered_at=None),
            "shipped": queryset.filter(shipped_at__isnull=False, delivered_at=None),
            "delivered": queryset.filter(delivered_at__isnull=False),
            "canceled": queryset.filter(canceled_at__isnull=False),
        }
        return narrowed.get(self.value() or "", queryset)


class FulfillmentLineInline(ReadOnlyInline):
    model = FulfillmentLine
    fields = readonly_fields = ("shown_line", "quantity", "quantity_reserved")

    def get_queryset(self, request: HttpRequest) -> QuerySet[FulfillmentLine]:
        rows: QuerySet[FulfillmentLine] = super().get_queryset(request)
        return rows.select_related("order_line")

    @display(description=_("Line"))
    def shown_line(self, row: FulfillmentLine) -> str:
        return f"{row.order_line.sku} {row.order_line.title}"


class ParcelInline(ReadOnlyInline):
    model = Parcel
    fields = readonly_fields = ("tracking_number", "carrier", "shown_url", "created_at")

    @display(description=_("Tracking link"))
    def shown_url(self, row: Parcel) -> SafeString:
        return show.web_link(row.tracking_url)


@admin.register(Fulfillment)
class FulfillmentAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "shown_order", "shown_status", "created_at", "shipped_at", "delivered_at")
    list_select_related = ("order",)
    list_filter = (StatusFilter,)
    search_help_text = _("Order number, tracking number")
    ordering = ("-created_at", "-id")
    exact_search = ("order__number",)
    inlines = (FulfillmentLineInline, ParcelInline)

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        parcels = Parcel.objects.filter(tracking_number__in={term, term.upper()}).values("fulfillment")
        with_number = list(parcels.values_list("fulfillment", flat=True)[:1000])
        return rows.filter(pk__in=with_number) if with_number else super().search(rows, term)

    @display(description=_("Order"))
    def shown_order(self, row: Fulfillment) -> SafeString:
        return show.link("orders_order", row.order_id, row.order)

    @display(description=_("Status"))
    def shown_status(self, row: Fulfillment) -> SafeString:
        return show.badge(row.status, STATUSES[row.status])


@admin.register(FulfillmentLine)
class FulfillmentLineAdmin(ReadOnlyAdmin):
    list_display = ("shown_line", "quantity", "quantity_reserved", "fulfillment")
    list_select_related = ("fulfillment", "order_line")
    ordering = ("-id",)
    exact_search = ("order_line__sku",)

    @display(description=_("Line"))
    def shown_line(self, row: FulfillmentLine) -> str:
        return row.order_line.sku or row.order_line.title


@admin.register(Parcel)
class ParcelAdmin(ReadOnlyAdmin):
    list_display = ("tracking_number", "carrier", "created_at", "fulfillment")
    list_select_related = ("fulfillment",)
    ordering = ("-id",)
    exact_search = ("tracking_number",)


dashboard.show(
    dashboard.Figure(
        rank=20,
        title=_("To ship"),
        icon="local_shipping",
        permission="fulfillment.view_fulfillment",
        model="fulfillment_fulfillment",
        query="status=to_ship",
        rows=to_ship,
        tone="busy",
    )
)

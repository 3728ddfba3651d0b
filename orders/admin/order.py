"""Orders in the console: the list. The page of one is in `order_views`."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from oms.web.console import dashboard, show
from oms.web.console.admin import ReadOnlyAdmin
from oms.web.console.export import CsvExport, Export
from oms.web.console.saved import SavedViews
from orders import exporting
from orders.admin import filters
from orders.admin.bulk import BulkActs
from orders.admin.order_views import OrderPageViews
from orders.admin.refund_views import RefundViews
from orders.models import Order
from orders.selectors import work
from orders.selectors.search import find_orders


@admin.register(Order)
class OrderAdmin(SavedViews, RefundViews, OrderPageViews, BulkActs, CsvExport, ReadOnlyAdmin):
    """Nothing is edited raw: every change is a button, and every button a service."""

    list_display = (
        "shown_number",
        "placed_at",
        "shown_customer",
        "channel",
        "shown_status",
        "shown_payment",
        "shown_goods",
        "shown_total",
        "shown_open",
    )
    list_display_links = ("shown_number",)
    list_select_related = ("channel", "customer")
    list_filter = filters.FILTERS
    built_in_views = filters.VIEWS
    search_help_text = _("Number, name, e-mail, phone, sku, tracking number, tag, note")
    when_empty = _("Orders come in from a sales channel by the API, or from a file: Imports, Import a file.")
    ordering = ("-placed_at", "-id")
    exports = {
        "orders": Export(
            _("one for each order"),
            lambda rows, user: exporting.by_order(rows, people=user.has_perm("orders.view_customer")),
        ),
        "lines": Export(_("one for each line of an order"), lambda rows, user: exporting.by_line(rows)),
    }

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("number",)  # there is a search; `search` below does it

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(pk__in=find_orders(term))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A search that finds a single order leads to its page; with any filter beside it the list is shown."""
        if request.method == "GET" and list(request.GET) == ["q"] and self.has_view_permission(request):
            found = list(self.search(self.get_queryset(request), request.GET["q"]).values_list("pk", flat=True)[:2])
            if len(found) == 1:
                return HttpResponseRedirect(show.change_url("orders_order", found[0]))
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        rows: QuerySet[Order] = super().get_queryset(request)
        return rows.defer("metadata")

    def get_list_display(self, request: HttpRequest) -> list[str]:
        hidden = set() if _has(request, "orders.view_customer") else {"shown_customer"}
        return [each for each in super().get_list_display(request) if each not in hidden]

    @display(description=_("Number"))
    def shown_number(self, order: Order) -> str:
        return str(order)

    @display(description=_("Customer"))
    def shown_customer(self, order: Order) -> str:
        return str(order.customer) if order.customer else order.email

    @display(description=_("Status"))
    def shown_status(self, order: Order) -> SafeString:
        status = show.status_badge(order, "status")
        if order.open_holds:
            status = format_html("{} {}", status, show.badge("hold", _("on hold")))
        if order.is_sample:
            status = format_html("{} {}", status, show.badge("sample", _("sample")))
        return status

    @display(description=_("Payment"))
    def shown_payment(self, order: Order) -> SafeString:
        return show.status_badge(order, "payment_status")

    @display(description=_("Goods"))
    def shown_goods(self, order: Order) -> SafeString:
        return show.status_badge(order, "fulfillment_status")

    @display(description=_("Total"))
    def shown_total(self, order: Order) -> SafeString:
        return format_html('<span class="c-amount">{}</span>', show.money(order.total, order.currency))

    @display(description=_("Open"))
    def shown_open(self, order: Order) -> int:
        """Units that are still to be fulfilled."""
        return order.units_open


def _has(request: HttpRequest, permission: str) -> bool:
    return bool(request.user.has_perm(permission))


# Rank, title, icon, the list's name for them, the rows, how they look when there are some.
_WAITING: Final = (
    (10, _("To be fulfilled"), "package_2", "fulfill", work.waiting_to_be_packed, "busy"),
    (15, _("Late"), "schedule", "late", work.late, "bad"),
    (30, _("On hold"), "pause_circle", "hold", work.on_hold, "busy"),
    (35, _("Backordered"), "hourglass_empty", "backordered", work.backordered, "busy"),
    (40, _("Requires action"), "error", "action", work.requiring_action, "bad"),
)
for _rank, _title, _icon, _next, _rows, _tone in _WAITING:
    dashboard.show(
        dashboard.Figure(
            rank=_rank,
            title=_title,
            icon=_icon,
            permission="orders.view_order",
            model="orders_order",
            query=f"next={_next}",
            rows=_rows,
            tone=_tone,
        )
    )

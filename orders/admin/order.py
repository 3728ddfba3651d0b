"""Orders in the console: the list. The page of one is in `order_views`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    ChoicesCheckboxFilter,
    RelatedDropdownFilter,
)

from oms.web.console import dashboard, show
from oms.web.console.admin import ReadOnlyAdmin
from oms.web.console.filters import DayRangeFilter
from orders.admin import lists
from orders.admin.order_views import OrderPageViews
from orders.models import Order
from orders.selectors.search import find_orders


@admin.register(Order)
class OrderAdmin(OrderPageViews, ReadOnlyAdmin):
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
    list_filter = (
        lists.NextStepFilter,
        ("channel", RelatedDropdownFilter),
        ("status", ChoicesCheckboxFilter),
        ("payment_status", ChoicesCheckboxFilter),
        ("fulfillment_status", ChoicesCheckboxFilter),
        ("return_status", ChoicesCheckboxFilter),
        ("is_sample", BooleanRadioFilter),
        ("placed_at", DayRangeFilter),
    )
    search_help_text = _("Number, external id, e-mail, last name or company, sku, tracking number")
    ordering = ("-placed_at", "-id")
    actions = lists.BULK_ACTS

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("number",)  # there is a search; `search` below does it

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(pk__in=find_orders(term))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        rows: QuerySet[Order] = super().get_queryset(request)
        return rows.defer("metadata")

    def has_fulfill_permission(self, request: HttpRequest) -> bool:
        return _has(request, lists.PERMISSIONS["fulfill"])

    def has_change_order_permission(self, request: HttpRequest) -> bool:
        return _has(request, lists.PERMISSIONS["change_order"])

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


dashboard.show(
    dashboard.Figure(
        rank=10,
        title=_("To be fulfilled"),
        icon="package_2",
        permission="orders.view_order",
        model="orders_order",
        query="next=fulfill",
        rows=lists.waiting_to_be_packed,
        tone="busy",
    )
)
dashboard.show(
    dashboard.Figure(
        rank=30,
        title=_("On hold"),
        icon="pause_circle",
        permission="orders.view_order",
        model="orders_order",
        query="next=hold",
        rows=lists.on_hold,
        tone="busy",
    )
)
dashboard.show(
    dashboard.Figure(
        rank=40,
        title=_("Requires action"),
        icon="error",
        permission="orders.view_order",
        model="orders_order",
        query="next=action",
        rows=lists.requiring_action,
        tone="bad",
    )
)

"""Orders in the console: the list, and the page that says what to do next."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from oms.web.console import acts, dashboard, show
from oms.web.console.admin import ReadOnlyAdmin
from oms.web.console.saved import SavedViews
from orders.admin import filters, lists, page
from orders.admin.acts import ACTS
from orders.models import Order
from orders.selectors import work
from orders.selectors.order_page import order_page
from orders.selectors.search import find_orders


@admin.register(Order)
class OrderAdmin(SavedViews, ReadOnlyAdmin):
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
    actions = lists.BULK_ACTS

    # --- the list ---

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

    # --- the page ---

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(require_POST(self.act_view))
        return [path("<uuid:order_id>/act/<slug:name>/", act, name="orders_order_act"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:  # whatever changes an order is an act
            return HttpResponseNotAllowed(["GET", "HEAD"])
        try:
            found = order_page(UUID(object_id))
        except ValueError:
            found = None
        if not self.has_view_permission(request, found.order if found else None):
            raise PermissionDenied
        if found is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return gone
        context = {
            **self.admin_site.each_context(request),
            "title": _("Order %s") % found.order,
            "opts": self.opts,
            "original": found.order,
            "has_view_permission": True,
            **page.context(found, lambda permission: _has(request, permission)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/orders/order/page.html", context)

    def act_view(self, request: HttpRequest, order_id: UUID, name: str) -> HttpResponse:
        """A button was pressed: run its service, say what came of it, show the order again."""
        act = ACTS.get(name)
        if act is None:
            raise Http404
        if not (self.has_view_permission(request) and _has(request, act.permission)):
            raise PermissionDenied
        form = act.form(request.POST)
        if form.is_valid():
            acts.perform_saying(request, lambda: act.run(order_id, form.cleaned_data, acts.actor_of(request)))
        else:
            acts.say_errors(request, form)
        return HttpResponseRedirect(show.change_url("orders_order", order_id))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """An order's history is its timeline."""
        return HttpResponseRedirect(show.change_url("orders_order", object_id) + "#timeline")


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

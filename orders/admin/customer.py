"""Customers: who they are, and their orders."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter

from oms.web.console import show
from oms.web.console.admin import ConsoleAdmin
from oms.web.console.export import CsvExport, Export, columns
from oms.web.limits import answering, narrow
from orders import exporting
from orders.admin.privacy import PrivacyActs
from orders.models import Customer
from orders.selectors.search import find_customers

MOST_ORDERS = 20


@admin.register(Customer)
class CustomerAdmin(PrivacyActs, CsvExport, ConsoleAdmin):
    """Names and phone can be corrected; what a customer is known by (e-mail, external id) comes from their channel."""

    list_display = ("shown_name", "email", "company_name", "channel", "external_id", "created_at")
    list_select_related = ("channel",)
    list_filter = (("channel", RelatedDropdownFilter), ("has_account", BooleanRadioFilter))
    search_help_text = _("E-mail, external id, or how the last name or company begins")
    ordering = ("-id",)
    exports = {
        "customers": Export(
            _("one for each customer"),
            columns(lambda: Customer.objects.select_related("channel").defer("metadata"), exporting.CUSTOMER),
        )
    }
    fields = (
        "public_id",
        "first_name",
        "last_name",
        "company_name",
        "phone",
        "email",
        "channel",
        "external_id",
        "has_account",
        "created_at",
        "shown_store_credit",
        "shown_orders",
    )
    readonly_fields = (
        *("public_id", "email", "channel", "external_id", "has_account", "created_at"),
        *("shown_store_credit", "shown_orders"),
    )

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("email",)  # there is a search; `search` below does it

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(pk__in=find_customers(term).values("pk")[:1000])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description=_("Name"))
    def shown_name(self, customer: Customer) -> str:
        return str(customer)

    @display(description=_("Store credit"))
    def shown_store_credit(self, customer: Customer) -> SafeString:
        """What they have to spend, by currency, for whoever may see or give it: the pages behind the links say who."""
        held = [
            (show.link("payments_storecreditaccount", each.pk, show.money(each.balance, each.currency)),)
            for each in customer.store_credit_accounts.order_by("currency")
        ]
        give = f"{reverse('admin:payments_storecreditaccount_add')}?customer={customer.public_id}"
        return format_html(
            '{} <a class="c-link" href="{}">{}</a>', format_html_join("", "{} · ", held), give, _now("Give credit")
        )

    @display(description=_("Newest orders"))
    def shown_orders(self, customer: Customer) -> SafeString | str:
        newest = narrow(customer.orders.order_by("-placed_at", "-id"), answering.get())[:MOST_ORDERS]
        rows = [
            (
                show.link("orders_order", order.pk, order),
                date_format(timezone.localtime(order.placed_at), "DATE_FORMAT"),
                show.money(order.total, order.currency),
                show.status_badge(order, "status"),
            )
            for order in newest
        ]
        return format_html_join("", "<p>{} · {} · {} {}</p>", rows) or "–"

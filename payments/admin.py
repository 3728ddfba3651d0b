"""Payments in the console. Money is never edited by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from oms.web.console import show
from oms.web.console.admin import ReadOnlyAdmin
from payments import admin_balances  # noqa: F401  (it registers what it shows)
from payments.models import Payment


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = (
        "shown_reference",
        "shown_order",
        "provider",
        "method",
        "shown_amount",
        "shown_captured",
        "shown_refunded",
        "created_at",
    )
    list_display_links = ("shown_reference",)
    list_select_related = ("order",)
    search_help_text = _("Order number, or the provider's reference after its name: external pi_123")
    ordering = ("-id",)
    exact_search = ("order__number",)

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        provider, _space, reference = term.partition(" ")
        if reference:
            return rows.filter(provider=provider, reference=reference.strip())
        by_number: QuerySet[Any] = super().search(rows, term)
        return by_number | rows.filter(provider="external", reference=term)

    @display(description=_("Payment"))
    def shown_reference(self, row: Payment) -> str:
        return str(row)

    @display(description=_("Order"))
    def shown_order(self, row: Payment) -> SafeString:
        return show.link("orders_order", row.order_id, row.order) if row.order_id else SafeString("–")

    @display(description=_("Amount"))
    def shown_amount(self, row: Payment) -> str:
        return show.money(row.amount, row.currency)

    @display(description=_("Taken"))
    def shown_captured(self, row: Payment) -> str:
        return show.money(row.captured, row.currency)

    @display(description=_("Refunded"))
    def shown_refunded(self, row: Payment) -> str:
        return show.money(row.refunded, row.currency)

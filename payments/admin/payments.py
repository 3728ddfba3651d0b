"""Payments in the console. Money is never edited by hand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from oms.web.console import show
from oms.web.console.admin import ReadOnlyAdmin
from payments.admin import payment_page
from payments.admin.payment_page import ProviderFilter, WaitsFilter
from payments.models import Payment
from payments.policies import has_expired, payment_status


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = (
        "shown_reference",
        "shown_order",
        "shown_way",
        "shown_state",
        "shown_amount",
        "shown_captured",
        "shown_refunded",
        "created_at",
    )
    list_display_links = ("shown_reference",)
    list_select_related = ("order",)
    list_filter = (ProviderFilter, WaitsFilter)
    search_help_text = _("Order number, the provider's reference, or that after its name: external pi_123")
    change_form_outer_before_template = "admin/payments/payment_before.html"
    ordering = ("-id",)
    exact_search = ("order__number",)
    hidden = ("order", "currency", "amount", "captured", "refunded")  # stand above, as people read them

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        provider, _space, reference = term.partition(" ")
        if reference:
            return rows.filter(provider=provider, reference=reference.strip())
        every = Payment.objects.order_by()
        # Each by its own index: an OR, which is over two tables, would look at every payment.
        by_number, by_reference = super().search(every, term), every.filter(reference=term)
        return rows.filter(pk__in=by_number.values("pk").union(by_reference.values("pk")))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        payment = self.get_object(request, object_id)
        shown = {} if payment is None else payment_page.context(payment)
        page: HttpResponse = super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})
        return page

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [*super().get_fields(request, obj), "shown_records"]

    @display(description=_("Behind it"))
    def shown_records(self, row: Payment) -> SafeString:
        """The lists of what was tried and told, narrowed down to this payment."""
        query = urlencode({"q": f"{row.provider} {row.reference}"})
        lists = (
            ("paymentattempt", _("Attempts")),
            ("providerevent", _("Told by the provider")),
            ("providerwebhook", _("Webhooks")),
        )
        links = ((reverse(f"admin:payments_{model}_changelist"), query, title) for model, title in lists)
        return format_html_join(" · ", '<a class="c-link" href="{}?{}">{}</a>', links)

    @display(description=_("State"))
    def shown_state(self, row: Payment) -> SafeString:
        """With the moment until which what is authorized, and was not captured, can be."""
        status = payment_status(row)
        shown = show.badge(status.value, str(status.label))
        if row.problem:
            shown = format_html("{} {}", shown, show.badge("failed", _now("problem")))
        if row.expires_at is None or row.canceled_at is not None or row.captured >= row.amount:
            return shown
        at = date_format(timezone.localtime(row.expires_at), "SHORT_DATETIME_FORMAT")
        if has_expired(row, timezone.now()):
            return format_html("{} {}", shown, show.badge("failed", _now("ended %s") % at))
        return format_html('{} <span class="c-quiet">{}</span>', shown, _now("until %s") % at)

    @display(description=_("Payment"))
    def shown_reference(self, row: Payment) -> str | SafeString:
        return show.short(str(row))

    @display(description=_("Paid by"))
    def shown_way(self, row: Payment) -> SafeString:
        return format_html('{} <span class="c-quiet">{}</span>', row.method, row.provider)

    @display(description=_("Order"))
    def shown_order(self, row: Payment) -> SafeString:
        return show.link("orders_order", row.order_id, row.order) if row.order_id else SafeString("–")

    @display(description=_("Amount"))
    def shown_amount(self, row: Payment) -> str:
        return show.money(row.amount, row.currency)

    @display(description=_("Taken"))
    def shown_captured(self, row: Payment) -> str:
        return show.money(row.captured, row.currency) if row.captured else "–"

    @display(description=_("Refunded"))
    def shown_refunded(self, row: Payment) -> str:
        return show.money(row.refunded, row.currency) if row.refunded else "–"

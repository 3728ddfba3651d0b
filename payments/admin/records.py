"""What stands behind a payment: what was to be collected, the tries, the movements, and what its provider told."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from oms.core import ids
from oms.core.errors import NotFound
from oms.web.console import show
from oms.web.console.admin import ReadOnlyAdmin
from oms.web.console.paging import NearPaginator
from oms.web.limits import limits_of
from payments.models import PaymentAttempt, PaymentCollection, PaymentSession, ProviderEvent

BY_REFERENCE = _("The provider's reference after its name: stripe pi_123")


def by_reference(rows: QuerySet[Any], term: str, prefix: str) -> QuerySet[Any]:
    """Rows with columns provider and reference that a person means: `stripe pi_123`, or an id of ours."""
    provider, _space, reference = term.partition(" ")
    if reference:
        return rows.filter(provider=provider, reference=reference.strip())
    return by_id(rows, term, prefix)


def by_id(rows: QuerySet[Any], term: str, prefix: str) -> QuerySet[Any]:
    try:
        return rows.filter(pk=ids.decode(prefix, term))
    except NotFound:
        return rows.none()


class RecordAdmin(ReadOnlyAdmin):
    """Rows that providers and ourselves know by long names.

    Whose a record is, the order knows that it leads to over some tables: that decides who of the limited sees it.
    """

    ordering = ("-id",)

    def get_paginator(self, request: HttpRequest, queryset: QuerySet[Any], per_page: int, *options: Any) -> Any:
        kind = NearPaginator if limits_of(request.user) else self.paginator
        return kind(queryset, per_page, *options)

    @display(description="ID")
    def shown_id(self, row: Any) -> str | SafeString:
        return show.short(row.public_id)

    @display(description=_("Reference"))
    def shown_reference(self, row: Any) -> str | SafeString:
        return show.short(row.reference)

    @display(description=_("Amount"))
    def shown_amount(self, row: Any) -> str:
        return show.money(row.amount, row.currency)

    def _shown(self, field: Any) -> str:
        return self._reader(field, show.actor) if field.name == "dealt_with_by" else super()._shown(field)


@admin.register(PaymentCollection)
class PaymentCollectionAdmin(RecordAdmin):
    list_display = ("shown_id", "shown_order", "shown_amount", "created_at", "canceled_at")
    list_select_related = ("order",)
    search_help_text = _("Order number, or an id (pay_col_…)")
    exact_search = ("order__number",)

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        prefix = ids.PAYMENT_COLLECTION
        return by_id(rows, term, prefix) if term.startswith(prefix) else super().search(rows, term)

    @display(description=_("Order"))
    def shown_order(self, row: PaymentCollection) -> SafeString:
        return show.link("orders_order", row.order_id, row.order) if row.order_id else SafeString("–")


@admin.register(PaymentSession)
class PaymentSessionAdmin(RecordAdmin):
    list_display = ("shown_id", "provider", "shown_reference", "shown_amount", "shown_status", "created_at")
    search_help_text = BY_REFERENCE
    exact_search = ("reference",)
    # What the customer's browser was given to pay with is nobody else's.
    hidden = ("data", "context")

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return by_reference(rows, term, ids.PAYMENT_SESSION)

    @display(description=_("Status"))
    def shown_status(self, row: PaymentSession) -> SafeString:
        return show.status_badge(row, "status")


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(RecordAdmin):
    """Every time that money was to move, with what came of it."""

    list_display = ("shown_id", "act", "shown_amount", "shown_state", "shown_payment", "message", "created_at")
    list_select_related = ("payment", "session")
    list_filter = (("act", ChoicesCheckboxFilter), ("state", ChoicesCheckboxFilter))
    search_help_text = BY_REFERENCE
    exact_search = ("movement",)
    hidden = ("data",)

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        provider, _space, reference = term.partition(" ")
        if not reference:
            return by_id(rows, term, ids.PAYMENT_ATTEMPT)
        sessions = PaymentSession.objects.filter(provider=provider, reference=reference.strip())
        of_session = list(sessions.values_list("pk", flat=True))  # one at most, by an index
        return rows.filter(session__in=of_session)

    @display(description=_("State"))
    def shown_state(self, row: PaymentAttempt) -> SafeString:
        return show.status_badge(row, "state")

    @display(description=_("Payment"))
    def shown_payment(self, row: PaymentAttempt) -> str | SafeString:
        if row.payment is not None:
            return show.link("payments_payment", row.payment.pk, show.short(str(row.payment)))
        return show.short(row.session.reference) if row.session is not None else ""


@admin.register(ProviderEvent)
class ProviderEventAdmin(RecordAdmin):
    """What providers told, one fact a row. A payment's amounts follow from those without a problem."""

    list_display = (
        "provider",
        "shown_reference",
        "act",
        "outcome",
        "shown_amount",
        "shown_problem",
        "recorded_at",
    )
    list_display_links = ("shown_reference",)
    search_help_text = BY_REFERENCE
    exact_search = ("reference",)

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return by_reference(rows, term, ids.PROVIDER_EVENT)

    @display(description=_("Problem"))
    def shown_problem(self, row: ProviderEvent) -> str:
        return row.get_problem_display()

"""The page of a payment: what it comes to, what was tried, what its provider told; and by what the list is narrowed."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter

from oms.core import providers
from oms.web.console import show
from payments import policies, selectors
from payments.admin.attempt_rows import attempt_row, event_row
from payments.admin.provider_words import provider_title
from payments.models import Payment, PaymentAttempt
from payments.models.payment import EXTERNAL
from payments.providers import known

MOST_TOLD: Final = 50


class ProviderFilter(DropdownFilter):
    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(code, known.provider_of(code).title) for code in providers.names(known.KIND)] + [
            (EXTERNAL, _("taken elsewhere"))
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class WaitsFilter(RadioFilter):
    """What still has to happen with a payment. Each is found by an index of its few rows."""

    title = _("what waits")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("capture", _("can be captured")),
            ("open", _("its provider is asked")),
            ("problem", _("has a problem")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        match self.value():
            case "capture":
                return queryset.filter(selectors.TO_CAPTURE)
            case "open":
                return queryset.filter(selectors.waiting())
            case "problem":
                return queryset.filter(~Q(problem=""))
            case _other:
                return queryset


def context(payment: Payment) -> dict[str, Any]:
    attempts = list(PaymentAttempt.objects.filter(payment=payment).order_by("-created_at", "-pk"))
    events = selectors.events_of(payment).order_by("-recorded_at", "-pk")[:MOST_TOLD]
    amounts = [
        (_now("Authorized"), payment.amount),
        (_now("Taken"), payment.captured),
        (_now("Refunded"), payment.refunded),
        (_now("can be captured"), policies.capturable(payment, attempts)),
        (_now("can be refunded"), policies.refundable(payment, attempts)),
    ]
    return {
        "payment": payment,
        "provider": provider_title(payment.provider),
        "movable": not payment.is_recorded,
        "amounts": [(label, payment.money(amount)) for label, amount in amounts],
        "payment_badge": show.badge(*_state(payment)),
        "attempts": [attempt_row(each) for each in attempts],
        "told": [event_row(each) for each in events],
        "order_link": show.link("orders_order", payment.order_id, payment.order) if payment.order_id else "",
    }


def _state(payment: Payment) -> tuple[str, str]:
    status = policies.payment_status(payment)
    return status.value, str(status.label)

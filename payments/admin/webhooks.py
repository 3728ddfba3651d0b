"""Webhooks as they came, and processing one again."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from oms.core import ids
from oms.web.console import acts, show
from payments.admin.records import RecordAdmin, by_id
from payments.models import ProviderEvent, ProviderWebhook
from payments.services import webhooks

MAY_PROCESS = "payments.capture_payment"


@admin.action(description=_("Process again"), permissions=["process"])
def process_again(model_admin: Any, request: HttpRequest, rows: QuerySet[ProviderWebhook]) -> None:
    actor = acts.actor_of(request)
    again = [(str(row), partial(webhooks.process_again, webhook_id=row.pk, actor=actor)) for row in rows]
    acts.perform_each(request, again, done=_now("Webhooks that a worker processes again: %(count)s."))


@admin.register(ProviderWebhook)
class ProviderWebhookAdmin(RecordAdmin):
    list_display = ("shown_id", "provider", "kind", "shown_state", "times_received", "received_at")
    list_filter = (("problem", ChoicesCheckboxFilter),)
    search_help_text = _(
        "The provider's reference of a payment, or its id of the message, after its name: stripe pi_123"
    )
    exact_search = ("event_id",)
    hidden = ("headers",)
    actions = [process_again]

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        provider, _space, name = term.partition(" ")
        if not name:
            return by_id(rows, term, ids.PROVIDER_WEBHOOK)
        told = ProviderEvent.objects.filter(provider=provider, reference=name.strip(), webhook_id__isnull=False)
        by_reference = list(told.values_list("webhook_id", flat=True)[:1000])
        return rows.filter(provider=provider, event_id=name.strip()) | rows.filter(pk__in=by_reference)

    def has_process_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(MAY_PROCESS))

    @display(description=_("Event"))
    def shown_id(self, row: ProviderWebhook) -> str | SafeString:
        return show.short(row.event_id)

    @display(description=_("State"))
    def shown_state(self, row: ProviderWebhook) -> SafeString:
        if row.problem:
            return show.badge("failed", row.get_problem_display())
        if row.processed_at is None:
            return show.badge("awaiting", _("waits for a worker"))
        return show.badge("done", _("processed"))

"""The audit and the second factors in the console."""

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
from unfold.contrib.filters.admin import DropdownFilter

from oms.web import audit, second_factor
from oms.web.console import acts, show
from oms.web.console.admin import ReadOnlyAdmin
from oms.web.console.filters import DayRangeFilter
from oms.web.models import AuditEntry, SecondFactor


class ActionFilter(DropdownFilter):
    title = _("what")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(audit.ACTIONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(action=self.value()) if self.value() in audit.ACTIONS else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, the newest first. Read by whoever has the permission; written by nobody."""

    list_display = ("occurred_at", "shown_actor", "shown_action", "shown_subject", "address")
    list_display_links = ("occurred_at",)
    list_filter = (ActionFilter, ("occurred_at", DayRangeFilter))
    search_help_text = _("Who did it, or what it was done to (user:5)")
    ordering = ("-id",)
    exact_search = ("actor_label", "subject")
    hidden = ("actor_kind", "actor_id", "actor_label", "subject_label")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_fields(request, obj), "shown_actor", "shown_subject"]

    @display(description=_("Who"))
    def shown_actor(self, row: AuditEntry) -> str:
        return show.actor({"kind": row.actor_kind, "label": row.actor_label}) if row.actor_id else _now("nobody")

    @display(description=_("What"))
    def shown_action(self, row: AuditEntry) -> str:
        return str(audit.ACTIONS.get(row.action, row.action))

    @display(description=_("To what"))
    def shown_subject(self, row: AuditEntry) -> str:
        return f"{row.subject_label} ({row.subject})" if row.subject_label else row.subject


@admin.action(description=_("Remove the second factor"), permissions=["remove"])
def remove(model_admin: Any, request: HttpRequest, factors: QuerySet[SecondFactor]) -> None:
    """For who has lost both the telephone and the codes."""
    acts.perform_each(
        request,
        [(str(each), partial(_remove, request, each)) for each in factors.select_related("user")],
        done=_now("Removed: %(count)s. They sign in with the password alone."),
    )


def _remove(request: HttpRequest, factor: SecondFactor) -> None:
    second_factor.remove(user=factor.user)
    subject, label = f"user:{factor.user.pk}", factor.user.get_username()
    audit.record("second_factor.removed", actor=acts.actor_of(request), request=request, subject=subject, label=label)


@admin.register(SecondFactor)
class SecondFactorAdmin(ReadOnlyAdmin):
    """Who has one. The secret is shown to nobody."""

    list_display = ("user", "confirmed_at", "shown_recovery")
    list_select_related = ("user",)
    ordering = ("user__username", "pk")
    exact_search = ("user__username",)
    hidden = ("secret", "recovery", "last_step")
    actions = (remove,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user", "confirmed_at", "shown_recovery"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """What is hidden is not found out by asking how it begins either."""
        return lookup.partition("__")[0] not in self.hidden and bool(super().lookup_allowed(lookup, value, request))

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("web.delete_secondfactor"))

    @display(description=_("Recovery codes left"))
    def shown_recovery(self, row: SecondFactor) -> SafeString | int:
        return len(row.recovery)

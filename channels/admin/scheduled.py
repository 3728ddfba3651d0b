"""Scheduled sources: set up, run now, paused; what each run brought."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RadioFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from channels import tasks
from channels.enums import SourceRunStatus, StockPolicy
from channels.models import OrderSource, SourceFile, SourceRun
from channels.services import sources
from oms.core import ids, providers
from oms.core.errors import InvalidInput
from oms.web.console import acts, dashboard, show
from oms.web.console.admin import ConsoleAdmin, ReadOnlyAdmin

NEWEST = 5


def failing_sources() -> QuerySet[OrderSource]:
    """Sources that are not paused and whose last run failed."""
    return OrderSource.objects.filter(enabled=True, last_status=SourceRunStatus.FAILED)


def format_choices() -> list[tuple[str, Any]]:
    return [("", _("find it out")), *((name, name) for name in providers.names("ORDER_FORMATS"))]


class SourceForm(forms.ModelForm[OrderSource]):
    """The source, and how often it is visited; what cannot work is refused field by field."""

    credential = forms.ChoiceField(
        label=_("Secret"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("HTTP: what is shown to get in. The server's environment holds it (OMS_SOURCE_SECRET_…)."),
    )
    format = forms.ChoiceField(
        label=_("Format"), required=False, choices=format_choices, widget=UnfoldAdminSelectWidget
    )
    stock = forms.ChoiceField(label=_("Stock"), choices=StockPolicy.choices, widget=UnfoldAdminSelectWidget)
    every_minutes = forms.IntegerField(
        label=_("Every … minutes"),
        required=False,
        min_value=1,
        max_value=44_640,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Empty: as the schedule says, which can be edited for itself, as a crontab for example."),
    )

    class Meta:
        model = OrderSource
        fields = (
            *("name", "channel", "kind", "address", "whole_file", "credential", "overlap_seconds"),
            *("pattern", "move_files", "format", "stock", "stop_at_error", "enabled"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        secrets = [("", _("none")), *((name, name) for name in sorted(settings.SOURCE_SECRETS))]
        self.fields["credential"].choices = secrets  # type: ignore[attr-defined]
        self.fields["every_minutes"].initial = None if _saved(self.instance) else 15

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's hook behind the model's own validation
        if not self.errors:
            try:
                sources.check(self.instance)
            except InvalidInput as refusal:
                for error in refusal.errors:
                    self.add_error(error.pointer, error.message)


def _saved(source: OrderSource) -> bool:
    return not source._state.adding


class FailingFilter(RadioFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failing", _("the last run failed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OrderSource]) -> QuerySet[OrderSource]:
        return queryset & failing_sources() if self.value() == "failing" else queryset


@admin.register(OrderSource)
class OrderSourceAdmin(ConsoleAdmin):
    audited = True
    form = SourceForm
    list_display = ("name", "channel", "kind", "shown_state", "last_run_at", "shown_schedule", "failures")
    list_select_related = ("channel", *(f"schedule__{name}" for name in ("interval", "crontab", "solar", "clocked")))
    list_filter = (FailingFilter, ("channel", RelatedDropdownFilter), ("kind", ChoicesCheckboxFilter))
    search_help_text = _("Name")
    ordering = ("name", "id")
    prefix_search = ("name",)
    change_form_outer_before_template = "admin/channels/ordersource/next_step.html"
    list_before_template = "admin/channels/ordersource/above_list.html"
    fieldsets = (
        (None, {"fields": ("name", "channel", "kind", "address")}),
        (_("HTTP address"), {"fields": ("whole_file", "credential", "overlap_seconds")}),
        (_("Folder"), {"fields": ("pattern", "move_files")}),
        (_("Bringing in"), {"fields": ("format", "stock", "stop_at_error")}),
        (_("Schedule"), {"fields": ("every_minutes", "enabled")}),
    )

    def save_model(self, request: HttpRequest, obj: OrderSource, form: SourceForm, change: bool) -> None:
        sources.save_source(source=obj, every_minutes=form.cleaned_data["every_minutes"])

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.act_view))
        return [path("<uuid:source_id>/act/<slug:name>/", view, name="channels_ordersource_act"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"no_sources": not OrderSource.objects.exists(), **(extra_context or {})}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        source = self.get_object(request, object_id)
        context = {**(_next_step(source) if source else {}), **(extra_context or {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def act_view(self, request: HttpRequest, source_id: UUID, name: str) -> HttpResponse:
        """A button was pressed: run now, pause, go on, or fetch everything again."""
        if not request.user.has_perm("channels.change_ordersource"):
            raise PermissionDenied
        doing: dict[str, tuple[Callable[[], Any], Any]] = {
            "run": (partial(self._run, request, source_id), _now("A worker visits the source now.")),
            "pause": (
                partial(sources.switch_source, source_id=source_id, enabled=False),
                _now("The source is paused. A run that is under way ends."),
            ),
            "resume": (partial(sources.switch_source, source_id=source_id, enabled=True), _now("The source goes on.")),
            "again": (
                partial(sources.start_over, source_id=source_id),
                _now("The next run asks for everything. What is known already does not change."),
            ),
        }
        if name not in doing:
            raise Http404
        act, done = doing[name]
        acts.perform(request, act, done=done)
        return HttpResponseRedirect(show.change_url("channels_ordersource", source_id))

    def _run(self, request: HttpRequest, source_id: UUID) -> None:
        sources.request_run(source_id=source_id, actor=acts.actor_of(request))
        tasks.send(tasks.run_source, str(source_id), False)

    @display(description=_("State"))
    def shown_state(self, source: OrderSource) -> SafeString:
        if not source.enabled:
            return show.badge("paused", _("paused"))
        return show.status_badge(source, "last_status") if source.last_status else show.badge("new", _("not run yet"))

    @display(description=_("Schedule"))
    def shown_schedule(self, source: OrderSource) -> str:
        return str(source.schedule.scheduler) if source.schedule else _now("none")


def _next_step(source: OrderSource) -> dict[str, Any]:
    """What the top of the page shows: what to do, and what the last runs brought."""
    schedule = source.schedule
    return {
        "source": source,
        "source_runs": [(run, show.status_badge(run, "status")) for run in source.runs.all()[:NEWEST]],
        "schedule_url": show.change_url("django_celery_beat_periodictask", schedule.pk) if schedule else "",
        "schedule_shown": str(schedule.scheduler) if schedule else "",
    }


@admin.register(SourceRun)
class SourceRunAdmin(ReadOnlyAdmin):
    """The log of visits."""

    list_display = (
        *("public_id", "source", "shown_status", "started_at", "finished_at", "pages", "files"),
        *("created", "revised", "unchanged", "rejected", "attempts"),
    )
    list_select_related = ("source",)
    list_filter = (("source", RelatedDropdownFilter), ("status", ChoicesCheckboxFilter))
    ordering = ("-id",)
    hidden = ("created_at", "updated_at")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "source__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    def _shown(self, field: Any) -> str:
        return "shown_imports" if field.name == "import_runs" else super()._shown(field)

    @display(description=_("Status"))
    def shown_status(self, run: SourceRun) -> SafeString:
        return show.status_badge(run, "status")

    @display(description=_("Imports"))
    def shown_imports(self, run: SourceRun) -> SafeString | str:
        links = [
            (show.change_url("channels_importrun", text), ids.encode(ids.IMPORT_RUN, UUID(text)))
            for text in run.import_runs[:100]
        ]
        return format_html_join("", '<p><a class="c-link" href="{}">{}</a></p>', links) or _now("none")


@admin.register(SourceFile)
class SourceFileAdmin(ReadOnlyAdmin):
    """What was taken from folders, and what came of it."""

    list_display = ("name", "source", "shown_status", "size", "taken_at", "shown_error")
    list_select_related = ("source",)
    list_filter = (("source", RelatedDropdownFilter), ("status", ChoicesCheckboxFilter))
    search_help_text = _("File name")
    ordering = ("-id",)
    exact_search = ("name", "fingerprint")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "source__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    @display(description=_("Status"))
    def shown_status(self, file: SourceFile) -> SafeString:
        return show.status_badge(file, "status")

    @display(description=_("Error"))
    def shown_error(self, file: SourceFile) -> SafeString:
        return format_html('<span class="c-break">{}</span>', file.error[:200])


dashboard.show(
    dashboard.Figure(
        rank=65,
        title=_("Sources that fail"),
        icon="cloud_off",
        permission="channels.view_ordersource",
        model="channels_ordersource",
        query="state=failing",
        rows=failing_sources,
        tone="bad",
    )
)

"""What was brought in from outside: runs with their figures, what they refused, and documents that are no sales."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RadioFilter, RelatedDropdownFilter

from channels import tasks
from channels.admin.rejects import may_import
from channels.enums import DocumentKind, MatchState, RunStatus
from channels.models import CreditMatch, ImportLane, ImportRun, SourceDocument, SourceDocumentLine
from channels.services import retrying
from oms.core import ids
from oms.core.errors import DomainError
from oms.web.console import acts, dashboard, show
from oms.web.console.admin import ReadOnlyAdmin, ReadOnlyInline
from oms.web.console.paging import MOST_COUNTED

NEWEST_REJECTS = 20


def credits_for_staff() -> QuerySet[SourceDocument]:
    """Credit notes that match no sale, or not wholly."""
    return SourceDocument.objects.filter(
        kind=DocumentKind.CREDIT, match_state__in=[MatchState.UNMATCHED, MatchState.PARTIAL]
    )


class ImportLaneInline(ReadOnlyInline):
    """The further workers of a run that is not finished."""

    model = ImportLane
    verbose_name_plural = _("further workers")
    fields = readonly_fields = ("number", "cursor", "lines_committed", "updated_at")


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ("file_name", "channel", "format", "stock", "shown_status", "cursor", "started_at", "finished_at")
    list_select_related = ("channel",)
    list_filter = (("channel", RelatedDropdownFilter), ("status", ChoicesCheckboxFilter))
    search_help_text = _("File name")
    ordering = ("-id",)
    exact_search = ("file_name",)

    change_form_outer_before_template = "admin/channels/importrun/acts.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.retry_view))
        return [path("<uuid:run_id>/retry/", view, name="channels_importrun_retry"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        left = retrying.open_rejects(run.pk)[:MOST_COUNTED].count() if run else 0
        context = {"open_rejects": left, "may_import": may_import(request), **(extra_context or {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def retry_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Try everything that the run refused again; its progress is on the page that comes."""
        if not may_import(request):
            raise PermissionDenied
        try:
            upload = retrying.retry_rejects(run_id=run_id, actor=acts.actor_of(request))
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(show.change_url("channels_importrun", run_id))
        tasks.send(tasks.run_upload, str(upload.pk))
        messages.success(request, _now("A worker tries them again."))
        return HttpResponseRedirect(show.change_url("channels_importupload", upload.pk))

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [ImportLaneInline] if obj and obj.status == RunStatus.RUNNING and obj.workers > 1 else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = list(super().get_fields(request, obj))
        return [*fields, "shown_rejects"] if request.user.has_perm("channels.view_importreject") else fields

    def _shown(self, field: Any) -> str:
        return "shown_figures" if field.name == "figures" else super()._shown(field)

    @display(description=_("Status"))
    def shown_status(self, run: ImportRun) -> SafeString:
        return show.status_badge(run, "status")

    @display(description=_("Figures"))
    def shown_figures(self, run: ImportRun) -> SafeString:
        return show.as_json(run.figures)

    @display(description=_("Rejects"))
    def shown_rejects(self, run: ImportRun) -> SafeString | str:
        rejects = list(run.rejects.all()[: NEWEST_REJECTS + 1])
        if not rejects:
            return _now("none")
        told = format_html_join(
            "",
            '<p><a class="c-link" href="{}">{}</a> {}: {}</p>',
            [
                (
                    show.change_url("channels_importreject", reject.pk),
                    _now("line %s") % reject.line,
                    reject.column,
                    reject.reason,
                )
                for reject in rejects[:NEWEST_REJECTS]
            ],
        )
        everything = f"{reverse('admin:channels_importreject_changelist')}?run__id__exact={run.pk}"
        return format_html('{}<p><a class="c-link" href="{}">{}</a></p>', told, everything, _now("All rejects"))


@admin.register(ImportLane)
class ImportLaneAdmin(ReadOnlyAdmin):
    """What a further worker of a run has done so far; gone when the run ends."""

    list_display = ("run", "number", "cursor", "lines_committed", "updated_at")
    list_select_related = ("run",)
    ordering = ("-id",)
    exact_search = ("run_id",)


class ForStaffFilter(RadioFilter):
    title = _("for staff")
    parameter_name = "staff"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("credits that match no sale, or not wholly"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SourceDocument]) -> QuerySet[SourceDocument]:
        return queryset & credits_for_staff() if self.value() == "yes" else queryset


class DocumentLineInline(ReadOnlyInline):
    model = SourceDocumentLine
    ordering = ("position",)
    fields = readonly_fields = (
        "sku",
        "title",
        "quantity",
        "unit_price",
        "amount",
        "matched_quantity",
        "matched_amount",
    )


@admin.register(SourceDocument)
class SourceDocumentAdmin(ReadOnlyAdmin):
    """Credit notes and write-offs as the source sent them, and how far they were matched to sales."""

    list_display = (
        "external_id",
        "kind",
        "channel",
        "customer_ref",
        "issued_at",
        "shown_total",
        "shown_open",
        "shown_state",
    )
    list_select_related = ("channel",)
    list_filter = (
        ForStaffFilter,
        ("channel", RelatedDropdownFilter),
        ("kind", ChoicesCheckboxFilter),
        ("match_state", ChoicesCheckboxFilter),
    )
    search_help_text = _("External id")
    ordering = ("-id",)
    exact_search = ("external_id",)
    inlines = (DocumentLineInline,)

    @display(description=_("Total"))
    def shown_total(self, document: SourceDocument) -> str:
        return show.money(document.total, document.currency)

    @display(description=_("Not matched"))
    def shown_open(self, document: SourceDocument) -> str:
        if document.match_state == MatchState.NOT_NEEDED:
            return "–"
        return show.money(document.total - document.matched_total, document.currency)

    @display(description=_("Matched"))
    def shown_state(self, document: SourceDocument) -> SafeString:
        return show.status_badge(document, "match_state")


@admin.register(SourceDocumentLine)
class SourceDocumentLineAdmin(ReadOnlyAdmin):
    list_display = ("sku", "title", "quantity", "amount", "matched_quantity", "document")
    list_select_related = ("document",)
    ordering = ("-id",)
    exact_search = ("document__external_id",)


@admin.register(CreditMatch)
class CreditMatchAdmin(ReadOnlyAdmin):
    list_display = ("document_line", "quantity", "shown_amount", "shown_order")
    list_select_related = ("document_line__document",)
    ordering = ("-id",)
    exact_search = ("order_id",)

    @display(description=_("Amount"))
    def shown_amount(self, match: CreditMatch) -> str:
        return show.money(match.amount, match.document_line.document.currency)

    @display(description=_("Order"))
    def shown_order(self, match: CreditMatch) -> SafeString:
        return show.link("orders_order", match.order_id, ids.encode(ids.ORDER, match.order_id))


dashboard.show(
    dashboard.Figure(
        rank=70,
        title=_("Credits for staff"),
        icon="receipt_long",
        permission="channels.view_sourcedocument",
        model="channels_sourcedocument",
        query="staff=yes",
        rows=credits_for_staff,
        tone="busy",
    )
)

"""What was brought in from outside: runs with their figures, what they refused, and documents that are no sales."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RadioFilter, RelatedDropdownFilter

from channels.enums import DocumentKind, MatchState, RunStatus
from channels.models import CreditMatch, ImportLane, ImportReject, ImportRun, SourceDocument, SourceDocumentLine
from oms.core import ids
from oms.web.console import dashboard, show
from oms.web.console.admin import ReadOnlyAdmin, ReadOnlyInline

NEWEST_REJECTS = 20
FRESH = timedelta(days=30)


def fresh_rejects() -> QuerySet[ImportReject]:
    """What was refused lately and somebody may still mend."""
    return ImportReject.objects.filter(run__started_at__gte=timezone.now() - FRESH)


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

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [ImportLaneInline] if obj and obj.status == RunStatus.RUNNING and obj.workers > 1 else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_fields(request, obj), "shown_rejects"]

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


class FreshFilter(RadioFilter):
    title = _("age")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("fresh", _("the last 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ImportReject]) -> QuerySet[ImportReject]:
        return queryset & fresh_rejects() if self.value() == "fresh" else queryset


@admin.register(ImportReject)
class ImportRejectAdmin(ReadOnlyAdmin):
    """A refused record: where it stands in the file, what is wrong, and the raw rows to mend."""

    list_display = ("run", "line", "column", "reason", "external_id", "created_at")
    list_display_links = ("line",)
    list_select_related = ("run",)
    list_filter = (FreshFilter, ("run__channel", RelatedDropdownFilter))
    search_help_text = _("External id")
    ordering = ("-id",)
    exact_search = ("external_id",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or bool(super().lookup_allowed(lookup, value, request))


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
        rank=60,
        title=_("Import rejects"),
        icon="rule",
        permission="channels.view_importreject",
        model="channels_importreject",
        query="age=fresh",
        rows=fresh_rejects,
        tone="busy",
    )
)
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

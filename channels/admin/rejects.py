"""What imports refused: a list to work off, and a page each to mend the record and try it again at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import RadioFilter, RelatedDropdownFilter

from channels.models import ImportReject
from channels.services import retrying
from channels.services.mending_one import Mended, mend_reject
from oms.core.errors import DomainError
from oms.web.console import acts, dashboard, show
from oms.web.console.admin import ReadOnlyAdmin
from oms.web.limits import limits_of

_MOST_CELLS: Final = 4000  # more are mended in the sheet: a form takes 10,000 fields


def may_import(request: HttpRequest) -> bool:
    """A file can hold anything for any location: who sees some of them only brings none in."""
    everywhere = limits_of(request.user).locations is None
    return everywhere and bool(request.user.has_perm("channels.import_orders"))


def fresh_rejects() -> QuerySet[ImportReject]:
    """What was refused lately and nobody has dealt with."""
    return ImportReject.objects.filter(settled_at=None, run__started_at__gte=timezone.now() - retrying.FRESH)


class FreshFilter(RadioFilter):
    title = _("state")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("fresh", _("open, of the last 30 days")), ("open", _("open")), ("settled", _("dealt with"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ImportReject]) -> QuerySet[ImportReject]:
        if self.value() == "fresh":
            return queryset & fresh_rejects()
        return queryset.filter(settled_at__isnull=self.value() == "open") if self.value() else queryset


@dataclass(frozen=True, slots=True)
class Cell:
    """An input of the page. is_plain: it has something in it, or is at fault; the others are folded away."""

    name: str
    label: str
    value: str
    is_wrong: bool

    @property
    def is_plain(self) -> bool:
        return bool(self.value) or self.is_wrong


@admin.action(description=_("Dealt with"), permissions=["mend"])
def settle(_model_admin: Any, request: HttpRequest, rejects: QuerySet[ImportReject]) -> None:
    count = retrying.settle(list(rejects.values_list("pk", flat=True)))
    messages.success(request, _now("Rejects that are dealt with: %(count)s.") % {"count": count})


@admin.register(ImportReject)
class ImportRejectAdmin(ReadOnlyAdmin):
    """A refused record: where it stands in the file, what is wrong, and the raw rows to mend."""

    list_display = ("line", "shown_reason", "external_id", "run", "shown_state", "created_at")
    list_display_links = ("line", "shown_reason")
    list_select_related = ("run",)
    list_filter = (FreshFilter, ("run__channel", RelatedDropdownFilter))
    list_before_template = "admin/channels/importreject/above_list.html"
    search_help_text = _("External id")
    ordering = ("-id",)
    exact_search = ("external_id",)
    actions = (settle,)

    def has_mend_permission(self, request: HttpRequest) -> bool:
        return may_import(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        own = [("mend", self.mend_view), ("settle", self.settle_view)]
        return [
            *(
                path(f"<uuid:reject_id>/{name}/", guarded(require_POST(view)), name=f"channels_importreject_{name}")
                for name, view in own
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        reject = self.get_object(request, object_id)
        if not self.has_view_permission(request, reject) or request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        if reject is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return gone
        return self._page(request, reject, _rows_of(reject), _text_of(reject), _fault_of(reject))

    def mend_view(self, request: HttpRequest, reject_id: UUID) -> HttpResponse:
        """Try the record again as it was mended. What is refused still comes back as it was typed."""
        reject = self._mendable(request, reject_id)
        rows = _typed_rows(request.POST, _rows_of(reject), len(_columns_of(reject)))
        text = request.POST.get("text", "")
        try:
            mended = mend_reject(reject_id=reject.pk, rows=rows, text=text, actor=acts.actor_of(request))
        except DomainError as refusal:
            mended = Mended(str(refusal), -1)
        if mended.reason:
            messages.error(request, mended.reason)
            return self._page(request, reject, rows, text or _text_of(reject), mended)
        messages.success(request, _now("%s came in.") % (reject.external_id or _now("line %s") % reject.line))
        return self._next(request, reject)

    def settle_view(self, request: HttpRequest, reject_id: UUID) -> HttpResponse:
        """Somebody has dealt with it elsewhere, or it is not wanted."""
        reject = self._mendable(request, reject_id)
        retrying.settle([reject.pk])
        messages.success(request, _now("Dealt with."))
        return self._next(request, reject)

    def _mendable(self, request: HttpRequest, reject_id: UUID) -> ImportReject:
        if not (may_import(request) and self.has_view_permission(request)):
            raise PermissionDenied
        reject: ImportReject = get_object_or_404(self.get_queryset(request).select_related("run"), pk=reject_id)
        return reject

    def _next(self, request: HttpRequest, reject: ImportReject) -> HttpResponse:
        """The next open reject of the same run, else the list."""
        rows = self.get_queryset(request).filter(run_id=reject.run_id, settled_at=None)
        following = rows.filter(line__gte=reject.line).order_by("line", "id").first() or rows.order_by("line").first()
        if following is not None:
            return HttpResponseRedirect(show.change_url("channels_importreject", following.pk))
        return HttpResponseRedirect(f"{reverse('admin:channels_importreject_changelist')}?age=fresh")

    def _page(
        self, request: HttpRequest, reject: ImportReject, rows: Sequence[Sequence[str]], text: str, fault: Mended
    ) -> HttpResponse:
        columns = _columns_of(reject)
        cells = _cells(columns, rows, fault)
        context = {
            **self.admin_site.each_context(request),
            "title": _now("Line %s") % reject.line,
            "opts": self.opts,
            "reject": reject,
            "run": reject.run,
            "reason": fault.reason,
            "fault_column": fault.column,
            "rows": [
                (row, not all(cell.is_plain for cell in row))
                for row in (cells if len(rows) * len(columns) <= _MOST_CELLS else [])
            ],
            "is_table": bool(columns),
            "text": text,
            "is_gone": not reject.raw,
            "may_mend": may_import(request) and reject.settled_at is None,
            "left": retrying.open_rejects(reject.run_id)[:1000].count(),
        }
        return TemplateResponse(request, "admin/channels/importreject/page.html", context)

    @display(description=_("What is wrong"))
    def shown_reason(self, reject: ImportReject) -> str:
        return f"{reject.column}: {reject.reason}" if reject.column else reject.reason

    @display(description=_("State"))
    def shown_state(self, reject: ImportReject) -> SafeString:
        if reject.settled_at:
            return show.badge("settled", _("dealt with"))
        return show.badge("open", _("open"))


def _raw(reject: ImportReject) -> dict[str, Any]:
    return reject.raw if isinstance(reject.raw, dict) else {}


def _columns_of(reject: ImportReject) -> list[str]:
    return [str(title) for title in _raw(reject).get("columns") or ()]


def _rows_of(reject: ImportReject) -> list[list[str]]:
    """The cells of its rows; none of a record that is text."""
    if not _columns_of(reject):
        return []
    return [[str(cell) for cell in row.get("values") or ()] for row in _raw(reject).get("rows") or ()]


def _text_of(reject: ImportReject) -> str:
    return "".join(retrying.record_of(reject)[1]).rstrip("\n")


def _fault_of(reject: ImportReject) -> Mended:
    lines = [row.get("line") for row in _raw(reject).get("rows") or ()]
    place = lines.index(reject.line) if reject.line in lines else 0
    return Mended(reject.reason, place, reject.column)


def _cells(columns: Sequence[str], rows: Sequence[Sequence[str]], fault: Mended) -> list[list[Cell]]:
    """An input for each cell; where a row has fewer or more of them than there are columns, for each of either."""
    wide = [*columns, *(_now("column %s") % number for number in range(len(columns) + 1, _widest(rows) + 1))]
    return [
        [
            Cell(
                name=f"cell_{place}_{number}",
                label=label,
                value=row[number] if number < len(row) else "",
                is_wrong=place == fault.row and label == fault.column,
            )
            for number, label in enumerate(wide)
            if number < max(len(row), len(columns))
        ]
        for place, row in enumerate(rows)
    ]


def _widest(rows: Sequence[Sequence[str]]) -> int:
    return max(map(len, rows), default=0)


def _typed_rows(given: Mapping[str, str], rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """The rows as they were typed; of one that was too wide the cells that were emptied at its end are gone."""
    typed = []
    for place, row in enumerate(rows):
        cells, number = [], 0
        while (name := f"cell_{place}_{number}") in given:
            cells.append(given[name])
            number += 1
        while len(cells) > width and not cells[-1]:
            cells.pop()
        typed.append(cells or list(row))
    return typed


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

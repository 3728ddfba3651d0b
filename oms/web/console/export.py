"""Taking a list along as CSV: all that its search and filters find, over all pages, in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.views.decorators.http import require_GET

from oms.core.streaming import in_chunks
from oms.web import audit, spreadsheet
from oms.web.console import acts
from oms.web.console.admin import ConsoleAdmin

_OURS = ("_rows", "_bom")


@dataclass(frozen=True, slots=True)
class Export:
    """label: what a line of the file is. rows: the header and the lines that this user may see, from the rows that the
    list finds."""

    label: str | Promise
    rows: Callable[[QuerySet[Any], Any], Iterator[Sequence[Any]]]


def columns(
    shown: Callable[[], QuerySet[Any]], told: Mapping[str, Callable[[Any], Any]]
) -> Callable[[QuerySet[Any], Any], Iterator[Sequence[Any]]]:
    """One line for each row: the names of the columns, each with what it reads from a row that comes with `shown`."""

    def rows(wanted: QuerySet[Any], _user: Any) -> Iterator[Sequence[Any]]:
        yield list(told)
        for chunk in in_chunks(wanted, shown()):
            for row in chunk:
                yield [read(row) for read in told.values()]

    return rows


class CsvExport(ConsoleAdmin):
    """A list that can be taken along by whoever may see it. `exports`: by name, the first one is proposed."""

    exports: ClassVar[Mapping[str, Export]] = {}
    list_after_template = "admin/export.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_GET(self.list_export_view))
        return [path("export.csv", view, name=self._export_name()), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        kept = [(name, value) for name, values in request.GET.lists() for value in values if name not in {"p", "e"}]
        export = {"url": reverse(f"admin:{self._export_name()}"), "kept": kept, "choices": list(self.exports.items())}
        page: HttpResponse = super().changelist_view(request, {"export": export, **(extra_context or {})})
        return page

    def list_export_view(self, request: HttpRequest) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        name = request.GET.get("_rows", "")
        export = self.exports.get(name) or next(iter(self.exports.values()))
        bom = request.GET.get("_bom") == "1"
        wanted = request.GET.copy()
        for ours in _OURS:
            wanted.pop(ours, None)
        request.GET = wanted  # type: ignore[assignment]  # the rest is the list's own
        try:
            found = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        audit.record(
            "exported", actor=acts.actor_of(request), request=request, subject=self.opts.model_name or "", label=name
        )
        file = f"{self.opts.verbose_name_plural} {timezone.localdate().isoformat()}.csv".replace(" ", "-")
        return spreadsheet.download(export.rows(found, request.user), file, bom=bom)

    def _export_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_export"

"""Saying what the columns of a file are, where they carry other names than the format's; the mappings remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter

from channels.adapters.files import UnreadableFile
from channels.models import ColumnMapping, ImportUpload
from channels.services import column_mapping, uploads
from channels.services.column_mapping import Detected
from oms.core.errors import DomainError
from oms.web.console import acts, show
from oms.web.console.admin import ReadOnlyAdmin


@admin.register(ColumnMapping)
class ColumnMappingAdmin(ReadOnlyAdmin):
    """What the columns of a channel's files mean. Named on the page of a file; one that is not wanted is deleted."""

    list_display = ("name", "channel", "format", "shown_columns", "used_at", "updated_at")
    list_select_related = ("channel",)
    list_filter = (("channel", RelatedDropdownFilter),)
    search_help_text = _("Name")
    ordering = ("-id",)
    exact_search = ("name",)

    @display(description=_("Columns"))
    def shown_columns(self, row: ColumnMapping) -> str:
        return ", ".join(f"{name} → {title}" for name, title in row.columns.items() if title)[:200]

    def _shown(self, field: Any) -> str:
        return "shown_mapping" if field.name == "columns" else super()._shown(field)

    @display(description=_("Columns"))
    def shown_mapping(self, row: ColumnMapping) -> SafeString:
        return show.as_json(row.columns)


@dataclass(slots=True)
class Asked:
    """What the page asks: the format, and of each column what it is. typed: as it was sent, or guessed."""

    format: str
    columns: Mapping[str, bool]
    detected: list[Detected]
    typed: dict[str, str]
    name: str = ""
    known: list[ColumnMapping] = field(default_factory=list)


def columns_page(request: HttpRequest, site: Any, opts: Any, upload: ImportUpload) -> HttpResponse:
    """Show what the file has and a guess at it; take what the person says. What is refused stays as it was chosen."""
    try:
        asked = _asked(request, upload)
    except (UnreadableFile, OSError) as problem:
        messages.error(request, str(problem) if isinstance(problem, UnreadableFile) else _now("The file is gone."))
        return HttpResponseRedirect(show.change_url("channels_importupload", upload.pk))
    if request.method == "POST":
        try:
            uploads.map_upload(
                upload_id=upload.pk,
                format_=asked.format,
                columns=asked.typed,
                name=asked.name,
                actor=acts.actor_of(request),
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _now("The columns are known. Look at what the file would become."))
            return HttpResponseRedirect(show.change_url("channels_importupload", upload.pk))
    lacking = column_mapping.missing([title for title in asked.typed.values() if title], asked.columns)
    context = {
        **site.each_context(request),
        "title": _("Columns of the file"),
        "opts": opts,
        "upload": upload,
        "asked": asked,
        "formats": list(column_mapping.formats()),
        "rows": [
            (f"column_{place}", each, asked.typed.get(each.name, "")) for place, each in enumerate(asked.detected)
        ],
        "titles": list(asked.columns.items()),
        "lacking": lacking,
    }
    return TemplateResponse(request, "admin/channels/importupload/columns.html", context)


def _asked(request: HttpRequest, upload: ImportUpload) -> Asked:
    """Raises UnreadableFile, OSError."""
    known = column_mapping.formats()
    detected = column_mapping.detect(uploads.path_of(upload))
    names = [each.name for each in detected]
    given = request.POST if request.method == "POST" else request.GET
    chosen = given.get("format") or upload.format
    if chosen not in known:
        chosen = max(known, key=lambda name: _fits(names, known[name]))
    columns = known[chosen]
    named = list(ColumnMapping.objects.filter(channel=upload.channel, format=chosen).order_by("-used_at", "-pk")[:20])
    if request.method == "POST":
        typed = {name: request.POST.get(f"column_{place}", "") for place, name in enumerate(names)}
    else:
        typed = _suggested(request, upload, chosen, names, columns, named)
    return Asked(chosen, columns, detected, typed, request.POST.get("name", ""), named)


def _suggested(
    request: HttpRequest,
    upload: ImportUpload,
    chosen: str,
    names: list[str],
    columns: Mapping[str, bool],
    named: list[ColumnMapping],
) -> dict[str, str]:
    """A mapping that was asked for by name, what the file has already, else a guess."""
    wanted = next((row for row in named if str(row.pk) == request.GET.get("mapping")), None)
    if wanted is not None:
        return {name: wanted.columns.get(name, "") for name in names}
    if upload.columns and upload.format == chosen:
        return {name: upload.columns.get(name, "") for name in names}
    return column_mapping.guess(names, columns)


def _fits(names: list[str], columns: Mapping[str, bool]) -> int:
    """How few of the columns that are needed a guess leaves open, as a number that grows with the fit."""
    found = [title for title in column_mapping.guess(names, columns).values() if title]
    return -len(column_mapping.missing(found, columns))

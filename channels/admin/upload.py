"""Bringing a file in through the console: choose it, see what it would become, start it, watch it, mend the rejects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter

from channels import tasks
from channels.admin.columns import columns_page
from channels.admin.rejects import may_import
from channels.admin.scheduled import format_choices
from channels.enums import RunStatus, StockPolicy, UploadStatus
from channels.models import ImportReject, ImportUpload, SalesChannel
from channels.services import import_rejects, retrying, uploads
from oms.core.errors import DomainError
from oms.web.console import acts, show
from oms.web.console.admin import ReadOnlyAdmin
from oms.web.console.paging import MOST_COUNTED

REJECTS_SHOWN = 50
QUIET = timedelta(seconds=60)
_AROUND_THE_FILE = 1024 * 1024  # bytes of a form that are not the file
_KINDS = {"sales": _("orders"), "samples": _("samples"), "credits": _("credit notes"), "write_offs": _("write-offs")}


class ImportForm(forms.Form):
    channel = forms.ModelChoiceField(label=_("Sales channel"), queryset=SalesChannel.objects.filter(is_active=True))
    file = forms.FileField(label=_("File"), max_length=255)
    format = forms.ChoiceField(label=_("Format"), required=False, choices=format_choices)
    stock = forms.ChoiceField(label=_("Stock"), choices=StockPolicy.choices, initial=StockPolicy.SKIP)
    on_error = forms.ChoiceField(
        label=_("Bad records"),
        choices=[("skip", _("leave them out and list them")), ("stop", _("stop at the first one"))],
        initial="skip",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = list(SalesChannel.objects.filter(is_active=True).values_list("pk", flat=True)[:2])
        if len(channels) == 1:
            self.fields["channel"].initial = channels[0]


@admin.register(ImportUpload)
class ImportUploadAdmin(ReadOnlyAdmin):
    """Files that were sent through the console; the page of one shows what became of it."""

    list_display = ("file_name", "channel", "stock", "shown_status", "shown_progress", "created_at", "shown_actor")
    list_select_related = ("channel",)
    list_filter = (("channel", RelatedDropdownFilter), ("status", ChoicesCheckboxFilter))
    search_help_text = _("File name")
    ordering = ("-id",)
    exact_search = ("file_name",)
    list_before_template = "admin/channels/importupload/above_list.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_import(request) or bool(super().has_view_permission(request, obj))

    def get_urls(self) -> list[Any]:
        own = [
            ("start/", "start", require_POST(self.start_view)),
            ("discard/", "discard", require_POST(self.discard_view)),
            ("progress/", "progress", require_GET(self.progress_view)),
            ("rejects.csv", "rejects", require_GET(self.rejects_view)),
            ("sheet.csv", "sheet", require_GET(self.sheet_view)),
            ("columns/", "columns", self.columns_view),
        ]
        guarded = self.admin_site.admin_view
        return [
            path("import-a-file/", guarded(self._import_view()), name="channels_importupload_import"),
            *(
                path(f"<uuid:upload_id>/{place}", guarded(_for_importers(view)), name=f"channels_importupload_{name}")
                for place, name, view in own
            ),
            *super().get_urls(),
        ]

    # --- sending a file ---

    def _import_view(self) -> Callable[[HttpRequest], HttpResponse]:
        """The form. A file that is too large is refused before it is read, which the check of the token would do."""

        @csrf_exempt
        def view(request: HttpRequest) -> HttpResponse:
            if not may_import(request):
                raise PermissionDenied
            most = settings.OMS["UPLOAD_MEGABYTES"]
            if int(request.META.get("CONTENT_LENGTH") or 0) > most * 1024 * 1024 + _AROUND_THE_FILE:
                refusal = uploads.UploadTooLarge(file=_now("The file"), most=most)
                return self._form_page(request, ImportForm(), str(refusal), status=413)
            answer: HttpResponse = csrf_protect(self._take)(request)
            return answer

        return view

    def _take(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            names = ("channel", "format", "stock", "on_error")
            known = {name: request.GET[name] for name in names if name in request.GET}
            return self._form_page(request, ImportForm(initial=known))
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._form_page(request, form)
        given = form.cleaned_data
        upload = uploads.Upload(
            file_name=given["file"].name,
            blocks=given["file"].chunks(),
            channel=given["channel"],
            format=given["format"],
            stock=StockPolicy(given["stock"]),
            stop_at_error=given["on_error"] == "stop",
        )
        try:
            row = uploads.take_upload(upload=upload, actor=acts.actor_of(request))
        except DomainError as refusal:
            return self._form_page(request, form, str(refusal))
        if row.status == UploadStatus.UNMAPPED:
            return HttpResponseRedirect(reverse("admin:channels_importupload_columns", args=[row.pk]))
        return HttpResponseRedirect(_page(row.pk))

    def _form_page(self, request: HttpRequest, form: ImportForm, refusal: str = "", status: int = 200) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import a file"),
            "opts": self.opts,
            "form": form,
            "refusal": refusal,
            "most": settings.OMS["UPLOAD_MEGABYTES"],
            "no_channels": not SalesChannel.objects.filter(is_active=True).exists(),
        }
        return TemplateResponse(request, "admin/channels/importupload/form.html", context, status=status)

    # --- the page of an upload ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        upload = self.get_object(request, object_id)
        if not self.has_view_permission(request, upload) or request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        if upload is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return gone
        context = {
            **self.admin_site.each_context(request),
            "title": upload.file_name,
            "opts": self.opts,
            **_shown(upload, may_import(request)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/channels/importupload/page.html", context)

    def start_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        start = partial(uploads.start_upload, upload_id=upload_id)
        if acts.perform(request, start, done=_now("A worker takes the file.")):
            tasks.send(tasks.run_upload, str(upload_id))
        return HttpResponseRedirect(_page(upload_id))

    def discard_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        acts.perform(request, partial(uploads.discard_upload, upload_id=upload_id), done=_now("The file is deleted."))
        return HttpResponseRedirect(_page(upload_id))

    def progress_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        return JsonResponse(_progress(get_object_or_404(ImportUpload.objects.select_related("run"), pk=upload_id)))

    def columns_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        """Say what the columns of the file are."""
        upload = get_object_or_404(ImportUpload.objects.select_related("channel"), pk=upload_id)
        if upload.status not in uploads.MAPPABLE:
            return HttpResponseRedirect(_page(upload_id))
        return columns_page(request, self.admin_site, self.opts, upload)

    def rejects_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponseBase:
        """The rejected records, whole and with their reasons: to read, or to mend and send again."""
        return self._download(upload_id, import_rejects.rejected_lines)

    def sheet_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponseBase:
        """The same in the columns of the format, to be mended in a spreadsheet."""
        return self._download(upload_id, import_rejects.rejected_sheet)

    def _download(self, upload_id: UUID, lines: Callable[[UUID], Iterator[str]]) -> HttpResponseBase:
        upload = get_object_or_404(ImportUpload, pk=upload_id, run__isnull=False)
        assert upload.run_id is not None  # noqa: S101  (asked for just now)
        answer = StreamingHttpResponse(lines(upload.run_id), content_type="text/csv; charset=utf-8")
        name = f"rejects of {upload.file_name}".removesuffix(".gz").removesuffix(".csv")
        answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.csv") or ""
        return answer

    @display(description=_("Status"))
    def shown_status(self, upload: ImportUpload) -> SafeString:
        return show.status_badge(upload, "status")

    @display(description=_("Lines"))
    def shown_progress(self, upload: ImportUpload) -> str:
        return f"{upload.lines_done} / {upload.lines_all}" if upload.lines_all else "–"

    @display(description=_("By"))
    def shown_actor(self, upload: ImportUpload) -> str:
        return show.actor(upload.actor)


def _for_importers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    def guarded(request: HttpRequest, **found: Any) -> HttpResponseBase:
        if not may_import(request):
            raise PermissionDenied
        return view(request, **found)

    return guarded


def _page(upload_id: UUID) -> str:
    return show.change_url("channels_importupload", upload_id)


def _progress(upload: ImportUpload) -> dict[str, Any]:
    """How far it is, as the page shows it and its script asks for it."""
    figures = upload.run.figures if upload.run is not None else {}
    seconds = ((upload.finished_at or timezone.now()) - upload.started_at).total_seconds() if upload.started_at else 0
    quiet = timezone.now() - upload.updated_at > QUIET
    return {
        "status": upload.status,
        "label": upload.get_status_display(),
        "open": upload.status in uploads.OPEN,
        "quiet": upload.status in uploads.OPEN and quiet,
        "lines_done": upload.lines_done,
        "lines_all": upload.lines_all,
        "percent": min(100, upload.lines_done * 100 // upload.lines_all) if upload.lines_all else 0,
        "rate": round(upload.lines_done / seconds) if seconds > 1 else None,
        **{name: figures.get(name, 0) for name in ("created", "revised", "unchanged", "rejects")},
    }


def _shown(upload: ImportUpload, may_act: bool) -> dict[str, Any]:
    """What the page of an upload shows, and which buttons."""
    preview: dict[str, Any] = upload.preview
    here = uploads.path_of(upload).exists()
    again = {"channel": upload.channel_id, "format": upload.format, "stock": upload.stock}
    return {
        "upload": upload,
        "badge": show.status_badge(upload, "status"),
        "progress": _progress(upload),
        "preview": preview,
        "preview_kinds": [(label, preview.get("kinds", {}).get(kind)) for kind, label in _KINDS.items()],
        "preview_totals": ", ".join(f"{total} {currency}" for currency, total in preview.get("totals", {}).items()),
        "stock_label": StockPolicy(upload.stock).label,
        "rejects": (rejects := _rejects(upload)),
        **_dealt_with(upload, bool(rejects)),
        "may_map": may_act and here and upload.status in uploads.MAPPABLE and not preview.get("mended"),
        "unmapped": upload.status == UploadStatus.UNMAPPED,
        "may_start": may_act and here and upload.status in uploads.STARTABLE,
        "may_discard": may_act and here and upload.status not in uploads.OPEN,
        "may_import": may_act,
        "again_url": f"{reverse('admin:channels_importupload_import')}?{urlencode(again)}",
        "run_url": show.change_url("channels_importrun", upload.run_id) if upload.run_id else "",
        "looked_at": upload.status == UploadStatus.LOOKED_AT,
    }


def _dealt_with(upload: ImportUpload, is_open: bool) -> dict[str, Any]:
    """How many of the rejects are open and how many are dealt with, and the latest retry of them."""
    if upload.run_id is None or upload.status in uploads.OPEN:
        return {}
    settled = ImportReject.objects.filter(run_id=upload.run_id, settled_at__isnull=False)[:MOST_COUNTED].count()
    retry = ImportUpload.objects.filter(retry_of_id=upload.run_id).order_by("-pk").first()
    return {
        "open_rejects": retrying.open_rejects(upload.run_id)[:MOST_COUNTED].count() if is_open else 0,
        "settled_rejects": settled,
        "retry_url": _page(retry.pk) if retry else "",
        "has_sheet": is_open and import_rejects.has_sheet(upload.run_id),
        "may_retry": is_open and bool(upload.run and upload.run.status != RunStatus.RUNNING),
    }


def _rejects(upload: ImportUpload) -> list[dict[str, Any]]:
    if upload.run_id is None:
        return []
    rows = retrying.open_rejects(upload.run_id)[:REJECTS_SHOWN]
    return [
        {
            "url": show.change_url("channels_importreject", reject.pk),
            "line": reject.line,
            "column": reject.column,
            "reason": reject.reason,
            "external_id": reject.external_id,
            "row": str(reject.raw.get("row", "")) if isinstance(reject.raw, dict) else str(reject.raw),
        }
        for reject in rows
    ]

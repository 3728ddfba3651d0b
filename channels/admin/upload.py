"""Bringing a file in through the console: choose it, see what it would become, start it, watch it, mend the rejects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
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
from channels.admin.upload_page import page_of, progress_of, shown
from channels.enums import StockPolicy, UploadKind, UploadStatus
from channels.models import ImportUpload, SalesChannel
from channels.services import import_rejects, stock_uploads, uploads
from inventory import providers as inventories
from inventory.stock_file import OPTIONAL, REQUIRED
from oms.core.actors import Actor
from oms.core.errors import DomainError
from oms.web.console import acts, show
from oms.web.console.admin import ReadOnlyAdmin

_AROUND_THE_FILE = 1024 * 1024  # bytes of a form that are not the file


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

    def take(self, actor: Actor) -> ImportUpload:
        given = self.cleaned_data
        upload = uploads.Upload(
            file_name=given["file"].name,
            blocks=given["file"].chunks(),
            channel=given["channel"],
            format=given["format"],
            stock=StockPolicy(given["stock"]),
            stop_at_error=given["on_error"] == "stop",
        )
        return uploads.take_upload(upload=upload, actor=actor)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = list(SalesChannel.objects.filter(is_active=True).values_list("pk", flat=True)[:2])
        if len(channels) == 1:
            self.fields["channel"].initial = channels[0]


class CountsForm(forms.Form):
    """A file of counts says itself where they were counted."""

    file = forms.FileField(label=_("File"), max_length=255)

    def take(self, actor: Actor) -> ImportUpload:
        file = self.cleaned_data["file"]
        return uploads.take_counts(file_name=file.name, blocks=file.chunks(), actor=actor)


_FORMS: Final[Mapping[str, type[ImportForm | CountsForm]]] = {
    UploadKind.ORDERS: ImportForm,
    UploadKind.STOCK: CountsForm,
}


def may_bring(request: HttpRequest, kind: str) -> bool:
    """Whether this person may bring such files in: counts, who may change stock, where it is kept by location."""
    if kind == UploadKind.STOCK:
        return bool(inventories.current().has_places and request.user.has_perm("inventory.change_inventorylevel"))
    return may_import(request)


@admin.register(ImportUpload)
class ImportUploadAdmin(ReadOnlyAdmin):
    """Files that were sent through the console; the page of one shows what became of it."""

    list_display = (
        "file_name",
        "kind",
        "channel",
        "stock",
        "shown_status",
        "shown_progress",
        "created_at",
        "shown_actor",
    )
    list_select_related = ("channel",)
    list_filter = (("channel", RelatedDropdownFilter), ("status", ChoicesCheckboxFilter))
    search_help_text = _("File name")
    ordering = ("-id",)
    exact_search = ("file_name",)
    list_before_template = "admin/channels/importupload/above_list.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        kinds = UploadKind.values if obj is None else [obj.kind]
        return any(may_bring(request, kind) for kind in kinds) or bool(super().has_view_permission(request, obj))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportUpload]:
        """Files of what this person may bring in, or all."""
        rows: QuerySet[ImportUpload] = super().get_queryset(request)
        if super().has_view_permission(request):
            return rows
        return rows.filter(kind__in=[kind for kind in UploadKind.values if may_bring(request, kind)])

    def _upload(self, request: HttpRequest, upload_id: UUID) -> ImportUpload:
        """One that this person may act on."""
        if not any(may_bring(request, kind) for kind in UploadKind.values):
            raise PermissionDenied
        row: ImportUpload = get_object_or_404(self.get_queryset(request).select_related("channel", "run"), pk=upload_id)
        if not may_bring(request, row.kind):
            raise PermissionDenied
        return row

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
                path(f"<uuid:upload_id>/{place}", guarded(view), name=f"channels_importupload_{name}")
                for place, name, view in own
            ),
            *super().get_urls(),
        ]

    # --- sending a file ---

    def _import_view(self) -> Callable[[HttpRequest], HttpResponse]:
        """The form. A file that is too large is refused before it is read, which the check of the token would do."""

        @csrf_exempt
        def view(request: HttpRequest) -> HttpResponse:
            kind = _kind(request)
            if not may_bring(request, kind):
                raise PermissionDenied
            most = settings.OMS["UPLOAD_MEGABYTES"]
            if int(request.META.get("CONTENT_LENGTH") or 0) > most * 1024 * 1024 + _AROUND_THE_FILE:
                refusal = uploads.UploadTooLarge(file=_now("The file"), most=most)
                return self._form_page(request, kind, _FORMS[kind](), str(refusal), status=413)
            answer: HttpResponse = csrf_protect(self._take)(request, kind)
            return answer

        return view

    def _take(self, request: HttpRequest, kind: str) -> HttpResponse:
        if request.method != "POST":
            names = ("channel", "format", "stock", "on_error")
            known = {name: request.GET[name] for name in names if name in request.GET}
            return self._form_page(request, kind, _FORMS[kind](initial=known))
        form = _FORMS[kind](request.POST, request.FILES)
        if not form.is_valid():
            return self._form_page(request, kind, form)
        try:
            row = form.take(acts.actor_of(request))
        except DomainError as refusal:
            return self._form_page(request, kind, form, str(refusal))
        if row.status == UploadStatus.UNMAPPED:
            return HttpResponseRedirect(reverse("admin:channels_importupload_columns", args=[row.pk]))
        return HttpResponseRedirect(page_of(row.pk))

    def _form_page(
        self, request: HttpRequest, kind: str, form: ImportForm | CountsForm, refusal: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import a file"),
            "opts": self.opts,
            "form": form,
            "kind": kind,
            "kinds": [(each, label) for each, label in UploadKind.choices if may_bring(request, each)],
            "refusal": refusal,
            "most": settings.OMS["UPLOAD_MEGABYTES"],
            "no_channels": kind == UploadKind.ORDERS and not SalesChannel.objects.filter(is_active=True).exists(),
            "required": REQUIRED,
            "optional": OPTIONAL,
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
            **shown(upload, may_bring(request, upload.kind)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/channels/importupload/page.html", context)

    def start_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        start = partial(uploads.start_upload, upload_id=self._upload(request, upload_id).pk)
        if acts.perform(request, start, done=_now("A worker takes the file.")):
            tasks.send(tasks.run_upload, str(upload_id))
        return HttpResponseRedirect(page_of(upload_id))

    def discard_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        discard = partial(uploads.discard_upload, upload_id=self._upload(request, upload_id).pk)
        acts.perform(request, discard, done=_now("The file is deleted."))
        return HttpResponseRedirect(page_of(upload_id))

    def progress_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        return JsonResponse(progress_of(self._upload(request, upload_id)))

    def columns_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        """Say what the columns of the file are."""
        upload = self._upload(request, upload_id)
        if upload.status not in uploads.MAPPABLE or upload.channel is None:
            return HttpResponseRedirect(page_of(upload_id))
        return columns_page(request, self.admin_site, self.opts, upload)

    def rejects_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponseBase:
        """The rejected records, whole and with their reasons: to read, or to mend and send again."""
        return self._download(self._upload(request, upload_id), import_rejects.rejected_lines)

    def sheet_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponseBase:
        """The same in the columns of the format, to be mended in a spreadsheet."""
        upload = self._upload(request, upload_id)
        if upload.kind == UploadKind.STOCK:
            sheet = stock_uploads.sheet_of(uploads.path_of(upload))
            if not sheet.exists():
                raise Http404
            return _attached(FileResponse(sheet.open("rb"), content_type="text/csv; charset=utf-8"), upload)
        return self._download(upload, import_rejects.rejected_sheet)

    def _download(self, upload: ImportUpload, lines: Callable[[UUID], Iterator[str]]) -> HttpResponseBase:
        if upload.run_id is None:
            raise Http404
        answer = StreamingHttpResponse(lines(upload.run_id), content_type="text/csv; charset=utf-8")
        return _attached(answer, upload)

    @display(description=_("Status"))
    def shown_status(self, upload: ImportUpload) -> SafeString:
        return show.status_badge(upload, "status")

    @display(description=_("Lines"))
    def shown_progress(self, upload: ImportUpload) -> str:
        return f"{upload.lines_done} / {upload.lines_all}" if upload.lines_all else "–"

    @display(description=_("By"))
    def shown_actor(self, upload: ImportUpload) -> str:
        return show.actor(upload.actor)


def _kind(request: HttpRequest) -> str:
    """What is to be brought in: orders, unless counts are asked for, or are all that this person may bring in."""
    asked = request.GET.get("kind", "")
    if asked in _FORMS:
        return asked
    return next((kind for kind in UploadKind.values if may_bring(request, kind)), UploadKind.ORDERS)


def _attached(answer: HttpResponseBase, upload: ImportUpload) -> HttpResponseBase:
    """An answer to be kept as the file of this upload's rejects."""
    name = f"rejects of {upload.file_name}".removesuffix(".gz").removesuffix(".csv")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.csv") or ""
    return answer

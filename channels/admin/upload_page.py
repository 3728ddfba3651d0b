"""What the page of a file that was sent shows: how far it is, what came of it, and what can be done next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.enums import RunStatus, StockPolicy, UploadKind, UploadStatus
from channels.models import ImportReject, ImportUpload
from channels.services import import_rejects, retrying, stock_uploads, uploads
from oms.web.console import show
from oms.web.console.paging import MOST_COUNTED

REJECTS_SHOWN = 50
QUIET = timedelta(seconds=60)
_KINDS = {"sales": _("orders"), "samples": _("samples"), "credits": _("credit notes"), "write_offs": _("write-offs")}


def page_of(upload_id: UUID) -> str:
    return show.change_url("channels_importupload", upload_id)


def progress_of(upload: ImportUpload) -> dict[str, Any]:
    """How far it is, as the page shows it and its script asks for it."""
    figures = upload.run.figures if upload.run is not None else _counted(upload)
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


def _counted(upload: ImportUpload) -> dict[str, int]:
    """The figures of a file of counts, by the names that those of orders have."""
    told = upload.outcome.get("counts", {})
    made = {"created": "items_created", "revised": "levels_changed", "unchanged": "unchanged", "rejects": "rejected"}
    return {name: told.get(figure, 0) for name, figure in made.items()}


def shown(upload: ImportUpload, may_act: bool) -> dict[str, Any]:
    """What the page of an upload shows, and which buttons."""
    preview: dict[str, Any] = upload.preview
    here = uploads.path_of(upload).exists()
    is_stock = upload.kind == UploadKind.STOCK
    again = (
        {"kind": upload.kind}
        if is_stock
        else {"channel": upload.channel_id, "format": upload.format, "stock": upload.stock}
    )
    return {
        "upload": upload,
        "badge": show.status_badge(upload, "status"),
        "progress": progress_of(upload),
        "preview": preview,
        "preview_kinds": [(label, preview.get("kinds", {}).get(kind)) for kind, label in _KINDS.items()],
        "preview_totals": ", ".join(f"{total} {currency}" for currency, total in preview.get("totals", {}).items()),
        "stock_label": upload.get_kind_display() if is_stock else StockPolicy(upload.stock).label,
        "is_stock": is_stock,
        "counts": upload.outcome.get("counts") or preview.get("counts", {}),
        "rejects": (rejects := _rejects(upload)),
        **_dealt_with(upload, bool(rejects)),
        "may_map": may_act
        and here
        and upload.status in uploads.MAPPABLE
        and not preview.get("mended")
        and not is_stock,
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
    if upload.kind == UploadKind.STOCK:
        refused = upload.outcome.get("counts", {}).get("rejected", 0)
        return {"open_rejects": refused, "has_sheet": stock_uploads.sheet_of(uploads.path_of(upload)).exists()}
    if upload.run_id is None or upload.status in uploads.OPEN:
        return {}
    settled = ImportReject.objects.filter(run_id=upload.run_id, settled_at__isnull=False)[:MOST_COUNTED].count()
    retry = ImportUpload.objects.filter(retry_of_id=upload.run_id).order_by("-pk").first()
    return {
        "open_rejects": retrying.open_rejects(upload.run_id)[:MOST_COUNTED].count() if is_open else 0,
        "settled_rejects": settled,
        "retry_url": page_of(retry.pk) if retry else "",
        "has_sheet": is_open and import_rejects.has_sheet(upload.run_id),
        "may_retry": is_open and bool(upload.run and upload.run.status != RunStatus.RUNNING),
    }


def _rejects(upload: ImportUpload) -> list[dict[str, Any]]:
    if upload.run_id is None:
        return list(upload.outcome.get("rejects", ()))
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

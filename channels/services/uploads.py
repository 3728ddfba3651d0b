"""A file that somebody sends through the console: kept, looked at, brought in by a worker, again after a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.enums import RunStatus, StockPolicy, UploadKind, UploadStatus
from channels.models import ImportRun, ImportUpload, SalesChannel
from channels.services import (
    column_mapping,
    mending,
    private_files,
    retrying,
    stock_uploads,
    upload_columns,
    upload_preview,
)
from channels.services.imports import ImportRunning, Wish, import_file
from inventory.errors import StockImportRunning
from oms.core import ids, storing
from oms.core.actors import Actor, ActorKind
from oms.core.alone import alone
from oms.core.errors import DomainError, FieldError, InvalidInput, NotAllowed, NotFound
from oms.core.transactions import atomic

log = structlog.get_logger(__name__)

UPLOADS: Final = "uploads"
_FILES_AT_ONCE: Final = 1000
_MOST_ATTEMPTS: Final = 5
_ENDED: Final = {
    RunStatus.COMPLETED: UploadStatus.COMPLETED,
    RunStatus.PARTIAL: UploadStatus.PARTIAL,
    RunStatus.STOPPED: UploadStatus.STOPPED,
}
STARTABLE: Final = (UploadStatus.LOOKED_AT, UploadStatus.FAILED, UploadStatus.STOPPED, UploadStatus.PARTIAL)
MAPPABLE: Final = (UploadStatus.UNMAPPED, UploadStatus.LOOKED_AT)
OPEN: Final = (UploadStatus.WAITING, UploadStatus.RUNNING)


class UploadTooLarge(DomainError):
    code = "upload_too_large"
    status = 413
    message = _("%(file)s is larger than %(most)s MB. Split it, pack it with gzip, or use manage.py import_orders.")


class UploadNotStartable(NotAllowed):
    code = "upload_not_startable"
    message = _("%(file)s is %(status)s; it cannot be started now.")


class UploadGone(NotAllowed):
    code = "upload_gone"
    message = _("%(file)s is not here any more. Send it again. (Web and workers must share OMS_PRIVATE_FILES.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What somebody sends. blocks: the content, in pieces; format: "" to find it out."""

    file_name: str
    blocks: Iterable[bytes]
    channel: SalesChannel
    format: str
    stock: StockPolicy
    stop_at_error: bool


class UploadNotMappable(NotAllowed):
    code = "upload_not_mappable"
    message = _("%(file)s is %(status)s; its columns cannot be named now.")


def take_upload(*, upload: Upload, actor: Actor) -> ImportUpload:
    """Keep a file and rehearse its beginning. Nothing is brought in before `start_upload`.

    A file of rejects that were mended is turned into what it holds. One whose columns carry other names is read by the
    mapping that is remembered for them; without one it waits until somebody says what they are (`map_upload`). A file
    that is too large or cannot be used leaves nothing behind: raises UploadTooLarge, and what `import_file` raises.
    """
    row = ImportUpload(
        channel=upload.channel,
        file_name=private_files.safe_name(upload.file_name),
        format=upload.format,
        stock=upload.stock,
        stop_at_error=upload.stop_at_error,
        actor=actor.as_dict(),
    )
    try:
        path = private_files.folder(UPLOADS, row.pk) / row.file_name
        row.size = _keep(upload.blocks, path)
        mended = mending.unwrap(path)
        if not mended:
            upload_columns.understand(row, path)
        if row.status != UploadStatus.UNMAPPED:
            row.preview = upload_preview.preview(row, path, actor) | {"mended": mended}
        row.save()
    except BaseException:
        private_files.remove(UPLOADS, row.pk)
        raise
    return row


def take_counts(*, file_name: str, blocks: Iterable[bytes], actor: Actor) -> ImportUpload:
    """Keep a file of counts and rehearse its beginning. Nothing is counted before `start_upload`.

    One that is too large or cannot be used leaves nothing behind: raises UploadTooLarge, UnreadableFile,
    UnreadableStockFile, NotKeptByLocation.
    """
    row = ImportUpload(kind=UploadKind.STOCK, file_name=private_files.safe_name(file_name), actor=actor.as_dict())
    try:
        path = private_files.folder(UPLOADS, row.pk) / row.file_name
        row.size = _keep(blocks, path)
        mended = mending.unwrap(path)
        row.preview = stock_uploads.preview(row, path, actor) | {"mended": mended}
        row.save()
    except BaseException:
        private_files.remove(UPLOADS, row.pk)
        raise
    return row


def map_upload(
    *, upload_id: UUID, format_: str, columns: Mapping[str, str], name: str = "", actor: Actor
) -> ImportUpload:
    """Say what the format calls the columns of a file, and rehearse its beginning again.

    name: what this is remembered by for the channel's next file, "" not to. Raises UploadNotMappable, UploadGone,
    InvalidInput, and what `import_file` raises; nothing has changed then.
    """
    row = _mappable(upload_id)
    known = column_mapping.formats()
    if format_ not in known:
        raise InvalidInput(errors=[FieldError("/format", str(_("Choose a format.")))])
    column_mapping.require_complete(columns, known[format_])
    row.columns, row.format = dict(columns), format_
    preview = upload_preview.preview(row, path_of(row), actor) | {"mended": False}
    with atomic():
        row = _mappable(upload_id)
        row.columns, row.format, row.preview, row.status = dict(columns), format_, preview, UploadStatus.LOOKED_AT
        row.save()
        if name.strip() and row.channel is not None:
            column_mapping.remember(row.channel, format_, name.strip()[:80], columns)
    return row


@atomic()
def _mappable(upload_id: UUID) -> ImportUpload:
    row = _locked(upload_id)
    if row.status not in MAPPABLE or row.channel is None:
        raise UploadNotMappable(file=row.file_name, status=row.get_status_display())
    if not path_of(row).exists():
        raise UploadGone(file=row.file_name)
    return row


def _keep(blocks: Iterable[bytes], path: Path) -> int:
    size, most = 0, settings.OMS["UPLOAD_MEGABYTES"]
    with path.open("wb") as file:
        path.chmod(0o600)
        for block in blocks:
            size += len(block)
            if size > most * 1024 * 1024:
                raise UploadTooLarge(file=path.name, most=most)
            file.write(block)
    return size


@atomic()
def start_upload(*, upload_id: UUID) -> ImportUpload:
    """Have a worker bring the file in; also again, after it failed or stopped. Whoever calls sends the task.

    Raises UploadNotStartable, UploadGone.
    """
    row = _locked(upload_id)
    if row.status not in STARTABLE:
        raise UploadNotStartable(file=row.file_name, status=row.get_status_display())
    if not path_of(row).exists():
        raise UploadGone(file=row.file_name)
    row.status, row.error, row.attempts = UploadStatus.WAITING, "", 0
    row.lines_done = row.lines_all = 0
    row.started_at = row.finished_at = None
    row.save()
    return row


@atomic()
def discard_upload(*, upload_id: UUID) -> ImportUpload:
    """Delete the file. What was brought in of it stays. A repeat does nothing; raises UploadNotStartable at work."""
    row = _locked(upload_id)
    if row.status in OPEN:
        raise UploadNotStartable(file=row.file_name, status=row.get_status_display())
    if row.status in MAPPABLE:
        row.status = UploadStatus.DISCARDED
        row.save(update_fields=["status", "updated_at"])
    private_files.remove(UPLOADS, row.pk)
    return row


def run_upload(*, upload_id: UUID) -> ImportUpload | None:
    """Bring a waiting file in. Where a worker was lost the import goes on behind its last committed chunk.

    None, and nothing is done, when another process is at it, or it waits for nobody.
    """
    with alone(f"upload {upload_id}") as held:
        row = _begin(upload_id) if held else None
        if row is None:
            return None
        try:
            return _finish(row, *_bring(row))
        except (ImportRunning, StockImportRunning):
            log.info("upload.waits", upload=row.public_id)  # the same file comes by another way; asked again soon
            ImportUpload.objects.filter(pk=row.pk).update(status=UploadStatus.WAITING, attempts=row.attempts - 1)
            return None
        except (DomainError, OSError) as refusal:
            missing = not path_of(row).exists()
            return _finish(row, UploadStatus.FAILED, str(UploadGone(file=row.file_name) if missing else refusal))
        except Exception as problem:
            log.exception("upload.failed", upload=row.public_id)
            said = storing.reason(problem) if isinstance(problem, DatabaseError) else str(problem)
            return _finish(row, UploadStatus.FAILED, f"{type(problem).__name__}: {said}"[:1000])


def _bring(row: ImportUpload) -> tuple[UploadStatus, str]:
    """What the worker does: how it ended, and why it stopped."""
    told, path = row.actor, path_of(row)
    actor = Actor(ActorKind(told["kind"]), told["id"], told["label"])
    if row.channel is None:
        row.outcome = dict(stock_uploads.bring(row, path, actor, _progress(row)))
        row.lines_done = row.lines_all = row.outcome["counts"]["rows"]
        return UploadStatus.PARTIAL if row.outcome["counts"]["rejected"] else UploadStatus.COMPLETED, ""
    if row.retry_of_id is not None and not path.exists():
        private_files.folder(UPLOADS, row.pk)
        retrying.write_records(row.retry_of_id, path)
        row.size = path.stat().st_size
    outcome = import_file(
        wish=Wish(
            path=path,
            channel=row.channel.code,
            format=row.format or None,
            stock=StockPolicy(row.stock),
            stop_at_error=row.stop_at_error,
            columns=row.columns,
        ),
        actor=actor,
        progress=_progress(row),
    )
    row.run_id = outcome.run_id
    row.lines_all = outcome.lines
    if outcome.status is not RunStatus.STOPPED:
        row.lines_done = outcome.lines
    return _ENDED[outcome.status], outcome.error


def lost_uploads() -> list[UUID]:
    """Uploads that wait for a worker, or have lost it."""
    quiet = ImportUpload.objects.filter(status__in=OPEN, updated_at__lt=timezone.now() - timedelta(seconds=5))
    return list(quiet.values_list("pk", flat=True)[:1000])


def files_untouched_since(moment: datetime) -> Iterator[UUID]:
    """Uploads, or what is left of them, whose files nobody has needed since then."""
    places = private_files.owners(UPLOADS, untouched_since=moment)
    needed = Q(updated_at__gte=moment) | Q(status__in=OPEN)
    for start in range(0, len(places), _FILES_AT_ONCE):
        some = places[start : start + _FILES_AT_ONCE]
        kept = set(ImportUpload.objects.filter(needed, pk__in=some).values_list("pk", flat=True))
        yield from (upload_id for upload_id in some if upload_id not in kept)


def delete_file(upload_id: UUID) -> None:
    """A repeat does nothing."""
    private_files.remove(UPLOADS, upload_id)


def path_of(row: ImportUpload) -> Path:
    root: Path = settings.OMS["PRIVATE_FILES"]
    return root / UPLOADS / str(row.pk) / row.file_name


def _progress(row: ImportUpload) -> Callable[[int, int], None]:
    def note(done: int, everything: int) -> None:
        row.lines_done, row.lines_all = done, everything
        if row.run_id is None and row.channel is not None:
            runs = ImportRun.objects.filter(channel=row.channel, file_name=row.file_name, status=RunStatus.RUNNING)
            row.run_id = runs.order_by("-id").values_list("pk", flat=True).first()
        row.save(update_fields=["lines_done", "lines_all", "run", "updated_at"])

    return note


@atomic()
def _begin(upload_id: UUID) -> ImportUpload | None:
    row = _locked(upload_id)
    if row.status not in OPEN:
        return None
    if row.attempts >= _MOST_ATTEMPTS:
        _finish(row, UploadStatus.FAILED, str(_("Its worker was lost %s times; given up.")) % row.attempts)
        return None
    row.status = UploadStatus.RUNNING
    row.attempts += 1
    row.started_at = row.started_at or timezone.now()
    row.save()
    return row


@atomic()
def _finish(row: ImportUpload, status: UploadStatus, error: str) -> ImportUpload:
    row.status, row.error, row.finished_at = status, error[:4000], timezone.now()
    row.save()
    retrying.settle_retried(row)
    return row


def _locked(upload_id: UUID) -> ImportUpload:
    row = ImportUpload.objects.select_for_update(of=("self",)).select_related("channel").filter(pk=upload_id).first()
    if row is None:
        raise NotFound(kind="upload", id=ids.encode(ids.IMPORT_UPLOAD, upload_id))
    return row

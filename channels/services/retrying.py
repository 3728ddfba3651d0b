"""What a run refused, tried again: all of it as a job of its own, after skus were made or stock came, or by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.enums import RunStatus, UploadStatus
from channels.models import ImportReject, ImportRun, ImportUpload
from channels.services import private_files
from channels.services.import_rejects import csv_line
from oms.core import ids
from oms.core.actors import Actor
from oms.core.errors import NotAllowed, NotFound
from oms.core.transactions import atomic

FRESH: Final = timedelta(days=30)
_ENDED: Final = (RunStatus.COMPLETED, RunStatus.PARTIAL, RunStatus.STOPPED)


class NothingToRetry(NotAllowed):
    code = "nothing_to_retry"
    message = _("Nothing that %(file)s brought is left to be tried again.")


class RunNotEnded(NotAllowed):
    code = "import_not_ended"
    message = _("The import of %(file)s has not ended yet. Wait for it, then try what it refused again.")


@atomic()
def retry_rejects(*, run_id: UUID, actor: Actor) -> ImportUpload:
    """Have a worker try every open reject of a run again. Whoever calls sends the task.

    While such a retry waits or is under way a repeat answers with it. What came in meanwhile does not change. Raises
    NotFound, RunNotEnded, NothingToRetry.
    """
    run = ImportRun.objects.select_for_update(of=("self",)).select_related("channel").filter(pk=run_id).first()
    if run is None:
        raise NotFound(kind="import run", id=ids.encode(ids.IMPORT_RUN, run_id))
    under_way = run.retries.filter(status__in=[UploadStatus.WAITING, UploadStatus.RUNNING]).first()
    if under_way is not None:
        return under_way
    if run.status not in _ENDED:
        raise RunNotEnded(file=run.file_name)
    left = open_rejects(run_id).exclude(raw={}).count()
    if not left:
        raise NothingToRetry(file=run.file_name)
    name = run.file_name.removesuffix(".gz")
    return ImportUpload.objects.create(
        channel=run.channel,
        file_name=private_files.safe_name(name if name.startswith("retry of ") else f"retry of {name}"),
        size=0,
        format=run.format,
        stock=run.stock,
        status=UploadStatus.WAITING,
        retry_of=run,
        actor=actor.as_dict(),
    )


def open_rejects(run_id: UUID) -> Any:
    """What of a run nobody has dealt with, by line."""
    return ImportReject.objects.filter(run_id=run_id, settled_at=None).order_by("line", "id")


def write_records(run_id: UUID, path: Path) -> None:
    """The open rejects of a run as a file to bring in, in the format's own columns; all of it or none."""
    part = path.with_name(".records")  # a name that no upload has
    with part.open("w", encoding="utf-8", newline="") as file:
        part.chmod(0o600)
        file.writelines(_records(run_id))
    part.replace(path)


def _records(run_id: UUID) -> Iterator[str]:
    headed = False
    for reject in open_rejects(run_id).exclude(raw={}).iterator(chunk_size=500):
        header, lines = record_of(reject)
        if header and not headed:
            yield csv_line(header)
            headed = True
        yield from lines


def record_of(reject: ImportReject) -> tuple[list[str], list[str]]:
    """The columns of the format ([] where it has none) and the lines of a refused record, as they stand in a file."""
    raw: dict[str, Any] = reject.raw if isinstance(reject.raw, dict) else {}
    rows = raw.get("rows") or [{"text": raw.get("row", "")}]
    lines = [f"{row['text']}\n" if "text" in row else csv_line(row.get("values", ())) for row in rows]
    return list(raw.get("columns") or ()), [line for line in lines if line.strip()]


def settle_retried(upload: ImportUpload) -> None:
    """A retry has ended: what it refused is among the rejects of its own run now, those it was made of are dealt with.

    A repeat does nothing.
    """
    if upload.retry_of_id is not None and upload.status in (UploadStatus.COMPLETED, UploadStatus.PARTIAL):
        settle(open_rejects(upload.retry_of_id).filter(created_at__lte=upload.created_at).values_list("pk", flat=True))


def settle(reject_ids: Any) -> int:
    """Say that these are dealt with; how many were open."""
    rows = ImportReject.objects.filter(pk__in=reject_ids, settled_at=None)
    return rows.update(settled_at=timezone.now())


_ARRIVED: Final = """
UPDATE channels_importreject AS reject SET settled_at = now()
FROM channels_importrun AS earlier
WHERE reject.settled_at IS NULL AND reject.external_id <> '' AND earlier.id = reject.run_id
  AND earlier.channel_id = %(channel)s AND earlier.id <> %(run)s AND earlier.started_at > %(since)s
  AND (EXISTS (SELECT FROM orders_order AS known WHERE known.channel_id = %(channel)s
               AND known.external_id = reject.external_id AND known.import_run_id = %(run)s)
    OR EXISTS (SELECT FROM channels_sourcedocument AS known WHERE known.channel_id = %(channel)s
               AND known.external_id = reject.external_id AND known.run_id = %(run)s))
"""


def settle_arrived(run: ImportRun) -> None:
    """What earlier runs of the channel refused lately and this one brought in is dealt with. One statement."""
    with connection.cursor() as cursor:
        since = timezone.now() - FRESH
        cursor.execute(_ARRIVED, {"channel": run.channel_id, "run": run.pk, "since": since})

"""What imports leave behind, for a time. Import runs, credit notes and write-offs stay: orders rest on them."""

from __future__ import annotations

from django.db.models import Q

from channels.enums import RunStatus
from channels.models import ImportReject, ImportUpload, SourceFile, SourceRun
from channels.models.scheduled import OPEN_RUN
from channels.services import private_files, uploads
from oms.core.retention import Kept, KeptFiles, declare

declare(
    Kept(
        name="import_rejects",
        what="refused records of imports, with their raw rows",
        days=180,
        model=ImportReject,
        disposable=lambda before: Q(created_at__lt=before) & ~Q(run__status=RunStatus.RUNNING),
    ),
    Kept(
        name="source_runs",
        what="visits to sources that have ended",
        days=90,
        model=SourceRun,
        disposable=lambda before: Q(finished_at__lt=before) & ~Q(status__in=OPEN_RUN),
    ),
    # By these notes a file that still lies in its folder is not taken again: an old one would undo what came later.
    Kept(
        name="source_files",
        what="notes of files that were taken from folders",
        days=0,
        model=SourceFile,
        disposable=lambda before: Q(taken_at__lt=before),
    ),
    Kept(
        name="uploads",
        what="pages of files that were sent through the console",
        days=180,
        model=ImportUpload,
        disposable=lambda before: Q(updated_at__lt=before) & ~Q(status__in=uploads.OPEN),
    ),
    KeptFiles(
        name="upload_files",
        what="files that were sent through the console",
        days=30,
        older=uploads.files_untouched_since,
        delete=uploads.delete_file,
    ),
    KeptFiles(
        name="spool",
        what="what sources had fetched when their worker was lost",
        days=1,
        older=private_files.spool_older_than,
        delete=private_files.remove_spool,
    ),
)

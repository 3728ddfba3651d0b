"""What orders leave behind, for a time. The orders themselves, their notes and timelines stay."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from oms.core.retention import Kept, declare
from orders.models import BulkJob, BulkJobRow
from orders.models.bulk import OPEN_JOB

declare(
    Kept(
        name="bulk_job_rows",
        what="results of bulk jobs that have ended, order by order",
        days=90,
        model=BulkJobRow,
        disposable=lambda before: Q(job__updated_at__lt=before) & ~Q(job__status__in=OPEN_JOB),
    ),
    Kept(
        name="bulk_jobs",
        what="bulk jobs that have ended",
        days=90,
        model=BulkJob,
        disposable=lambda before: (
            Q(~Exists(BulkJobRow.objects.filter(job=OuterRef("pk"))), updated_at__lt=before) & ~Q(status__in=OPEN_JOB)
        ),
    ),
)

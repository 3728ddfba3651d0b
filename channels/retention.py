"""What imports leave behind, for a time. Runs, credit notes and write-offs stay: orders rest on them."""

from __future__ import annotations

from django.db.models import Q

from channels.enums import RunStatus
from channels.models import ImportReject
from oms.core.retention import Kept, declare

declare(
    Kept(
        name="import_rejects",
        what="refused records of imports, with their raw rows",
        days=180,
        model=ImportReject,
        disposable=lambda before: Q(created_at__lt=before) & ~Q(run__status=RunStatus.RUNNING),
    )
)

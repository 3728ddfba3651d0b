"""What the console leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from oms.core.retention import Kept, declare
from oms.web.models import AuditEntry

declare(
    Kept(
        name="sessions",
        what="sessions of the console that have ended",
        days=1,
        model=Session,
        key="expire_date",
        mark=lambda before: before,
        disposable=lambda before: Q(expire_date__lt=before),
    )
)

# The trigger lets go of nothing that is younger than a month, whatever the setting says.
_LEAST: Final = timedelta(days=31)

declare(
    Kept(
        name="audit",
        what="entries of the audit",
        days=400,
        model=AuditEntry,
        disposable=lambda before: Q(occurred_at__lt=min(before, timezone.now() - _LEAST)),
    )
)

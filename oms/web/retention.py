"""What the console leaves behind."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.db.models import Q

from oms.core.retention import Kept, declare

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

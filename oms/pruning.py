"""The Celery side of retention: beat has it run once an hour."""

from __future__ import annotations

from typing import Final

import structlog
from celery import shared_task

from oms.core import retention

log = structlog.get_logger(__name__)

_SECONDS: Final = 60.0  # for each table; what is left is pruned an hour later


@shared_task(name="oms.pruning.prune")  # type: ignore[untyped-decorator]  # Celery has no types
def prune() -> None:
    """Delete what has been kept for its time. Any number may run at once."""
    for kept in retention.declared():
        pruned = retention.prune(kept, seconds=_SECONDS)
        if pruned.count or not pruned.finished:
            log.info("pruned", what=kept.name, count=pruned.count, days=kept.kept_days, finished=pruned.finished)

"""What processes do at once with one bulk job."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import IntegrityError

from orders.services import bulk_running


def run(number: int, barrier: Any, job_id: UUID) -> int:
    """As a worker does; how many orders it has done, -1 when it was turned away."""
    job = bulk_running.run_bulk_job(job_id=job_id)
    return -1 if job is None else job.done


def run_past_the_turnstile(number: int, barrier: Any, job_id: UUID) -> int:
    """As if each took itself for the only one; how many orders it dealt with."""
    work = bulk_running._begin(job_id)
    if work is None:  # the others were through before this one began
        return 0
    count = 0
    while bulk_running._next(work):
        count += 1
    bulk_running._end(work)
    return count


def run_without_the_lock(number: int, barrier: Any, job_id: UUID) -> int:
    """The same, without the lock on the order at hand."""
    with patch.object(bulk_running, "_CLAIM", bulk_running._CLAIM.replace("FOR UPDATE OF mine SKIP LOCKED", "")):
        try:
            return run_past_the_turnstile(number, barrier, job_id)
        except IntegrityError:  # more done than there are
            return 0

"""Doing a bulk job: order by order, each with its result in one transaction, so that no order is done twice.

A worker that is lost leaves whole orders behind it: those that are done say so in the transaction that did them. The
next worker goes on with those that wait. Two workers never take the same order, for it is locked while it is at hand;
that a second one is turned away beforehand saves work, and is not what this rests on.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from msgspec import Struct

from oms.core.actors import Actor, ActorKind
from oms.core.alone import alone
from oms.core.errors import DomainError, NotFound
from oms.core.storing import NotStorable
from oms.core.transactions import atomic
from orders.enums import BulkAct, BulkJobStatus, BulkRowState
from orders.models import BulkJob
from orders.models.bulk import OPEN_JOB
from orders.services import bulk_acts
from orders.services.bulk_acts import By
from orders.services.bulk_jobs import lock_bulk_job

log = structlog.get_logger(__name__)

AT_ONCE: Final = 20  # orders that are done while the person waits
PATIENCE: Final = 5.0  # seconds for that
SLICE: Final = 10.0  # seconds after which a worker lets others go first
_MOST_ATTEMPTS: Final = 5
_DEADLOCKS: Final = 3
_BEFORE_ALL: Final = UUID(int=0)


@dataclass(slots=True)
class _Work:
    """A job at work. behind: the last order that was dealt with."""

    job_id: UUID
    act: BulkAct
    given: Struct
    by: By
    behind: UUID = _BEFORE_ALL


def run_bulk_job(*, job_id: UUID, seconds: float = math.inf) -> BulkJob | None:
    """Do what is left of a job, at most for so many seconds; the job as it is then.

    None, and nothing is done, when another process is at it, or it has ended.
    """
    with alone(f"bulk job {job_id}") as held:
        work = _begin(job_id) if held else None
        if work is None:
            return None
        ends_at = time.monotonic() + seconds
        while _next(work):
            if time.monotonic() > ends_at:
                break
        return _end(work)


@atomic()
def _begin(job_id: UUID) -> _Work | None:
    try:
        job = lock_bulk_job(job_id)
    except NotFound:  # pruned, or never committed
        return None
    if not job.is_open:
        return None
    if job.attempts >= _MOST_ATTEMPTS:
        job.status, job.finished_at = BulkJobStatus.FAILED, timezone.now()
        job.error = _("Its worker was lost %s times; given up.") % job.attempts
        job.save(update_fields=["status", "error", "finished_at", "updated_at"])
        return None
    job.status, job.started_at, job.attempts = BulkJobStatus.RUNNING, job.started_at or timezone.now(), job.attempts + 1
    job.save(update_fields=["status", "started_at", "attempts", "updated_at"])
    act, told = BulkAct(job.act), job.actor
    actor = Actor(ActorKind(told["kind"]), told["id"], told["label"])
    return _Work(job.pk, act, bulk_acts.read_input(act, job.input), By(actor, job.location_ids))


def _next(work: _Work) -> bool:
    """Deal with the next order; False when none waits. One that was picked as the victim of a deadlock goes again."""
    for _attempt in range(_DEADLOCKS):
        try:
            return _deal_with_one(work)
        except OperationalError:
            if not connection.is_usable():
                raise
            log.warning("bulk.again", job=str(work.job_id), exc_info=True)
    return _deal_with_one(work)


@atomic()
def _deal_with_one(work: _Work) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [work.job_id, work.behind, list(OPEN_JOB)])
        found = cursor.fetchone()
        if found is None:
            return False
        row_id, order_id = found
        outcome = _act(work, order_id)
        if outcome is None:  # there is more to be done to it, in a transaction of its own
            return True
        cursor.execute(_TELL, [*outcome, row_id, work.job_id])
    work.behind = order_id
    return True


# Looks only behind what was dealt with: index entries of finished rows stay in the way until they are vacuumed.
_CLAIM = """
SELECT mine.id, mine.order_id FROM orders_bulkjobrow AS mine JOIN orders_bulkjob AS job ON job.id = mine.job_id
WHERE mine.job_id = %s AND mine.state = 'waiting' AND mine.order_id > %s AND job.status = ANY(%s)
ORDER BY mine.order_id LIMIT 1 FOR UPDATE OF mine SKIP LOCKED
"""
_TELL = """
WITH told AS (
    UPDATE orders_bulkjobrow SET state = %s, code = %s, message = %s, finished_at = clock_timestamp()
    WHERE id = %s RETURNING state
)
UPDATE orders_bulkjob SET done = done + (told.state = 'done')::int, refused = refused + (told.state = 'refused')::int,
    attempts = 0, updated_at = clock_timestamp()
FROM told WHERE orders_bulkjob.id = %s
"""


def _act(work: _Work, order_id: UUID) -> tuple[BulkRowState, str, str] | None:
    """What came of it: state, code and sentence. A refusal leaves nothing behind, whatever it was."""
    try:
        with atomic(savepoint=True):
            more = bulk_acts.run_act(work.act, order_id, work.given, work.by)
    except DomainError as refusal:
        return BulkRowState.REFUSED, refusal.code, str(refusal)
    except (DataError, IntegrityError) as problem:
        return BulkRowState.REFUSED, NotStorable.code, str(NotStorable.of(problem))
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:  # one order must not keep the others from being done
        log.exception("bulk.unexpected", job=str(work.job_id), order=str(order_id))
        return BulkRowState.REFUSED, "unexpected", _("Something went wrong here: %s.") % type(problem).__name__
    return None if more else (BulkRowState.DONE, "", "")


def _end(work: _Work) -> BulkJob:
    """The job is completed when each of its orders has a result; else somebody goes on."""
    whole = BulkJob.objects.filter(pk=work.job_id, status__in=OPEN_JOB, total=F("done") + F("refused"))
    whole.update(status=BulkJobStatus.COMPLETED, finished_at=timezone.now(), updated_at=timezone.now())
    return BulkJob.objects.get(pk=work.job_id)

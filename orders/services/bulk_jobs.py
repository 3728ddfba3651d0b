"""One act on many orders: chosen once, done by workers order by order (`bulk_running`), canceled, tried again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.actors import Actor
from oms.core.errors import DomainError, NotAllowed, NotFound
from oms.core.transactions import atomic
from oms.web.limits import EVERYTHING, Limits, OutsideLimits, narrow
from orders.enums import BulkAct, BulkJobStatus, BulkRowState
from orders.models import BulkJob, BulkJobRow, Order
from orders.models.bulk import OPEN_JOB
from orders.services import bulk_acts

MOST_ORDERS: Final = 100_000
_QUIET: Final = timedelta(seconds=15)


class NoOrdersChosen(DomainError):
    code = "no_orders_chosen"
    message = _("No order was chosen.")


class TooManyOrders(DomainError):
    code = "too_many_orders"
    message = _("More than %(most)s orders are chosen. Narrow it down, by date for instance, and do it in parts.")


class SelectionGrew(NotAllowed):
    code = "selection_grew"
    message = _("There are %(found)s orders now, and you were told of %(seen)s. Look at the number again.")


class BulkJobEnded(NotAllowed):
    code = "bulk_job_ended"
    message = _("This job is %(status)s already.")


class BulkJobNotRetryable(NotAllowed):
    code = "bulk_job_not_retryable"
    message = _("This job is %(status)s, with %(refused)s orders refused: there is nothing to be tried again.")


@atomic()
def start_bulk_job(
    *,
    act: BulkAct,
    given: Mapping[str, Any],
    orders: QuerySet[Order],
    actor: Actor,
    locations: Collection[UUID] | None = None,
    seen: int | None = None,
) -> BulkJob:
    """Freeze which orders are meant, in one statement. Whoever calls has a worker run it.

    given: what the act asks for. locations: where the actor may pack and ship, None: everywhere. seen: how many orders
    a person was told of; no more than these are taken. A repeat starts another job.
    Raises InvalidInput, NoOrdersChosen, TooManyOrders, SelectionGrew.
    """
    wanted = bulk_acts.read_input(act, given)
    job = BulkJob.objects.create(
        act=act,
        input=msgspec.to_builtins(wanted),
        location_ids=None if locations is None else sorted(locations),
        started_by=starter(actor),
        actor=actor.as_dict(),
    )
    found = _freeze(job, orders)
    if not found:
        raise NoOrdersChosen()
    if found > MOST_ORDERS:
        raise TooManyOrders(most=MOST_ORDERS)
    if seen is not None and found > seen:
        raise SelectionGrew(found=found, seen=seen)
    job.total = found
    job.save(update_fields=["total", "updated_at"])
    return job


# The id is a UUIDv7 of now, as ids.new_id makes them: a random one with the time in its first six bytes, and the
# version set. One more than may be is taken, and refused then.
_FREEZE = """
INSERT INTO orders_bulkjobrow (id, job_id, order_id, state, code, message)
SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
           PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
           52, 1), 53, 1), 'hex')::uuid,
       %s, chosen.id, 'waiting', '', ''
FROM (SELECT DISTINCT id FROM ({orders}) AS found(id)) AS chosen
"""


def _freeze(job: BulkJob, orders: QuerySet[Order]) -> int:
    try:
        sql, parameters = orders.order_by().values("pk")[: MOST_ORDERS + 1].query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE.format(orders=sql), [job.pk, *parameters])
        return int(cursor.rowcount)


@atomic()
def cancel_bulk_job(*, job_id: UUID) -> BulkJob:
    """Leave the orders be that are not done yet; the one at hand is finished. Raises BulkJobEnded, NotFound."""
    job = lock_bulk_job(job_id)
    if not job.is_open:
        raise BulkJobEnded(status=job.get_status_display())
    job.status, job.finished_at = BulkJobStatus.CANCELED, timezone.now()
    job.save(update_fields=["status", "finished_at", "updated_at"])
    return job


@atomic()
def retry_bulk_job(*, job_id: UUID, seen: Limits = EVERYTHING) -> BulkJob:
    """Have the refused orders tried again, and those that a cancel left. Whoever calls has a worker run it.

    What is done is not done again. seen: the limits of who asks, which may be narrower than when it was started.
    Raises BulkJobNotRetryable (while it runs; when its rows are pruned), NotFound; OutsideLimits where it would be done
    to an order that they do not see.
    """
    job = lock_bulk_job(job_id)
    undone = BulkJobRow.objects.filter(job=job).exclude(state=BulkRowState.DONE)
    if job.is_open or job.done == job.total or undone.count() != job.total - job.done:
        raise BulkJobNotRetryable(status=job.get_status_display(), refused=job.refused)
    if narrow(undone, seen).count() != undone.count():
        raise OutsideLimits(kind=str(_("order")))
    if seen.locations is not None:
        job.location_ids = sorted(seen.locations)
    undone.filter(state=BulkRowState.REFUSED).update(state=BulkRowState.WAITING, code="", message="", finished_at=None)
    job.status, job.refused, job.attempts, job.error, job.finished_at = BulkJobStatus.WAITING, 0, 0, "", None
    job.save(update_fields=["status", "refused", "attempts", "error", "finished_at", "location_ids", "updated_at"])
    return job


def lost_bulk_jobs() -> list[UUID]:
    """Jobs that wait for a worker, or have lost it."""
    quiet = BulkJob.objects.filter(status__in=OPEN_JOB, updated_at__lt=timezone.now() - _QUIET)
    return list(quiet.order_by("updated_at").values_list("pk", flat=True)[:1000])


def jobs_of(actor: Actor | None) -> QuerySet[BulkJob]:
    """The jobs that this actor started; without one, all of them."""
    return BulkJob.objects.all() if actor is None else BulkJob.objects.filter(started_by=starter(actor))


def starter(actor: Actor) -> str:
    return f"{actor.kind.value}:{actor.id}"


def lock_bulk_job(job_id: UUID) -> BulkJob:
    """Raises NotFound."""
    job = BulkJob.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotFound(kind="bulk job", id=ids.encode(ids.BULK_JOB, job_id))
    return job

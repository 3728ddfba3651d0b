"""One bulk job and several workers that take it up at the same moment."""

from __future__ import annotations

from orders.models import BulkJob, Note, Order
from orders.services import bulk_jobs
from tests.concurrency import bulk_work
from tests.concurrency.workers import COUNT, Workers
from tests.scenarios import STAFF, placed_order, shop

ORDERS = 40


def _job() -> BulkJob:
    here = shop({"W1": {"LAMP": ORDERS}})
    for _ in range(ORDERS):
        placed_order(here, {"LAMP": 1})
    return bulk_jobs.start_bulk_job(act="note", given={"body": "once"}, orders=Order.objects.all(), actor=STAFF)


def _ended(job: BulkJob) -> tuple[str, int, int]:
    job.refresh_from_db()
    return job.status, job.done, job.refused


def _orders_with_one_note() -> int:
    noted = list(Note.objects.values_list("order_id", flat=True))
    return len(noted) if len(noted) == len(set(noted)) else -1


def test_of_workers_that_take_one_job_at_once_one_does_it(workers: Workers):
    job = _job()

    answers = workers.race(bulk_work.run, job.pk)

    assert ORDERS in answers
    assert set(answers) <= {ORDERS, -1}
    assert _ended(job) == ("completed", ORDERS, 0)
    assert _orders_with_one_note() == ORDERS


def test_workers_that_do_not_know_of_each_other_share_the_orders_and_repeat_none(workers: Workers):
    job = _job()

    answers = workers.race(bulk_work.run_past_the_turnstile, job.pk)

    assert (len(answers), sum(answers)) == (COUNT, ORDERS)
    assert _ended(job) == ("completed", ORDERS, 0)
    assert _orders_with_one_note() == ORDERS


def test_without_the_lock_orders_are_done_twice(workers: Workers):
    job = _job()

    workers.race(bulk_work.run_without_the_lock, job.pk)

    assert _orders_with_one_note() == -1

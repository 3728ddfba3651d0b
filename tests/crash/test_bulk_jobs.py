"""A bulk job whose worker is killed, again and again, has every order done exactly once."""

from __future__ import annotations

import time

import pytest

from fulfillment.models import Fulfillment
from inventory.services.verify import verify_stock
from orders.models import BulkJob, BulkJobRow, Order
from orders.services import bulk_jobs, bulk_running
from tests.crash import killing
from tests.scenarios import STAFF, placed_order, recorded_events, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ORDERS = 100


def _killed_at(job: BulkJob, done: int) -> int:
    """Have a process run the job, and kill it as soon as so many orders are done; how many were."""
    process = killing.Child(lambda: bulk_running.run_bulk_job(job_id=job.pk))
    until = time.monotonic() + 60
    while time.monotonic() < until and process.runs and _done(job) < done:
        time.sleep(0.002)
    process.kill()
    process.ended(60)
    return _done(job)


def _done(job: BulkJob) -> int:
    return BulkJob.objects.values_list("done", flat=True).get(pk=job.pk)


def test_a_job_killed_three_times_fulfills_each_order_once():
    here = shop({"W1": {"LAMP": ORDERS}, "W2": {"MUG": ORDERS}})
    for _ in range(ORDERS):
        placed_order(here, {"LAMP": 1, "MUG": 1})
    job = bulk_jobs.start_bulk_job(act="fulfill", given={}, orders=Order.objects.all(), actor=STAFF)

    reached = [_killed_at(job, done) for done in (10, 30, 50)]
    ended = bulk_running.run_bulk_job(job_id=job.pk)

    assert ended is not None
    assert reached == sorted(reached)
    assert 10 <= reached[0] <= reached[2] < ORDERS
    assert (ended.status, ended.done, ended.refused) == ("completed", ORDERS, 0)
    assert BulkJobRow.objects.filter(job=job, state="done").count() == ORDERS
    assert Fulfillment.objects.count() == 2 * ORDERS  # one at each of the two locations
    assert recorded_events().count("order.fulfillment_created") == 2 * ORDERS
    assert (here.sra("LAMP"), here.sra("MUG", "W2")) == ((0, 0, 0), (0, 0, 0))
    assert verify_stock().differences == []

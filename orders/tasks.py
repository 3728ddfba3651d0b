"""What orders do later, in Celery workers. What is to be done stands in the database; a message only says "look"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from orders.services import bulk_jobs, bulk_running, holds, sales

log = structlog.get_logger(__name__)


@shared_task(name="orders.tasks.release_due_holds")  # type: ignore[untyped-decorator]  # Celery has no types
def release_due_holds() -> None:
    holds.release_due_holds()


@shared_task(name="orders.tasks.run_bulk_job")  # type: ignore[untyped-decorator]  # Celery has no types
def run_bulk_job(job_id: str) -> None:
    """A slice of a job. What is left goes to the end of the queue, so that a long job keeps nobody waiting."""
    job = bulk_running.run_bulk_job(job_id=UUID(job_id), seconds=bulk_running.SLICE)
    if job is not None and job.is_open:
        send(run_bulk_job, job_id)


@shared_task(name="orders.tasks.look_after_bulk_jobs")  # type: ignore[untyped-decorator]  # Celery has no types
def look_after_bulk_jobs() -> None:
    """Send jobs that wait for a worker, or have lost it, to the workers; one that is at work is left alone by them."""
    for job_id in bulk_jobs.lost_bulk_jobs():
        run_bulk_job.apply_async((str(job_id),), retry=False, expires=30)


def send(task: Any, *arguments: Any) -> None:
    """Ask a worker now. A broker that is down costs time only: beat has lost work looked after."""
    try:
        task.apply_async(arguments, retry=False)
    except OperationalError as problem:
        log.warning("tasks.message_lost", task=task.name, problem=type(problem).__name__)


@shared_task(name="orders.tasks.sum_up_sales")  # type: ignore[untyped-decorator]  # Celery has no types
def sum_up_sales(everything: bool = False) -> None:
    sales.sum_up_sales(everything=everything)

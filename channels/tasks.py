"""What channels do later, in Celery workers. What is to be done stands in the database; a message only says "look"."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from channels.services import source_runs, uploads
from orders.tasks import send

__all__ = ["look_after_imports", "run_source", "run_upload", "send"]


@shared_task(name="channels.tasks.run_source")  # type: ignore[untyped-decorator]  # Celery has no types
def run_source(source_id: str, by_schedule: bool = True) -> None:
    source_runs.run_source(source_id=UUID(source_id), by_schedule=by_schedule)


@shared_task(name="channels.tasks.run_upload")  # type: ignore[untyped-decorator]  # Celery has no types
def run_upload(upload_id: str) -> None:
    uploads.run_upload(upload_id=UUID(upload_id))


@shared_task(name="channels.tasks.look_after_imports")  # type: ignore[untyped-decorator]  # Celery has no types
def look_after_imports() -> None:
    """Send what waits for a worker, or has lost it, to the workers; one that is still at work is left alone by them."""
    for source_id in source_runs.lost_runs():
        run_source.apply_async((str(source_id), False), retry=False, expires=30)
    for upload_id in uploads.lost_uploads():
        run_upload.apply_async((str(upload_id),), retry=False, expires=30)

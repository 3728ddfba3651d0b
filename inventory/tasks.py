"""What stock does later, in Celery workers."""

from __future__ import annotations

from celery import shared_task

from inventory.services import cleaning


@shared_task(name="inventory.tasks.release_expired_reservations")  # type: ignore[untyped-decorator]  # Celery has no types
def release_expired_reservations() -> None:
    cleaning.release_all_expired()

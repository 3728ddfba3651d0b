"""What stock does later, in Celery workers."""

from __future__ import annotations

from celery import shared_task

from inventory import providers
from inventory.services import cleaning


@shared_task(name="inventory.tasks.fill_backorders")  # type: ignore[untyped-decorator]  # Celery has no types
def fill_backorders() -> None:
    """Hand goods that became free to those who wait, where the one who freed them could not. Any number may run."""
    providers.current().fill_backorders()


@shared_task(name="inventory.tasks.release_expired_reservations")  # type: ignore[untyped-decorator]  # Celery has no types
def release_expired_reservations() -> None:
    cleaning.release_all_expired()

"""What orders do later, in Celery workers."""

from __future__ import annotations

from celery import shared_task

from orders.services import holds, sales


@shared_task(name="orders.tasks.release_due_holds")  # type: ignore[untyped-decorator]  # Celery has no types
def release_due_holds() -> None:
    holds.release_due_holds()


@shared_task(name="orders.tasks.sum_up_sales")  # type: ignore[untyped-decorator]  # Celery has no types
def sum_up_sales(everything: bool = False) -> None:
    sales.sum_up_sales(everything=everything)

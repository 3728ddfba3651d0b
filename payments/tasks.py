"""What payments do later, in Celery workers of the queue `providers`. The attempts stand in the database; a message
only says "look"."""

from __future__ import annotations

from uuid import UUID

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from payments.services import calling, gift_cards, resuming

log = structlog.get_logger(__name__)


@shared_task(name="payments.tasks.carry_out")  # type: ignore[untyped-decorator]  # Celery has no types
def carry_out(attempt_id: str) -> None:
    """Ask the provider for what was intended. Run twice, the second time finds it settled or under way."""
    calling.carry_out(UUID(attempt_id))


@shared_task(name="payments.tasks.resume")  # type: ignore[untyped-decorator]  # Celery has no types
def resume(attempt_id: str) -> None:
    resuming.resume(UUID(attempt_id))


@shared_task(name="payments.tasks.look_after_attempts")  # type: ignore[untyped-decorator]  # Celery has no types
def look_after_attempts() -> None:
    """Send what waits, is unknown or pending to the workers."""
    for attempt_id in resuming.due_attempts():
        resume.apply_async((str(attempt_id),), retry=False, expires=30)


@shared_task(name="payments.tasks.expire_gift_cards")  # type: ignore[untyped-decorator]  # Celery has no types
def expire_gift_cards() -> None:
    gift_cards.expire_gift_cards()


def carry_out_soon(attempt_id: str) -> None:
    """Ask a worker now. A broker that is down costs time only: beat has open attempts looked after."""
    try:
        carry_out.apply_async((attempt_id,), retry=False)
    except OperationalError as problem:
        log.warning("tasks.message_lost", task=carry_out.name, problem=type(problem).__name__)

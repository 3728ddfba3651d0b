"""What payments do later, in Celery workers of the queues `providers` and `webhooks`. What is to be done stands in the
database; a message only says "look"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from payments.services import expiring, gift_cards, resuming, webhooks

log = structlog.get_logger(__name__)


@shared_task(name="payments.tasks.resume")  # type: ignore[untyped-decorator]  # Celery has no types
def resume(attempt_id: str) -> None:
    """Ask the provider for what was intended, or what became of it. Run twice, the second time finds it settled or
    under way."""
    resuming.resume(UUID(attempt_id))


@shared_task(name="payments.tasks.look_after_attempts")  # type: ignore[untyped-decorator]  # Celery has no types
def look_after_attempts() -> None:
    """Send what waits, is unknown or pending to the workers."""
    for attempt_id in resuming.due_attempts():
        resume.apply_async((str(attempt_id),), retry=False, expires=30)


@shared_task(name="payments.tasks.expire_gift_cards")  # type: ignore[untyped-decorator]  # Celery has no types
def expire_gift_cards() -> None:
    gift_cards.expire_gift_cards()


@shared_task(name="payments.tasks.process_webhook")  # type: ignore[untyped-decorator]  # Celery has no types
def process_webhook(webhook_id: str) -> None:
    """Learn what a webhook says. Run twice, the second time learns nothing new."""
    webhooks.process(UUID(webhook_id))


@shared_task(name="payments.tasks.look_after_webhooks")  # type: ignore[untyped-decorator]  # Celery has no types
def look_after_webhooks() -> None:
    """Send webhooks that no worker has processed, or that are to be looked at again, to the workers."""
    for webhook_id in webhooks.due_webhooks():
        process_webhook.apply_async((str(webhook_id),), retry=False, expires=30)


@shared_task(name="payments.tasks.look_after_authorizations")  # type: ignore[untyped-decorator]  # Celery has no types
def look_after_authorizations() -> None:
    """Warn of authorizations that end soon, and have workers ask what became of those that ended."""
    expiring.warn_of_ending()
    for payment_id in expiring.due_to_ask():
        ask_what_became.apply_async((str(payment_id),), retry=False, expires=300)


@shared_task(name="payments.tasks.ask_what_became")  # type: ignore[untyped-decorator]  # Celery has no types
def ask_what_became(payment_id: str) -> None:
    expiring.ask_what_became(UUID(payment_id))


def process_webhook_soon(webhook_id: str) -> None:
    """Ask a worker now. A broker that is down costs time only: beat has webhooks looked after."""
    _send(process_webhook, webhook_id)


def resume_soon(attempt_id: str) -> None:
    """Ask a worker now. A broker that is down costs time only: beat has open attempts looked after."""
    _send(resume, attempt_id)


def _send(task: Any, key: str) -> None:
    try:
        task.apply_async((key,), retry=False)
    except OperationalError as problem:
        log.warning("tasks.message_lost", task=task.name, problem=type(problem).__name__)

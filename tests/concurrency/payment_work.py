"""What the processes of a race do with payments."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings

from payments.providers.base import InboundWebhook
from payments.services import calling, webhooks
from tests.payments import signed


@contextmanager
def the_provider() -> Any:
    """The tests' own provider, in this process too."""
    before = settings.OMS["PAYMENT_PROVIDERS"]
    settings.OMS["PAYMENT_PROVIDERS"] = before | {"signed": signed.PATH}
    try:
        yield
    finally:
        settings.OMS["PAYMENT_PROVIDERS"] = before


def take_in(number: int, barrier: Any, bodies: Sequence[bytes]) -> list[UUID]:
    """All of them get each message at the same moment, and work on it."""
    found = []
    with the_provider():
        for body in bodies:
            barrier.wait()
            webhook_id = webhooks.receive("signed", InboundWebhook(headers=signed.signed(body), body=body))
            webhooks.process(webhook_id)
            found.append(webhook_id)
    return found


def answer_and_news(number: int, barrier: Any, captures: Sequence[tuple[UUID, bytes]]) -> int:
    """One makes the call and writes down its answer while the others hear of it by webhook. How many failed."""
    failed = 0
    with the_provider():
        for attempt_id, body in captures:
            barrier.wait()
            if number == 0:
                calling.carry_out(attempt_id, waited=True)
            else:
                webhook_id = webhooks.receive("signed", InboundWebhook(headers=signed.signed(body), body=body))
                failed += bool(webhooks.process(webhook_id).error)
    return failed

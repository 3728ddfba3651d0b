"""What the processes of a race do with payments."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

from django.conf import settings

from channels.services.selling import selling
from orders.services.paid_placement import place_paid_order
from payments.errors import PaymentBusy, PaymentPending
from payments.providers.base import InboundWebhook
from payments.services import calling, webhooks
from tests.payments import signed
from tests.scenarios import STAFF, request


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


def complete_carts(number: int, barrier: Any, carts: Sequence[UUID], channel: str) -> list[tuple[UUID | None, bool]]:
    """All of them complete each cart at the same moment; the order each got, and whether it was there already."""
    found = []
    with the_provider():
        for collection_id in carts:
            barrier.wait()
            found.append(complete_cart(collection_id, channel))
    return found


def complete_and_news(number: int, barrier: Any, carts: Sequence[tuple[UUID, bytes]], channel: str) -> None:
    """One completes the cart while the others hear by webhook that its money was taken."""
    with the_provider():
        for collection_id, body in carts:
            barrier.wait()
            if number == 0:
                complete_cart(collection_id, channel)
            else:
                webhook_id = webhooks.receive("signed", InboundWebhook(headers=signed.signed(body), body=body))
                webhooks.process(webhook_id)


def complete_cart(collection_id: UUID, channel: str) -> tuple[UUID | None, bool]:
    """Two lamps. Who asks while another waits for the provider asks again."""
    for _ in range(100):
        with suppress(PaymentPending, PaymentBusy):
            placed = place_paid_order(
                collection_id=collection_id, request=request({"LAMP": 2}), selling=selling(channel), actor=STAFF
            )
            return placed.order_id, placed.existing
        time.sleep(0.02)
    raise AssertionError("the payment stays pending")

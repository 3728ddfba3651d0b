"""What Stripe sends: signed events, each with one object as it was at that moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.providers.base import BadWebhook, Fact, InboundWebhook, ParsedWebhook
from payments.providers.stripe import client, reading
from payments.providers.stripe.reading import SESSION, Object

TOLERANCE: Final = 300  # seconds that a signature is good for, Stripe's own advice


def _ours(read: Callable[[Object], Sequence[Fact]]) -> Callable[[Object], Sequence[Fact]]:
    """An account may have other users: what was not made for a session of ours says nothing to us."""
    return lambda thing: read(thing) if is_ours(thing) else ()


def is_ours(thing: Object) -> bool:
    """By the mark on intents, which Stripe writes on their charges too."""
    return SESSION in (thing.get("metadata") or {})


# Refunds of the dashboard and disputes bear no mark of ours; those of other users' payments stay facts about a payment
# unknown here.
_READERS: Final[dict[str, Callable[[Object], Sequence[Fact]]]] = {
    **dict.fromkeys(
        (
            "payment_intent.amount_capturable_updated",
            "payment_intent.canceled",
            "payment_intent.payment_failed",
            "payment_intent.processing",
            "payment_intent.requires_action",
            "payment_intent.succeeded",
        ),
        _ours(reading.of_intent),
    ),
    **dict.fromkeys(
        ("charge.captured", "charge.expired", "charge.refunded", "charge.succeeded"), _ours(reading.of_charge)
    ),
    **dict.fromkeys(("charge.refund.updated", "refund.created", "refund.failed", "refund.updated"), reading.of_refund),
    **dict.fromkeys(("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"), reading.of_dispute),
}
EVENTS: Final = tuple(_READERS)


def read(webhook: InboundWebhook) -> ParsedWebhook:
    """An event of a kind that nobody asked for has no facts. Raises BadWebhook."""
    try:
        event = json.loads(webhook.body)
        reader = _READERS.get(event["type"])
        at = datetime.fromtimestamp(event["created"], UTC)
        facts = [replace(each, occurred_at=at) for each in reader(event["data"]["object"])] if reader else []
        return ParsedWebhook(event_id=str(event["id"]), kind=str(event["type"]), facts=facts)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, OSError) as problem:
        raise _bad(_("it has not the form of an event")) from problem


def about(event: Object) -> str:
    """The intent that an event is about; empty where that is not ours, as far as it says."""
    thing: Object = event["data"]["object"]
    if thing["object"] in ("refund", "dispute"):
        return reading.id_of(thing.get("payment_intent"))
    if not is_ours(thing):
        return ""
    return str(thing["id"]) if thing["object"] == "payment_intent" else reading.id_of(thing.get("payment_intent"))


def check(webhook: InboundWebhook) -> None:
    """Raises BadWebhook for what Stripe has not signed, or not within TOLERANCE."""
    secret = settings.STRIPE_WEBHOOK_SECRET
    if not secret:
        raise _bad(_("OMS_STRIPE_WEBHOOK_SECRET is not set"))
    signature = webhook.headers.get("stripe-signature", "")
    if not client.is_signed(webhook.body, signature, secret=secret, tolerance=TOLERANCE):
        raise _bad(_("its signature is wrong or too old"))


def _bad(reason: str | Promise) -> BadWebhook:
    return BadWebhook(provider="stripe", reason=reason)

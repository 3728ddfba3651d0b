"""Objects and events as Stripe writes them: the fields that are there, with the values that go together."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import stripe

from payments.providers.base import InboundWebhook

WEBHOOK_SECRET = "whsec_for_tests"
AT = int(time.time())  # when it all happened
CAPTURE_BEFORE = AT + 7 * 86_400
ANSWER_BY = AT + 10 * 86_400


def charge(*, amount: int = 10_000, captured: int | None = 0, released: int = 0, **fields: Any) -> dict[str, Any]:
    """captured: of its amount; None, where the bank said no. released: what of it was let go."""
    declined = captured is None
    card: dict[str, Any] = {"brand": "visa", "last4": "4242", "network": "visa"}
    if captured == 0:
        card["capture_before"] = CAPTURE_BEFORE
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": amount,
        "amount_captured": captured or 0,
        "amount_refunded": released,
        "balance_transaction": "txn_1" if captured else None,
        "captured": bool(captured),
        "created": AT,
        "currency": "usd",
        "failure_code": "card_declined" if declined else None,
        "metadata": {},
        "paid": not declined,
        "payment_intent": "pi_1",
        "payment_method": "pm_1",
        "payment_method_details": {"card": card, "type": "card"},
        "refunded": released == amount,
        "status": "failed" if declined else "succeeded",
    } | fields


def intent(status: str, *, amount: int = 10_000, received: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": amount if status == "requires_capture" else 0,
        "amount_received": received,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "manual",
        "client_secret": "pi_1_secret_x",
        "created": AT,
        "currency": "usd",
        "last_payment_error": None,
        "latest_charge": None,
        "metadata": {},
        "next_action": None,
        "payment_method": None,
        "status": status,
    } | fields


def refund(number: int = 1, *, amount: int = 10_000, status: str = "succeeded", **fields: Any) -> dict[str, Any]:
    return {
        "id": f"re_{number}",
        "object": "refund",
        "amount": amount,
        "balance_transaction": f"txn_re_{number}",
        "charge": "ch_1",
        "created": AT,
        "currency": "usd",
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": None,
        "status": status,
    } | fields


def dispute(**fields: Any) -> dict[str, Any]:
    return {
        "id": "du_1",
        "object": "dispute",
        "amount": 10_000,
        "balance_transactions": [],
        "charge": "ch_1",
        "created": AT,
        "currency": "usd",
        "evidence_details": {"due_by": ANSWER_BY, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": "fraudulent",
        "status": "needs_response",
    } | fields


def decline(*, code: str = "insufficient_funds", charge: str | None = "ch_0") -> dict[str, Any]:
    """What the bank said, as it stands in `last_payment_error` and in the body of a 402."""
    return {
        "charge": charge,
        "code": "card_declined",
        "decline_code": code,
        "message": "Your card has insufficient funds.",
        "payment_method": {"id": "pm_1", "object": "payment_method"},
        "type": "card_error",
    }


def in_words(thing: Mapping[str, Any]) -> dict[str, Any]:
    """As an event has it: nothing is expanded there."""
    inside = thing.get("latest_charge")
    return {**thing, "latest_charge": inside["id"]} if isinstance(inside, Mapping) else dict(thing)


def event(kind: str, thing: Mapping[str, Any], *, number: int = 1) -> bytes:
    return json.dumps(
        {
            "id": f"evt_{number}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": AT,
            "data": {"object": in_words(thing)},
            "livemode": False,
            "type": kind,
        }
    ).encode()


def signed(body: bytes, *, secret: str = WEBHOOK_SECRET, at: int | None = None) -> InboundWebhook:
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return InboundWebhook(headers={"stripe-signature": header}, body=body)


def marked(session: UUID, attempt: UUID | None = None) -> dict[str, str]:
    """The metadata that we write."""
    return {"oms_session": str(session)} | ({"oms_attempt": str(attempt)} if attempt else {})

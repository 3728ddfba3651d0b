"""What Stripe's objects say, as facts: the same whether an answer, a webhook or a lookup brought them.

A payment is a PaymentIntent, and its id the reference. Movements: the capture is the charge's id, a refund its own; an
authorization and letting go have none. Metadata says whose they are: SESSION, the session an intent was made for;
ATTEMPT, the attempt it was last authorized with, or that a refund was made by.

What is not captured of a charge Stripe gives back as a refund of its own making, when the capture was smaller and when
an intent is canceled. No money had come in, so such a refund has no balance transaction: for us that is letting go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from payments.enums import MoneyAct
from payments.providers.base import Fact, Outcome
from payments.providers.stripe.amounts import money_of

SESSION: Final = "oms_session"
ATTEMPT: Final = "oms_attempt"

Object = Mapping[str, Any]

_AUTHORIZED: Final = {
    "requires_action": Outcome.REQUIRES_ACTION,
    "processing": Outcome.PENDING,
    "requires_capture": Outcome.SUCCEEDED,
    "succeeded": Outcome.SUCCEEDED,
}
_REFUNDED: Final = {
    "pending": Outcome.PENDING,
    "requires_action": Outcome.PENDING,
    "failed": Outcome.DECLINED,
    "canceled": Outcome.DECLINED,
}
# The others are argued about.
_DISPUTED: Final = {
    "lost": Outcome.SUCCEEDED,
    "won": Outcome.DECLINED,
    "prevented": Outcome.DECLINED,
    "warning_closed": Outcome.DECLINED,
}


def of_intent(intent: Object) -> list[Fact]:
    """Its authorization, what was captured and what was let go, as far as it came. latest_charge may be expanded."""
    return [*_authorization(intent), *_capture(intent), *_release(intent)]


def of_charge(charge: Object) -> list[Fact]:
    """The same by the charge of an intent, which knows until when it can be captured. A failed one says nothing."""
    intent = id_of(charge.get("payment_intent"))
    if not intent or charge["status"] != "succeeded":
        return []
    taken = charge["amount_captured"] if charge["captured"] else 0
    held = _fact(MoneyAct.AUTHORIZE, Outcome.SUCCEEDED, charge, charge["amount"], intent)
    found = [replace(held, expires_at=_capture_before(charge))]
    if taken:
        found.append(_fact(MoneyAct.CAPTURE, Outcome.SUCCEEDED, charge, taken, intent, movement=charge["id"]))
    if taken < charge["amount"] and (taken or charge["refunded"]):
        found.append(_fact(MoneyAct.VOID, Outcome.SUCCEEDED, charge, charge["amount"] - taken, intent))
    return found


def of_refund(refund: Object) -> list[Fact]:
    """One refund, made here or in Stripe's dashboard; nothing for one that only lets an authorization go."""
    intent = id_of(refund.get("payment_intent"))
    outcome = _REFUNDED.get(refund["status"], Outcome.SUCCEEDED)
    key = key_of(refund)
    is_release = key is None and outcome is Outcome.SUCCEEDED and not refund.get("balance_transaction")
    if not intent or is_release:
        return []
    code = (refund.get("failure_reason") or refund["status"]) if outcome is Outcome.DECLINED else ""
    fact = _fact(MoneyAct.REFUND, outcome, refund, refund["amount"], intent, movement=refund["id"])
    return [replace(fact, key=key, code=code)]


def of_dispute(dispute: Object) -> list[Fact]:
    """What the customer's bank wants back, or only asks about (warning_...), and how that ended."""
    intent = id_of(dispute.get("payment_intent"))
    if not intent:
        return []
    outcome = _DISPUTED.get(dispute["status"], Outcome.PENDING)
    fact = _fact(MoneyAct.REFUND, outcome, dispute, dispute["amount"], intent, movement=dispute["id"])
    due = (dispute.get("evidence_details") or {}).get("due_by") if outcome is Outcome.PENDING else None
    answer_by = datetime.fromtimestamp(due, UTC) if due else None
    return [replace(fact, code=str(dispute.get("reason") or ""), expires_at=answer_by, is_dispute=True)]


def key_of(thing: Object) -> UUID | None:
    """The attempt that it was made by; None for what was not made from here."""
    try:
        return UUID((thing.get("metadata") or {})[ATTEMPT])
    except (KeyError, ValueError):
        return None


def id_of(reference: Any) -> str:
    """Of an object that is expanded or not."""
    return str(reference["id"] if isinstance(reference, Mapping) else reference or "")


def method_of(intent: Object) -> str:
    """What it was paid with, in Stripe's word: card, sepa_debit. Empty as long as nothing was."""
    details = _charge(intent).get("payment_method_details") or {}
    return str(details.get("type") or "")


def _authorization(intent: Object) -> Iterator[Fact]:
    """What a browser has under way by itself, with no attempt of ours, is nothing yet.

    Of one that was canceled the charge alone tells whether it was ever held, where it is expanded: the latest may be
    one that the bank refused, and Stripe forgets the error of a try as soon as another begins.
    """
    status, error, key = intent["status"], intent.get("last_payment_error"), key_of(intent)
    outcome = _AUTHORIZED.get(status)
    if status == "canceled" and _charge(intent).get("status") == "succeeded":
        outcome = Outcome.SUCCEEDED
    if outcome is None and error:
        yield _declined(intent, error, key)
    elif status == "canceled" and outcome is None:
        if key and (_charge(intent) or not intent.get("latest_charge")):  # an attempt waits for it
            reason = intent.get("cancellation_reason") or "canceled"
            yield replace(_authorize(intent, Outcome.DECLINED), key=key, code=reason)
    elif outcome is Outcome.SUCCEEDED or (outcome and key):
        yield replace(_authorize(intent, outcome), key=key, expires_at=_capture_before(_charge(intent)))


def _declined(intent: Object, error: Object, key: UUID | None) -> Fact:
    """Of what a browser tried by itself the charge tells one try from the next, else what it tried with."""
    own = "" if key else error.get("charge") or id_of(error.get("payment_method"))
    fact = replace(_authorize(intent, Outcome.DECLINED), key=key, movement=own)
    return replace(fact, code=code_of(error), message=error.get("message") or "")


def code_of(error: Object) -> str:
    """Why: the bank's word before Stripe's."""
    return str(error.get("decline_code") or error.get("code") or error.get("type") or "")


def _capture(intent: Object) -> Iterator[Fact]:
    taken = _taken(intent)
    if taken:
        charge = id_of(intent["latest_charge"])
        yield _fact(MoneyAct.CAPTURE, Outcome.SUCCEEDED, intent, taken, intent["id"], movement=charge)


def _release(intent: Object) -> Iterator[Fact]:
    left = intent["amount"] - _taken(intent)
    if left and intent["status"] in ("succeeded", "canceled"):
        fact = _fact(MoneyAct.VOID, Outcome.SUCCEEDED, intent, left, intent["id"])
        yield replace(fact, code=intent.get("cancellation_reason") or "")


def _taken(intent: Object) -> int:
    return int(intent.get("amount_received", intent["amount"])) if intent["status"] == "succeeded" else 0


def _charge(intent: Object) -> Object:
    charge = intent.get("latest_charge")
    return charge if isinstance(charge, Mapping) else {}


def _capture_before(charge: Object) -> datetime | None:
    """Each method says it in its own part: card, card_present and so on."""
    for part in (charge.get("payment_method_details") or {}).values():
        if isinstance(part, Mapping) and part.get("capture_before"):
            return datetime.fromtimestamp(part["capture_before"], UTC)
    return None


def _authorize(intent: Object, outcome: Outcome) -> Fact:
    return _fact(MoneyAct.AUTHORIZE, outcome, intent, intent["amount"], intent["id"])


def _fact(act: MoneyAct, outcome: Outcome, of: Object, units: int, reference: str, movement: str = "") -> Fact:
    amount = money_of(units, of["currency"])
    return Fact(act=act, outcome=outcome, reference=reference, amount=amount, movement=movement)

"""The rules: what may be moved, and what is written when it is. Everything happens inside `Books.writing`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from payments.fakegateway import webhooks
from payments.fakegateway.books import Answer, Books, Refused, Row, new_id, now, total
from payments.fakegateway.cards import Twist, card

_LARGEST: Final = 10**18
_STATES: Final = {Twist.DECLINE: "declined", Twist.PENDING: "pending", Twist.REQUIRES_ACTION: "requires_action"}
_OPEN: Final = ("succeeded", "pending")
_REFUSALS: Final = {
    "authorize": ("card_declined", "The card was declined."),
    "capture": ("capture_declined", "The bank refuses the capture."),
    "refund": ("refund_declined", "The bank refuses the refund."),
    "void": ("void_declined", "The bank refuses to let go of it."),
}


def initiate(books: Books, key: str, body: Mapping[str, Any]) -> Answer:
    amount, currency = money(body)
    reference = new_id("fpay")
    payment = {
        "id": reference,
        "key": key,
        "amount": amount,
        "currency": currency,
        "capture": int(body.get("capture") is True),
        "description": str(body.get("description", ""))[:255],
        "created_at": now(),
        "changed_at": now(),
    }
    books.add("payments", **payment)
    return Answer(200, {"payment": books.payment(reference)})


def update(books: Books, payment: Row, body: Mapping[str, Any]) -> Answer:
    amount, currency = money(body)
    _require_currency(payment, currency)
    if any(each["act"] == "authorize" and each["state"] != "declined" for each in payment["movements"]):
        raise Refused(409, "already_authorized", "It is authorized, or about to be: its amount stays.")
    books.rows("UPDATE payments SET amount = ?, changed_at = ? WHERE id = ?", amount, now(), payment["id"])
    return Answer(200, {"payment": books.payment(payment["id"])})


def move(
    books: Books, payment: Row, act: str, key: str, body: Mapping[str, Any], twist: Twist | None, manner: str
) -> Answer:
    """Authorize, capture, refund or void. What the rules forbid is refused; what a card declines is written down."""
    amount, currency = money(body)
    _require_currency(payment, currency)
    _RULES[act](payment, amount)
    if act == "authorize":
        number = str(body.get("card", ""))[:30]
        minutes = card(number).expires_minutes
        ends = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="microseconds")
        books.rows("UPDATE payments SET card = ?, expires_at = ? WHERE id = ?", number, ends, payment["id"])
    code, message = _REFUSALS[act] if twist is Twist.DECLINE else ("", "")
    if act == "capture" and _has_expired(payment):
        twist, code, message = Twist.DECLINE, "authorization_expired", "The authorization has ended."
    if act == "void":
        amount = payment["authorized"] - payment["captured"]
    movement = {
        "id": new_id({"capture": "fcap", "refund": "fref"}.get(act, f"f{act}")),
        "payment": payment["id"],
        "act": act,
        "amount": amount,
        "currency": currency,
        "state": _STATES[twist] if twist else "succeeded",
        "code": code,
        "message": message,
        "key": key,
        "occurred_at": now(),
    }
    books.add("movements", **movement)
    _tell(books, movement, manner)
    if act == "authorize" and movement["state"] == "succeeded":
        _capture_at_once(books, payment["id"], manner)
    return Answer(200, {"payment": books.payment(payment["id"]), "movement": movement})


def settle(books: Books, payment: Row, body: Mapping[str, Any], manner: str) -> Answer:
    """What is pending or waits for the customer gets its outcome; a capture or refund that was done may fail later.

    movement: which one; else all that are open.
    """
    outcome = body.get("outcome", "succeeded")
    if outcome not in ("succeeded", "declined"):
        raise Refused(422, "bad_outcome", "The outcome is succeeded or declined.")
    wanted = body.get("movement")
    movements = payment["movements"]
    found = [
        each
        for each in movements
        if (each["id"] == wanted if wanted else each["state"] in ("pending", "requires_action"))
    ]
    if not found or any(not _may_change(each) for each in found):
        raise Refused(409, "nothing_to_settle", "Nothing of it waits to be settled.")
    if outcome == "declined" and payment["refunded"] and any(_was_taken(each) for each in found):
        raise Refused(409, "already_refunded", "Some of it went back already.")
    for each in found:
        code, message = _REFUSALS[each["act"]] if outcome == "declined" else ("", "")
        settled = {"state": outcome, "code": code, "message": message, "occurred_at": now()}
        changes = ", ".join(f"{name} = ?" for name in settled)
        books.rows(f"UPDATE movements SET {changes} WHERE id = ?", *settled.values(), each["id"])  # noqa: S608
        _tell(books, each | settled, manner)
        if each["act"] == "authorize" and outcome == "succeeded":
            _capture_at_once(books, payment["id"], manner)
    return Answer(200, {"payment": books.payment(payment["id"])})


def _was_taken(movement: Row) -> bool:
    return bool(movement["act"] == "capture" and movement["state"] == "succeeded")


def _may_change(movement: Row) -> bool:
    fails_later = movement["act"] in ("capture", "refund") and movement["state"] == "succeeded"
    return fails_later or movement["state"] in ("pending", "requires_action")


def money(body: Mapping[str, Any]) -> tuple[int, str]:
    amount, currency = body.get("amount"), body.get("currency")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 <= amount < _LARGEST:
        raise Refused(422, "bad_amount", "The amount is a whole number of minor units.")
    if not isinstance(currency, str) or len(currency) != 3 or not currency.isupper():
        raise Refused(422, "bad_currency", "The currency is a code of three capital letters.")
    return amount, currency


def _tell(books: Books, movement: Row, manner: str) -> None:
    books.rows("UPDATE payments SET changed_at = ? WHERE id = ?", now(), movement["payment"])
    payment = books.payment(movement["payment"])
    webhooks.queue(books, movement, payment["expires_at"], manner or card(payment["card"]).manner)


def _capture_at_once(books: Books, reference: str, manner: str) -> None:
    payment = books.payment(reference)
    if payment["capture"]:
        asked = {"amount": payment["amount"], "currency": payment["currency"]}
        own = card(payment["card"]).twists.get("capture")
        move(books, payment, "capture", "", asked, own if own and own.is_outcome else None, manner)


def _require_currency(payment: Row, currency: str) -> None:
    if payment["currency"] != currency:
        raise Refused(422, "wrong_currency", f"The payment is in {payment['currency']}, not {currency}.")


def _has_expired(payment: Row) -> bool:
    return bool(payment["expires_at"]) and payment["expires_at"] <= now()


def _may_authorize(payment: Row, amount: int) -> None:
    if any(each["act"] == "authorize" and each["state"] != "declined" for each in payment["movements"]):
        raise Refused(409, "already_authorized", "It is authorized, or about to be.")
    if amount != payment["amount"]:
        raise Refused(422, "wrong_amount", f"The payment is about {payment['amount']}, not {amount}.")


def _may_capture(payment: Row, amount: int) -> None:
    moved = payment["movements"]
    left = 0 if total(moved, "void", *_OPEN) or payment["voided"] else payment["authorized"]
    left -= total(moved, "capture", *_OPEN) if left else 0
    if not 0 < amount <= left:
        raise Refused(422, "capture_exceeds_authorization", f"{left} of the authorization is left, not {amount}.")


def _may_refund(payment: Row, amount: int) -> None:
    left = payment["captured"] - total(payment["movements"], "refund", *_OPEN)
    if not 0 < amount <= left:
        raise Refused(422, "refund_exceeds_capture", f"{left} of what was captured is left, not {amount}.")


def _may_void(payment: Row, amount: int) -> None:
    busy = any(each["act"] in ("capture", "void") and each["state"] == "pending" for each in payment["movements"])
    open_ = any(each["act"] == "authorize" and each["state"] == "succeeded" for each in payment["movements"])
    if busy or payment["voided"] or not open_ or (payment["captured"] and payment["captured"] >= payment["authorized"]):
        raise Refused(422, "nothing_to_void", "Nothing of it is held that could be let go.")


_RULES: Final = {
    "authorize": _may_authorize,
    "capture": _may_capture,
    "refund": _may_refund,
    "void": _may_void,
}

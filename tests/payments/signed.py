"""A provider of the tests' own: it signs what it sends and answers every call at once; its books are what tests say."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from oms.core.money import Money
from payments.enums import MoneyAct
from payments.providers.base import (
    AuthorizeRequest,
    BadWebhook,
    Capabilities,
    CaptureRequest,
    Fact,
    InboundWebhook,
    InitiateRequest,
    LookUpRequest,
    Outcome,
    ParsedWebhook,
    PaymentProvider,
    ProviderResult,
    ProviderUnavailable,
    RefundRequest,
    VoidRequest,
)

PATH = "tests.payments.signed.SignedProvider"
SECRET = b"the test's own secret"
TOLERANCE = 300  # seconds
NOT_REACHED = "not reached"


class SignedProvider(PaymentProvider):
    code = "signed"
    title = "Signed"
    can = Capabilities(webhooks=True, lists=True)
    # By reference: what it knows, or NOT_REACHED. Tests fill and empty them.
    books: ClassVar[dict[str, Sequence[Fact] | str]] = {}
    looked_up: ClassVar[list[str]] = []

    def initiate(self, request: InitiateRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.PENDING, reference=f"pay_{request.key}")

    def authorize(self, request: AuthorizeRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference)

    def capture(self, request: CaptureRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED, movement=f"cap_{request.key}")

    def refund(self, request: RefundRequest) -> ProviderResult:
        if request.amount.amount == Decimal("6.66"):
            return ProviderResult(outcome=Outcome.DECLINED, code="no_funds", message="No funds.")
        return ProviderResult(outcome=Outcome.SUCCEEDED, movement=f"ref_{request.key}")

    def void(self, request: VoidRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED)

    def look_up(self, request: LookUpRequest) -> Sequence[Fact]:
        self.looked_up.append(request.reference)
        known = self.books.get(request.reference, ())
        if isinstance(known, str):
            raise ProviderUnavailable(known)
        return known

    def payments_since(self, since: datetime, *, timeout: float = 10.0) -> Iterable[str]:
        return list(self.books)

    def check_webhook(self, webhook: InboundWebhook) -> None:
        at, _, given = webhook.headers.get("x-signature", "").partition(".")
        if not at.isdecimal() or not hmac.compare_digest(given, signature(webhook.body, int(at))):
            raise BadWebhook(provider=self.code, reason="its signature is wrong")
        if abs(time.time() - int(at)) > TOLERANCE:
            raise BadWebhook(provider=self.code, reason="it is too old")

    def read_webhook(self, webhook: InboundWebhook) -> ParsedWebhook:
        try:
            said = json.loads(webhook.body, parse_float=Decimal)
            return ParsedWebhook(event_id=said["id"], kind=said["kind"], facts=[_fact(each) for each in said["facts"]])
        except (ValueError, KeyError, TypeError, ArithmeticError):
            raise BadWebhook(provider=self.code, reason="it is not what we agreed on") from None


def signature(body: bytes, at: int) -> str:
    return hmac.new(SECRET, f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def signed(body: bytes, *, at: int | None = None) -> dict[str, str]:
    """The headers of a body, as the provider sends it."""
    at = int(time.time()) if at is None else at
    return {"x-signature": f"{at}.{signature(body, at)}"}


def message(event_id: str, *facts: dict[str, Any], kind: str = "payment.updated", **more: Any) -> bytes:
    return json.dumps({"id": event_id, "kind": kind, "facts": facts, **more}).encode()


def said(
    act: str, reference: str, amount: Any = 100, outcome: str = "succeeded", currency: str = "USD", **more: Any
) -> dict[str, Any]:
    """A fact as it stands in a message."""
    return {"act": act, "reference": reference, "amount": amount, "outcome": outcome, "currency": currency, **more}


def fact(act: str, reference: str, amount: Any = 100, outcome: str = "succeeded", **more: Any) -> Fact:
    return _fact(said(act, reference, amount, outcome, **more))


def _fact(said: dict[str, Any]) -> Fact:
    key, expires_at = said.get("key"), said.get("expires_at")
    return Fact(
        act=MoneyAct(said["act"]),
        outcome=Outcome(said["outcome"]),
        reference=said["reference"],
        movement=said.get("movement", ""),
        amount=Money(Decimal(said["amount"]), said["currency"]),
        key=UUID(key) if key else None,
        code=said.get("code", ""),
        message=said.get("message", ""),
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        is_dispute=said.get("is_dispute", False),
    )

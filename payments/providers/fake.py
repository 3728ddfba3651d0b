"""The fake gateway (payments/fakegateway) over HTTP: an adapter as one for a real gateway would be."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError
from oms.core.money import Money
from payments.enums import MoneyAct
from payments.providers.base import (
    AuthorizeRequest,
    BadWebhook,
    Call,
    Capabilities,
    CaptureRequest,
    Fact,
    InboundWebhook,
    InitiateRequest,
    LookUpRequest,
    Outcome,
    ParsedWebhook,
    PaymentProvider,
    ProviderRejected,
    ProviderResult,
    ProviderUnavailable,
    RefundRequest,
    UpdateRequest,
    VoidRequest,
)
from payments.providers.minor_units import from_minor, to_minor
from payments.providers.signatures import BadSignature, verify

Told = dict[str, Any]
# What an answer that is none of the gateway's makes Python say.
_NONSENSE: Final = (KeyError, TypeError, ValueError, AttributeError, DomainError)

_NOT_SET_UP: Final = "No fake gateway is set up: OMS_FAKE_GATEWAY_URL is empty."


class FakeProvider(PaymentProvider):
    """settings.OMS: FAKE_GATEWAY_URL, where it listens; FAKE_GATEWAY_SECRET, what it signs webhooks with."""

    code = "fake"
    title = _("Fake gateway")
    can = Capabilities(webhooks=True, lists=True, expires_days=7)

    def initiate(self, request: InitiateRequest) -> ProviderResult:
        more = {"capture": request.capture, "description": request.description}
        return self._prepared(self._post("", request, request.amount, **more))

    def update(self, request: UpdateRequest) -> ProviderResult:
        return self._prepared(self._post(f"/{request.reference}/update", request, request.amount))

    def authorize(self, request: AuthorizeRequest) -> ProviderResult:
        """data: {"card": "4242 4242 4242 4242"}; without one the card approves."""
        card = str(request.data.get("card", ""))
        told = self._post(f"/{request.reference}/authorize", request, request.amount, card=card)
        return self._result(told)

    def capture(self, request: CaptureRequest) -> ProviderResult:
        return self._result(self._post(f"/{request.reference}/capture", request, request.amount))

    def refund(self, request: RefundRequest) -> ProviderResult:
        return self._result(self._post(f"/{request.reference}/refund", request, request.amount))

    def void(self, request: VoidRequest) -> ProviderResult:
        return self._result(self._post(f"/{request.reference}/void", request, request.amount))

    def look_up(self, request: LookUpRequest) -> Sequence[Fact]:
        with _understanding():
            if not request.reference:
                told = self._ask("GET", "", request.timeout, params={"key": str(request.key)})
                return [fact for payment in told["payments"] for fact in _facts(payment)]
            try:
                told = self._ask("GET", f"/{request.reference}", request.timeout)
            except ProviderRejected as refusal:
                if refusal.code == "unknown_payment":
                    return ()
                raise
            return _facts(told["payment"])

    def payments_since(self, since: datetime, *, timeout: float = 10.0) -> Iterator[str]:
        after: str | None = ""
        while after is not None:
            told = self._ask(
                "GET",
                "",
                timeout,
                params={"since": since.astimezone(UTC).isoformat(timespec="microseconds"), "after": after},
            )
            yield from (payment["id"] for payment in told["payments"])
            after = told["next"]

    def check_webhook(self, webhook: InboundWebhook) -> None:
        try:
            verify(settings.OMS["FAKE_GATEWAY_SECRET"], webhook.headers, webhook.body)
        except BadSignature as problem:
            raise BadWebhook(provider=self.code, reason=str(problem)) from problem

    def read_webhook(self, webhook: InboundWebhook) -> ParsedWebhook:
        try:
            told = json.loads(webhook.body)
            event_id = webhook.headers["webhook-id"]
            return ParsedWebhook(event_id=event_id, kind=told["type"], facts=[_fact(told["data"])])
        except _NONSENSE as problem:
            raise BadWebhook(provider=self.code, reason=_("its body is none of the gateway's")) from problem

    def _post(self, path: str, request: Call, amount: Money, **more: Any) -> Told:
        try:
            body = {"amount": to_minor(amount), "currency": amount.currency, **more}
        except ValueError as problem:
            raise ProviderRejected(str(problem), code="bad_amount") from problem
        headers = {"Idempotency-Key": str(request.key)}
        return self._ask("POST", path, request.timeout, json=body, headers=headers)

    def _ask(self, method: str, path: str, timeout: float, **request: Any) -> Told:
        url: str = settings.OMS["FAKE_GATEWAY_URL"]
        if not url and not path and method == "POST":
            raise ProviderRejected(_NOT_SET_UP, code="not_set_up")
        if not url:  # what was begun at one may have been done there
            raise ProviderUnavailable(_NOT_SET_UP)
        try:
            answer = _client(os.getpid()).request(
                method, f"{url.rstrip('/')}/v1/payments{path}", timeout=timeout, **request
            )
        except httpx.HTTPError as problem:
            raise ProviderUnavailable(f"{type(problem).__name__}: {problem}") from problem
        if answer.status_code >= 500 or answer.status_code in (401, 403, 429):
            raise ProviderUnavailable(f"answered {answer.status_code}")
        with _understanding():
            told: Told = answer.json()
            if answer.is_success:
                return told
            code, message = str(told["error"]["code"]), str(told["error"]["message"])
        raise ProviderRejected(message, code=code)

    def _prepared(self, told: Told) -> ProviderResult:
        with _understanding():
            return ProviderResult(outcome=Outcome.PENDING, reference=told["payment"]["id"], data={"method": "card"})

    def _result(self, told: Told) -> ProviderResult:
        """What became of the movement that was asked for, and of what came with it (captured at once)."""
        with _understanding():
            payment, movement = told["payment"], told["movement"]
            asked = _fact(movement | {"expires_at": payment["expires_at"]})
            others = [fact for fact in _facts(payment) if fact.movement and fact.movement != asked.movement]
        url = told.get("redirect_url")
        return ProviderResult(
            outcome=asked.outcome,
            reference=asked.reference,
            movement=asked.movement,
            amount=asked.amount,
            code=asked.code,
            message=asked.message,
            data={"redirect_url": url} if url else {},
            expires_at=asked.expires_at,
            facts=others if asked.act is MoneyAct.AUTHORIZE else (),
        )


@contextmanager
def _understanding() -> Iterator[None]:
    """An answer that is none of the gateway's says nothing about what was done."""
    try:
        yield
    except _NONSENSE as problem:
        raise ProviderUnavailable(
            f"answered with what it would not say: {type(problem).__name__} {problem}"
        ) from problem


def _facts(payment: Told) -> list[Fact]:
    return [_fact(each | {"expires_at": payment["expires_at"]}) for each in payment["movements"]]


def _fact(told: Mapping[str, Any]) -> Fact:
    act, outcome = MoneyAct(told["act"]), Outcome(told["state"])
    ends = told["expires_at"] if act is MoneyAct.AUTHORIZE and outcome is Outcome.SUCCEEDED else None
    return Fact(
        act=act,
        outcome=outcome,
        reference=told["payment"],
        movement=told["id"] if act in (MoneyAct.CAPTURE, MoneyAct.REFUND) else "",
        amount=from_minor(told["amount"], told["currency"]),
        key=_key(told["key"]),
        code=told["code"],
        message=told["message"],
        occurred_at=datetime.fromisoformat(told["occurred_at"]),
        expires_at=ends and datetime.fromisoformat(ends),
    )


def _key(text: str) -> UUID | None:
    """Keys of ours are UUIDs; what was done at the gateway itself has others, or none."""
    try:
        return UUID(text)
    except ValueError:
        return None


@cache
def _client(pid: int) -> httpx.Client:
    """One for each process: connections are not shared with one that was forked."""
    return httpx.Client(trust_env=False)

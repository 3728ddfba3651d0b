"""The adapter to the fake gateway, where it does not simply work."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
import respx

from oms.core.money import Money
from payments.enums import MoneyAct
from payments.fakegateway.webhooks import signature
from payments.providers.base import (
    BadWebhook,
    CaptureRequest,
    Fact,
    InboundWebhook,
    InitiateRequest,
    LookUpRequest,
    Outcome,
    ProviderRejected,
    ProviderUnavailable,
)
from payments.providers.fake import FakeProvider
from payments.providers.minor_units import from_minor, to_minor
from tests.payments.gateway import SECRET

HERE = "http://gateway.example"
provider = FakeProvider()


@pytest.fixture
def elsewhere(settings):
    settings.OMS = settings.OMS | {"FAKE_GATEWAY_URL": HERE, "FAKE_GATEWAY_SECRET": SECRET}
    with respx.mock(base_url=HERE) as mocked:
        yield mocked


def capture(amount: str = "10", currency: str = "USD") -> Any:
    return provider.capture(CaptureRequest(key=uuid4(), reference="fpay_1", amount=Money(Decimal(amount), currency)))


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("10.50", "USD", 1050), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("0.01", "EUR", 1), ("1.0000", "USD", 100)],
)
def test_amounts_are_whole_minor_units_and_come_back_exact(amount, currency, minor):
    money = Money(Decimal(amount), currency)

    assert (to_minor(money), from_minor(minor, currency)) == (minor, money)


@pytest.mark.parametrize(("amount", "currency"), [("0.005", "USD"), ("0.5", "JPY"), ("1.0001", "KWD")])
def test_a_fraction_of_a_minor_unit_is_never_asked_for(elsewhere, amount, currency):
    with pytest.raises(ProviderRejected) as refusal:
        capture(amount, currency)

    assert (refusal.value.code, elsewhere.calls.call_count) == ("bad_amount", 0)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(502, text="<html>"),
        httpx.Response(429),
        httpx.Response(401, json={"error": {"code": "unauthorized", "message": "No."}}),
        httpx.Response(200, text="<html>"),
        httpx.Response(404, text="<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json=[]),
        httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        httpx.ReadTimeout("too long"),
        httpx.ConnectError("nobody there"),
        httpx.RemoteProtocolError("cut"),
    ],
    ids=repr,
)
def test_without_an_answer_that_it_would_give_nobody_knows_what_was_done(elsewhere, answer):
    elsewhere.route().mock(
        **({"return_value": answer} if isinstance(answer, httpx.Response) else {"side_effect": answer})
    )

    with pytest.raises(ProviderUnavailable):
        capture()
    with pytest.raises(ProviderUnavailable):
        provider.look_up(LookUpRequest(reference="fpay_1"))


def test_without_an_address_nothing_is_begun_and_what_was_begun_waits(settings):
    settings.OMS = settings.OMS | {"FAKE_GATEWAY_URL": ""}

    with pytest.raises(ProviderRejected, match="OMS_FAKE_GATEWAY_URL") as refusal:
        provider.initiate(InitiateRequest(key=uuid4(), amount=Money(Decimal(1), "USD")))
    with pytest.raises(ProviderUnavailable, match="OMS_FAKE_GATEWAY_URL"):
        capture()

    assert refusal.value.code == "not_set_up"


KEY = uuid4()
TOLD = {
    "id": "fcap_1",
    "payment": "fpay_1",
    "act": "capture",
    "amount": 1234,
    "currency": "KWD",
    "state": "succeeded",
    "code": "",
    "message": "",
    "key": str(KEY),
    "occurred_at": "2026-05-01T10:00:00+00:00",
    "expires_at": "2026-05-08T10:00:00+00:00",
}


def webhook(data: Any, *, secret: str = SECRET, age: int = 0, changed: bytes = b"", **headers: str) -> InboundWebhook:
    body = json.dumps({"id": "fevt_1", "type": "payment.capture.succeeded", "data": data}).encode()
    at = int(time.time()) - age
    signed = {"webhook-timestamp": str(at), "webhook-signature": signature(secret, "fevt_1", at, body)}
    return InboundWebhook(headers={"webhook-id": "fevt_1", **signed, **headers}, body=body + changed)


def test_a_webhook_tells_one_fact(elsewhere):
    told = provider.parse_webhook(webhook(TOLD))

    (fact,) = told.facts
    assert (told.event_id, told.kind) == ("fevt_1", "payment.capture.succeeded")
    assert fact == Fact(
        act=MoneyAct.CAPTURE,
        outcome=Outcome.SUCCEEDED,
        reference="fpay_1",
        movement="fcap_1",
        amount=Money(Decimal("1.234"), "KWD"),
        key=KEY,
        occurred_at=fact.occurred_at,
    )


@pytest.mark.parametrize(
    ("told", "how"),
    [
        (TOLD, {"secret": "whsec_bm90IG91cnM="}),
        (TOLD, {"age": 900}),
        (TOLD, {"age": -900}),
        (TOLD, {"changed": b" "}),
        (TOLD, {"webhook-id": "fevt_2"}),
        (TOLD, {"webhook-timestamp": "soon"}),
        (TOLD, {"webhook-signature": "v1"}),
        (TOLD, {"webhook-signature": "v1,ü"}),
        (TOLD, {"webhook-signature": ""}),
        (TOLD | {"amount": 12.34}, {}),
        (TOLD | {"amount": "1234"}, {}),
        (TOLD | {"amount": True}, {}),
        (TOLD | {"currency": "XXQ"}, {}),
        (TOLD | {"act": "steal"}, {}),
        (TOLD | {"state": "perhaps"}, {}),
        (TOLD | {"occurred_at": "yesterday"}, {}),
        ({}, {}),
        (None, {}),
    ],
)
def test_a_webhook_that_is_not_the_gateways_is_refused(elsewhere, told, how):
    hook = webhook(told, **how)  # signed now: a message that is old is refused for that

    with pytest.raises(BadWebhook):
        provider.parse_webhook(hook)


def test_without_a_secret_no_webhook_is_believed(settings):
    settings.OMS = settings.OMS | {"FAKE_GATEWAY_SECRET": ""}

    with pytest.raises(BadWebhook):
        provider.parse_webhook(webhook(TOLD))

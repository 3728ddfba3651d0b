"""What goes over the wire to Stripe, and what becomes of what it answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from oms.core.money import Money
from payments.enums import MoneyAct
from payments.providers.base import (
    AuthorizeRequest,
    CaptureRequest,
    Fact,
    InitiateRequest,
    Outcome,
    ProviderRejected,
    ProviderResult,
    RefundRequest,
    UpdateRequest,
    VoidRequest,
)
from payments.providers.stripe.client import API_VERSION
from tests.payments.providers.stripe_objects import (
    EXPIRES,
    HELD,
    HUNDRED,
    KEY,
    SESSION,
    SIXTY,
    charge,
    decline,
    intent,
    marked,
    refund,
    refusal,
)

BROWSER = {"client_secret": "pi_1_secret_x"}


def sent(call: Any) -> dict[str, str]:
    return dict(parse_qsl(call.request.content.decode()))


def test_an_intent_is_made_with_our_key_in_stripes_minor_units(stripe_provider, wire) -> None:
    route = wire.post("/payment_intents").respond(json=intent("requires_payment_method"))

    result = stripe_provider.initiate(
        InitiateRequest(key=SESSION, amount=HUNDRED, description="Order 1001", timeout=3.5)
    )

    headers = route.calls[0].request.headers
    assert sent(route.calls[0]) == {
        "amount": "10000",
        "currency": "usd",
        "capture_method": "manual",
        "description": "Order 1001",
        "metadata[oms_session]": str(SESSION),
        "expand[0]": "latest_charge",
    }
    assert (headers["idempotency-key"], headers["stripe-version"]) == (str(SESSION), API_VERSION)
    assert headers["authorization"] == "Bearer sk_test_for_tests"
    assert "telemetry" not in headers["x-stripe-client-user-agent"]
    assert 0 < route.calls[0].request.extensions["timeout"]["read"] <= 3.5
    assert result == ProviderResult(outcome=Outcome.PENDING, reference="pi_1", data=BROWSER)


def test_what_stripe_cannot_take_is_refused_before_it_is_asked(stripe_provider, wire) -> None:
    with pytest.raises(ProviderRejected, match="steps of"):
        stripe_provider.initiate(InitiateRequest(key=SESSION, amount=Money(Decimal("5.125"), "KWD")))

    assert not wire.calls


def test_another_amount_before_anybody_paid(stripe_provider, wire) -> None:
    route = wire.post("/payment_intents/pi_1").respond(json=intent("requires_payment_method", amount=6000))

    result = stripe_provider.update(UpdateRequest(key=KEY, reference="pi_1", amount=SIXTY))

    assert sent(route.calls[0]) == {"amount": "6000", "expand[0]": "latest_charge"}
    assert result == ProviderResult(outcome=Outcome.PENDING, reference="pi_1", data=BROWSER)


def test_what_the_browser_confirmed_is_read_and_marked_as_this_try(stripe_provider, wire) -> None:
    route = wire.post("/payment_intents/pi_1").respond(json=HELD)

    result = stripe_provider.authorize(AuthorizeRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert sent(route.calls[0]) == {"metadata[oms_attempt]": str(KEY), "expand[0]": "latest_charge"}
    assert route.calls[0].request.headers["idempotency-key"] == f"{KEY}-try"
    assert result == ProviderResult(
        outcome=Outcome.SUCCEEDED,
        reference="pi_1",
        amount=HUNDRED,
        expires_at=EXPIRES,
        data=BROWSER | {"method": "card"},
    )


def test_what_the_browser_left_to_us_is_confirmed_with_the_attempts_key(stripe_provider, wire) -> None:
    wire.post("/payment_intents/pi_1").respond(json=intent("requires_confirmation"))
    route = wire.post("/payment_intents/pi_1/confirm").respond(json=HELD)

    result = stripe_provider.authorize(
        AuthorizeRequest(
            key=KEY,
            reference="pi_1",
            amount=HUNDRED,
            data={"payment_method": "pm_1", "return_url": "https://shop.example/back", "more": "no"},
        )
    )

    update, confirm = wire.calls
    assert sent(update)["payment_method"] == "pm_1"
    assert sent(confirm) == {"return_url": "https://shop.example/back", "expand[0]": "latest_charge"}
    assert route.calls[0].request.headers["idempotency-key"] == str(KEY)
    assert (result.outcome, result.expires_at) == (Outcome.SUCCEEDED, EXPIRES)


def test_a_customer_who_has_to_prove_who_they_are_is_sent_on(stripe_provider, wire) -> None:
    action = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.example/3ds", "return_url": None}}
    wire.post("/payment_intents/pi_1").respond(json=intent("requires_confirmation"))
    wire.post("/payment_intents/pi_1/confirm").respond(
        json=intent("requires_action", next_action=action, metadata=marked(SESSION, KEY))
    )

    result = stripe_provider.authorize(AuthorizeRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert result == ProviderResult(
        outcome=Outcome.REQUIRES_ACTION,
        reference="pi_1",
        amount=HUNDRED,
        data=BROWSER | {"next_action": {"type": "redirect_to_url", "url": "https://bank.example/3ds"}},
    )


def test_nobody_paid_yet_is_no_refusal(stripe_provider, wire) -> None:
    wire.post("/payment_intents/pi_1").respond(json=intent("requires_payment_method"))

    result = stripe_provider.authorize(AuthorizeRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert result == ProviderResult(outcome=Outcome.REQUIRES_ACTION, reference="pi_1", data=BROWSER)


def test_a_refused_card_is_declined_in_the_banks_words(stripe_provider, wire) -> None:
    wire.post("/payment_intents/pi_1").respond(json=intent("requires_confirmation"))
    wire.post("/payment_intents/pi_1/confirm").respond(402, json={"error": decline()})

    result = stripe_provider.authorize(AuthorizeRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert result == ProviderResult(
        outcome=Outcome.DECLINED,
        reference="pi_1",
        code="insufficient_funds",
        message="Your card has insufficient funds.",
    )


def test_money_that_takes_days_is_pending(stripe_provider, wire) -> None:
    wire.post("/payment_intents/pi_1").respond(json=intent("processing", metadata=marked(SESSION, KEY)))

    result = stripe_provider.authorize(AuthorizeRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert (result.outcome, result.facts) == (Outcome.PENDING, ())


def test_what_is_captured_at_once_is_told_with_the_authorization(stripe_provider, wire) -> None:
    taken = intent("succeeded", received=10_000, latest_charge=charge(captured=10_000), metadata=marked(SESSION, KEY))
    wire.post("/payment_intents/pi_1").respond(json=taken)

    result = stripe_provider.authorize(AuthorizeRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert (result.outcome, result.amount) == (Outcome.SUCCEEDED, HUNDRED)
    assert result.facts == (
        Fact(act=MoneyAct.CAPTURE, outcome=Outcome.SUCCEEDED, reference="pi_1", amount=HUNDRED, movement="ch_1"),
    )


def test_a_capture_of_a_part_lets_the_rest_go(stripe_provider, wire) -> None:
    route = wire.post("/payment_intents/pi_1/capture").respond(
        json=intent("succeeded", received=6000, latest_charge=charge(captured=6000, released=4000))
    )

    result = stripe_provider.capture(CaptureRequest(key=KEY, reference="pi_1", amount=SIXTY))

    assert sent(route.calls[0]) == {"amount_to_capture": "6000", "expand[0]": "latest_charge"}
    assert route.calls[0].request.headers["idempotency-key"] == str(KEY)
    assert (result.outcome, result.movement, result.amount) == (Outcome.SUCCEEDED, "ch_1", SIXTY)
    assert [(each.act, each.amount.amount) for each in result.facts] == [
        (MoneyAct.AUTHORIZE, 100),
        (MoneyAct.VOID, 40),
    ]


def test_a_capture_of_what_was_canceled_elsewhere_is_declined_and_says_so(stripe_provider, wire) -> None:
    wire.post("/payment_intents/pi_1/capture").respond(
        400, json=refusal("invalid_request_error", "payment_intent_unexpected_state", "It was canceled.")
    )
    wire.get("/payment_intents/pi_1").respond(
        json=intent(
            "canceled", cancellation_reason="automatic", latest_charge=charge(released=10_000), metadata=marked(SESSION)
        )
    )

    result = stripe_provider.capture(CaptureRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert (result.outcome, result.code) == (Outcome.DECLINED, "payment_intent_unexpected_state")
    assert [(each.act, each.outcome, each.code) for each in result.facts] == [
        (MoneyAct.AUTHORIZE, Outcome.SUCCEEDED, ""),
        (MoneyAct.VOID, Outcome.SUCCEEDED, "automatic"),
    ]


def test_letting_go(stripe_provider, wire) -> None:
    route = wire.post("/payment_intents/pi_1/cancel").respond(
        json=intent("canceled", latest_charge=charge(released=10_000))
    )

    result = stripe_provider.void(VoidRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert route.calls[0].request.headers["idempotency-key"] == str(KEY)
    assert (result.outcome, result.movement, result.amount) == (Outcome.SUCCEEDED, "", HUNDRED)


def test_letting_go_of_what_has_expired_is_done_already(stripe_provider, wire) -> None:
    wire.post("/payment_intents/pi_1/cancel").respond(
        400, json=refusal("invalid_request_error", "payment_intent_unexpected_state")
    )
    wire.get("/payment_intents/pi_1").respond(
        json=intent("canceled", cancellation_reason="automatic", latest_charge=charge(released=10_000))
    )

    result = stripe_provider.void(VoidRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert (result.outcome, result.code, result.amount) == (Outcome.SUCCEEDED, "automatic", HUNDRED)


def test_letting_go_of_what_was_captured_is_declined(stripe_provider, wire) -> None:
    wire.post("/payment_intents/pi_1/cancel").respond(
        400, json=refusal("invalid_request_error", "payment_intent_unexpected_state")
    )
    wire.get("/payment_intents/pi_1").respond(
        json=intent("succeeded", received=10_000, latest_charge=charge(captured=10_000))
    )

    result = stripe_provider.void(VoidRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert result.outcome == Outcome.DECLINED
    assert [each.act for each in result.facts] == [MoneyAct.AUTHORIZE, MoneyAct.CAPTURE]


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        ("succeeded", Outcome.SUCCEEDED, ""),
        ("pending", Outcome.PENDING, ""),
        ("requires_action", Outcome.PENDING, ""),
        ("canceled", Outcome.DECLINED, "canceled"),
    ],
)
def test_a_refund_bears_our_key(stripe_provider, wire, status: str, outcome: Outcome, code: str) -> None:
    made = refund(status=status, amount=6000, metadata={"oms_attempt": str(KEY)})
    route = wire.post("/refunds").respond(json=made)

    result = stripe_provider.refund(RefundRequest(key=KEY, reference="pi_1", amount=SIXTY, reason="duplicate"))

    assert sent(route.calls[0]) == {
        "payment_intent": "pi_1",
        "amount": "6000",
        "reason": "duplicate",
        "metadata[oms_attempt]": str(KEY),
    }
    assert route.calls[0].request.headers["idempotency-key"] == str(KEY)
    assert result == ProviderResult(outcome=outcome, reference="pi_1", movement="re_1", amount=SIXTY, code=code)


def test_goodwill_is_no_reason_that_stripe_knows(stripe_provider, wire) -> None:
    route = wire.post("/refunds").respond(json=refund(metadata={"oms_attempt": str(KEY)}))

    stripe_provider.refund(RefundRequest(key=KEY, reference="pi_1", amount=HUNDRED, reason="goodwill"))

    assert "reason" not in sent(route.calls[0])

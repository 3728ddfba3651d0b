"""What goes over the wire to Stripe, and what becomes of what it answers."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import httpx
import pytest

from oms.core.money import Money
from payments.enums import MoneyAct
from payments.providers.base import (
    AuthorizeRequest,
    CaptureRequest,
    Fact,
    InitiateRequest,
    LookUpRequest,
    Outcome,
    ProviderRejected,
    ProviderResult,
    ProviderUnavailable,
    RefundRequest,
    UpdateRequest,
    VoidRequest,
)
from payments.providers.stripe.client import API_VERSION
from payments.providers.stripe.webhooks import EVENTS
from tests.payments.providers.stripe_objects import CAPTURE_BEFORE, charge, decline, event, intent, marked, refund

SESSION, KEY = UUID(int=1), UUID(int=2)
HUNDRED = Money(Decimal(100), "USD")
SIXTY = Money(Decimal(60), "USD")
EXPIRES = datetime.fromtimestamp(CAPTURE_BEFORE, UTC)
BROWSER = {"client_secret": "pi_1_secret_x"}
HELD = intent("requires_capture", latest_charge=charge(), metadata=marked(SESSION, KEY))
AUTHORIZATION = Fact(
    act=MoneyAct.AUTHORIZE, outcome=Outcome.SUCCEEDED, reference="pi_1", amount=HUNDRED, key=KEY, expires_at=EXPIRES
)


def sent(call: Any) -> dict[str, str]:
    return dict(parse_qsl(call.request.content.decode()))


def refusal(kind: str, code: str, message: str = "No.") -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": message}}


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


def test_a_lookup_reads_the_intent_and_every_page_of_its_refunds(stripe_provider, wire) -> None:
    wire.get("/payment_intents/pi_1").respond(
        json=intent(
            "succeeded",
            received=6000,
            latest_charge=charge(captured=6000, released=4000),
            metadata=marked(SESSION, KEY),
        )
    )
    failed = refund(2, amount=500, status="failed", failure_reason="lost_or_stolen_card")
    release = refund(3, amount=4000, balance_transaction=None)
    pages = wire.get("/refunds").mock(
        side_effect=[
            httpx.Response(200, json={"object": "list", "has_more": True, "data": [refund(1, amount=1000)]}),
            httpx.Response(200, json={"object": "list", "has_more": False, "data": [failed, release]}),
        ]
    )

    found = stripe_provider.look_up(LookUpRequest(reference="pi_1"))

    assert [dict(call.request.url.params) for call in pages.calls] == [
        {"payment_intent": "pi_1", "limit": "100"},
        {"payment_intent": "pi_1", "limit": "100", "starting_after": "re_1"},
    ]
    assert [(each.act, each.movement, each.outcome, each.amount.amount, each.code) for each in found] == [
        (MoneyAct.AUTHORIZE, "", Outcome.SUCCEEDED, 100, ""),
        (MoneyAct.CAPTURE, "ch_1", Outcome.SUCCEEDED, 60, ""),
        (MoneyAct.VOID, "", Outcome.SUCCEEDED, 40, ""),
        (MoneyAct.REFUND, "re_1", Outcome.SUCCEEDED, 10, ""),
        (MoneyAct.REFUND, "re_2", Outcome.DECLINED, 5, "lost_or_stolen_card"),
    ]


def test_an_intent_that_stripe_never_heard_of_has_no_facts(stripe_provider, wire) -> None:
    wire.get("/payment_intents/pi_1").respond(404, json=refusal("invalid_request_error", "resource_missing"))

    assert stripe_provider.look_up(LookUpRequest(reference="pi_1")) == ()


def test_an_intent_whose_id_was_never_learned_is_searched_by_its_session(stripe_provider, wire) -> None:
    search = wire.get("/payment_intents/search").respond(json={"object": "search_result", "data": [HELD]})
    wire.get("/payment_intents/pi_1").respond(json=HELD)
    wire.get("/refunds").respond(json={"object": "list", "has_more": False, "data": []})

    found = stripe_provider.look_up(LookUpRequest(reference="", key=SESSION))

    assert dict(search.calls[0].request.url.params) == {"query": f"metadata['oms_session']:'{SESSION}'"}
    assert found == [AUTHORIZATION]


def test_the_payments_that_something_happened_to_are_named_once(stripe_provider, wire) -> None:
    def listed(*data: Any) -> dict[str, Any]:
        return {"object": "list", "has_more": False, "data": list(data)}

    def told(kind: str, thing: dict[str, Any]) -> dict[str, Any]:
        return json.loads(event(kind, thing))

    since = datetime(2026, 11, 1, tzinfo=UTC)
    intents = wire.get("/payment_intents").respond(
        json=listed(HELD, intent("succeeded", id="pi_of_another_shop", received=1))
    )
    wire.get("/refunds").respond(
        json=listed(refund(1), refund(2, payment_intent="pi_2"), refund(3, payment_intent=None))
    )
    events = wire.get("/events").respond(
        json=listed(
            told("payment_intent.canceled", HELD | {"id": "pi_3"}),
            told("charge.captured", charge(payment_intent="pi_4", metadata=marked(SESSION))),
            told("charge.captured", charge(payment_intent="pi_of_another_shop")),
            told("refund.failed", refund(5, payment_intent="pi_2")),
        )
    )

    found = list(stripe_provider.payments_since(since))

    assert found == ["pi_1", "pi_2", "pi_3", "pi_4"]
    moment = str(int(since.timestamp()))
    assert dict(intents.calls[0].request.url.params) == {"created[gte]": moment, "limit": "100"}
    asked = events.calls[0].request.url.params
    assert [asked[f"types[{index}]"] for index in range(len(EVENTS))] == list(EVENTS)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, refusal("api_error", "")),
        (503, "<html>busy</html>"),
        (429, refusal("invalid_request_error", "rate_limit")),
        (429, refusal("invalid_request_error", "lock_timeout")),
        (409, refusal("idempotency_error", "idempotency_key_in_use")),
        (200, "<html>a proxy's own page</html>"),
        (401, refusal("invalid_request_error", "", "Invalid API Key provided: sk_test_****ests")),
        (403, refusal("invalid_request_error", "more_permissions_required")),
    ],
)
def test_what_may_have_been_done_is_asked_again(stripe_provider, wire, status: int, error: Any) -> None:
    answer = {"text": error} if isinstance(error, str) else {"json": error}
    route = wire.post("/payment_intents/pi_1/capture").respond(status, **answer)

    with pytest.raises(ProviderUnavailable):
        stripe_provider.capture(CaptureRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert route.call_count == 1  # whoever asked asks again, not the SDK


@pytest.mark.parametrize("problem", [httpx.ReadTimeout, httpx.ConnectTimeout, httpx.ConnectError, httpx.ReadError])
def test_no_answer_is_an_unknown_outcome(stripe_provider, wire, problem: type[Exception]) -> None:
    route = wire.post("/refunds").mock(side_effect=problem("gone"))

    with pytest.raises(ProviderUnavailable, match=problem.__name__):
        stripe_provider.refund(RefundRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert route.call_count == 1


def test_two_calls_have_one_deadline_together(stripe_provider, wire) -> None:
    def slowly(request: httpx.Request) -> httpx.Response:
        time.sleep(0.3)
        return httpx.Response(200, json=intent("requires_confirmation"))

    wire.post("/payment_intents/pi_1").mock(side_effect=slowly)
    confirm = wire.post("/payment_intents/pi_1/confirm").respond(json=HELD)

    with pytest.raises(ProviderUnavailable, match="no time is left"):
        stripe_provider.authorize(AuthorizeRequest(key=KEY, reference="pi_1", amount=HUNDRED, timeout=0.25))

    assert confirm.call_count == 0


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, refusal("invalid_request_error", "charge_already_refunded"), "charge_already_refunded"),
        (400, refusal("invalid_request_error", ""), "invalid_request_error"),
        (400, refusal("idempotency_error", ""), "idempotency_error"),
        (404, refusal("invalid_request_error", "resource_missing"), "resource_missing"),
    ],
)
def test_what_stripe_refuses_is_not_asked_again(
    stripe_provider, wire, caplog, status: int, error: Any, code: str
) -> None:
    caplog.set_level(logging.DEBUG)
    wire.post("/refunds").respond(status, json=error)

    with pytest.raises(ProviderRejected) as problem:
        stripe_provider.refund(RefundRequest(key=KEY, reference="pi_1", amount=HUNDRED))

    assert (problem.value.code, str(problem.value)) == (code, error["error"]["message"])
    assert "sk_test_for_tests" not in caplog.text


def test_the_same_key_gets_the_same_answer_again(stripe_provider, wire) -> None:
    """Stripe replays what it answered to a key first: a repeat after a lost answer is told the same."""
    answers: dict[str, dict[str, Any]] = {}

    def replaying(request: httpx.Request) -> httpx.Response:
        key = request.headers["idempotency-key"]
        was_there = key in answers
        made = answers.setdefault(key, refund(len(answers) + 1, metadata={"oms_attempt": str(KEY)}))
        if not was_there:
            raise httpx.ReadTimeout("done, and not told")
        return httpx.Response(200, json=made, headers={"idempotent-replayed": "true"})

    wire.post("/refunds").mock(side_effect=replaying)
    request = RefundRequest(key=KEY, reference="pi_1", amount=HUNDRED)

    with pytest.raises(ProviderUnavailable):
        stripe_provider.refund(request)
    result = stripe_provider.refund(request)

    assert (result.outcome, result.movement, len(answers)) == (Outcome.SUCCEEDED, "re_1", 1)


def failing_for_good(wire: Any, path: str) -> None:
    """Stripe failed once, and replays that to the key."""
    wire.post(path).respond(500, json=refusal("api_error", ""), headers={"idempotent-replayed": "true"})


def test_a_refund_that_stripe_failed_at_for_good_is_looked_up(stripe_provider, wire) -> None:
    failing_for_good(wire, "/refunds")
    wire.get("/payment_intents/pi_1").respond(
        json=intent("succeeded", received=10_000, latest_charge=charge(captured=10_000))
    )
    made = refund(2, amount=6000, metadata={"oms_attempt": str(KEY)})
    books = {"object": "list", "has_more": False, "data": [refund(1, amount=6000), made]}
    wire.get("/refunds").respond(json=books)
    request = RefundRequest(key=KEY, reference="pi_1", amount=SIXTY)

    result = stripe_provider.refund(request)

    assert (result.outcome, result.movement, result.amount) == (Outcome.SUCCEEDED, "re_2", SIXTY)
    assert [each.movement for each in result.facts] == ["", "ch_1", "re_1"]


def test_what_its_books_do_not_have_stays_unknown(stripe_provider, wire) -> None:
    failing_for_good(wire, "/refunds")
    failing_for_good(wire, "/payment_intents/pi_1/capture")
    wire.get("/payment_intents/pi_1").respond(json=HELD)
    wire.get("/refunds").respond(json={"object": "list", "has_more": False, "data": [refund(1, amount=6000)]})

    with pytest.raises(ProviderUnavailable):
        stripe_provider.refund(RefundRequest(key=KEY, reference="pi_1", amount=SIXTY))
    with pytest.raises(ProviderUnavailable):
        stripe_provider.capture(CaptureRequest(key=KEY, reference="pi_1", amount=SIXTY))


def test_a_capture_and_an_authorization_that_stripe_failed_at_for_good_are_looked_up(stripe_provider, wire) -> None:
    failing_for_good(wire, "/payment_intents/pi_1")
    failing_for_good(wire, "/payment_intents/pi_1/capture")
    failing_for_good(wire, "/payment_intents/pi_1/cancel")
    wire.get("/payment_intents/pi_1").respond(
        json=intent(
            "succeeded",
            received=6000,
            latest_charge=charge(captured=6000, released=4000),
            metadata=marked(SESSION, KEY),
        )
    )
    wire.get("/refunds").respond(json={"object": "list", "has_more": False, "data": []})

    results = [
        stripe_provider.authorize(AuthorizeRequest(key=KEY, reference="pi_1", amount=HUNDRED)),
        stripe_provider.capture(CaptureRequest(key=UUID(int=5), reference="pi_1", amount=SIXTY)),
        stripe_provider.void(VoidRequest(key=UUID(int=6), reference="pi_1", amount=HUNDRED)),
    ]

    assert [(each.outcome, each.movement, each.amount) for each in results] == [
        (Outcome.SUCCEEDED, "", HUNDRED),
        (Outcome.SUCCEEDED, "ch_1", SIXTY),
        (Outcome.SUCCEEDED, "", Money(Decimal(40), "USD")),
    ]

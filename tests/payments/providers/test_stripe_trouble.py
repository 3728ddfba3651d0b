"""What Stripe refuses, does not answer, or has answered before: what may have been done is never guessed."""

from __future__ import annotations

import logging
import time
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from oms.core.money import Money
from payments.providers.base import (
    AuthorizeRequest,
    CaptureRequest,
    Outcome,
    ProviderRejected,
    ProviderUnavailable,
    RefundRequest,
    VoidRequest,
)
from tests.payments.providers.stripe_objects import (
    HELD,
    HUNDRED,
    KEY,
    SESSION,
    SIXTY,
    charge,
    intent,
    marked,
    refund,
    refusal,
)


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

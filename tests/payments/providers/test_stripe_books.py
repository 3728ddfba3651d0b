"""What is read in Stripe's books: a payment with all that was moved of it, and which payments something happened to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx

from payments.enums import MoneyAct
from payments.providers.base import (
    Fact,
    LookUpRequest,
    Outcome,
)
from payments.providers.stripe.webhooks import EVENTS
from tests.payments.providers.stripe_objects import (
    EXPIRES,
    HELD,
    HUNDRED,
    KEY,
    SESSION,
    charge,
    event,
    intent,
    marked,
    refund,
    refusal,
)

AUTHORIZATION = Fact(
    act=MoneyAct.AUTHORIZE, outcome=Outcome.SUCCEEDED, reference="pi_1", amount=HUNDRED, key=KEY, expires_at=EXPIRES
)


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

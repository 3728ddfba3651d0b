"""Signed events of Stripe, and that answers, events and lookups come to the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from oms.core.money import Money
from payments.books import Books, books
from payments.enums import MoneyAct
from payments.providers.base import (
    AuthorizeRequest,
    BadWebhook,
    CaptureRequest,
    Fact,
    InboundWebhook,
    LookUpRequest,
    Outcome,
    RefundRequest,
)
from payments.providers.stripe.webhooks import EVENTS
from tests.payments.providers.stripe_objects import (
    ANSWER_BY,
    AT,
    CAPTURE_BEFORE,
    charge,
    decline,
    dispute,
    event,
    intent,
    marked,
    refund,
    signed,
)

SESSION, FIRST, SECOND, GIVEN_BACK = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
HUNDRED = Money(Decimal(100), "USD")
OURS = marked(SESSION)
HELD = intent("requires_capture", latest_charge=charge(), metadata=marked(SESSION, SECOND))
TAKEN = intent(
    "succeeded",
    received=6000,
    latest_charge=charge(captured=6000, released=4000),
    metadata=marked(SESSION, SECOND),
)
MINE = refund(1, amount=1000, metadata={"oms_attempt": str(GIVEN_BACK)})
DASHBOARD = refund(2, amount=500)
RELEASE = refund(3, amount=4000, balance_transaction=None)

# A customer whose first card is refused pays with a second one. 60 of 100 are captured, so Stripe lets 40 go. 10 go
# back from here, and 5 from Stripe's dashboard, which the bank sends back days later.
LIFE = [
    (
        "payment_intent.payment_failed",
        intent("requires_payment_method", last_payment_error=decline(), metadata=marked(SESSION, FIRST)),
    ),
    ("charge.succeeded", charge(metadata=OURS)),
    ("payment_intent.amount_capturable_updated", HELD),
    ("charge.captured", charge(captured=6000, released=4000, metadata=OURS)),
    ("payment_intent.succeeded", TAKEN),
    ("refund.created", RELEASE),
    ("refund.created", MINE | {"status": "pending", "balance_transaction": None}),
    ("refund.updated", MINE),
    ("charge.refund.updated", MINE),
    ("refund.created", DASHBOARD),
    ("charge.refunded", charge(captured=6000, released=5500, metadata=OURS)),
    ("refund.failed", DASHBOARD | {"status": "failed", "failure_reason": "expired_or_canceled_card"}),
]


def read(provider: Any, kind: str, thing: dict[str, Any]) -> list[Fact]:
    return list(provider.parse_webhook(signed(event(kind, thing))).facts)


def books_of(facts: Iterable[Fact]) -> Books:
    """As rows of the log; the key stands in for the movement of what has none, as it does there."""
    return books(
        SimpleNamespace(
            act=each.act,
            movement=each.movement or (str(each.key) if each.key and each.outcome is not Outcome.SUCCEEDED else ""),
            outcome=each.outcome,
            amount=each.amount.amount,
            key=each.key,
            expires_at=each.expires_at,
            code=each.code,
            message=each.message,
        )
        for each in facts
    )


def comes_to(known: Books) -> tuple[Any, ...]:
    refunds = {each.movement: each.outcome for each in known.movements if each.act == MoneyAct.REFUND}
    return known.authorized, known.captured, known.refunded, known.is_void, refunds


END = (100, 60, 10, True, {"re_1": Outcome.SUCCEEDED, "re_2": Outcome.DECLINED})


def test_events_in_whatever_order_come_to_the_same(stripe_provider) -> None:
    told = [read(stripe_provider, kind, thing) for kind, thing in LIFE]
    shuffle = random.Random(7).shuffle

    for _ in range(500):
        shuffle(told)
        some_twice = [*told, *told[:4]]
        assert comes_to(books_of(fact for facts in some_twice for fact in facts)) == END


def test_a_lookup_and_the_answers_come_to_what_the_events_do(stripe_provider, wire) -> None:
    failed = DASHBOARD | {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    wire.get("/payment_intents/pi_1").respond(json=TAKEN)
    wire.get("/refunds").respond(json={"object": "list", "has_more": False, "data": [failed, MINE, RELEASE]})
    wire.post("/payment_intents/pi_1").respond(json=HELD)
    wire.post("/payment_intents/pi_1/capture").respond(json=TAKEN)
    wire.post("/refunds").respond(json=MINE)

    looked_up = stripe_provider.look_up(LookUpRequest(reference="pi_1"))
    answers = []
    for act, key, answer in (
        (
            MoneyAct.AUTHORIZE,
            SECOND,
            stripe_provider.authorize(AuthorizeRequest(key=SECOND, reference="pi_1", amount=HUNDRED)),
        ),
        (
            MoneyAct.CAPTURE,
            None,
            stripe_provider.capture(
                CaptureRequest(key=UUID(int=9), reference="pi_1", amount=Money(Decimal(60), "USD"))
            ),
        ),
        (
            MoneyAct.REFUND,
            GIVEN_BACK,
            stripe_provider.refund(RefundRequest(key=GIVEN_BACK, reference="pi_1", amount=Money(Decimal(10), "USD"))),
        ),
    ):
        assert answer.amount is not None
        answers += [
            Fact(
                act=act,
                outcome=answer.outcome,
                reference=answer.reference,
                amount=answer.amount,
                movement=answer.movement,
                key=key,
                expires_at=answer.expires_at,
            ),
            *answer.facts,
        ]
    told = [fact for kind, thing in LIFE for fact in read(stripe_provider, kind, thing)]

    assert comes_to(books_of(looked_up)) == END
    # They know nothing of what was done in the dashboard.
    assert comes_to(books_of(answers)) == (100, 60, 10, True, {"re_1": Outcome.SUCCEEDED})
    assert comes_to(books_of([*answers, *looked_up, *told])) == comes_to(books_of([*told, *answers, *looked_up])) == END


def test_each_movement_has_one_name_and_one_amount(stripe_provider) -> None:
    seen: dict[Any, Any] = {}
    for kind, thing in LIFE:
        for fact in read(stripe_provider, kind, thing):
            place = (fact.act, fact.movement, fact.outcome, fact.key if fact.outcome is Outcome.DECLINED else None)
            assert seen.setdefault(place, fact.amount) == fact.amount


def test_the_charge_tells_until_when_it_can_be_captured(stripe_provider) -> None:
    told = read(stripe_provider, "charge.succeeded", charge(metadata=OURS))

    assert told == [
        Fact(
            act=MoneyAct.AUTHORIZE,
            outcome=Outcome.SUCCEEDED,
            reference="pi_1",
            amount=HUNDRED,
            occurred_at=datetime.fromtimestamp(AT, UTC),
            expires_at=datetime.fromtimestamp(CAPTURE_BEFORE, UTC),
        )
    ]


def test_an_authorization_that_expired_is_let_go(stripe_provider, wire) -> None:
    expired = intent("canceled", cancellation_reason="automatic", latest_charge=charge(released=10_000), metadata=OURS)
    wire.get("/payment_intents/pi_1").respond(json=expired)
    wire.get("/refunds").respond(json={"object": "list", "has_more": False, "data": []})

    by_charge = read(stripe_provider, "charge.expired", charge(released=10_000, metadata=OURS))
    by_intent = read(stripe_provider, "payment_intent.canceled", expired)
    looked_up = stripe_provider.look_up(LookUpRequest(reference="pi_1"))

    assert comes_to(books_of(by_charge)) == comes_to(books_of(looked_up)) == (100, 0, 0, True, {})
    assert [(each.act, each.code) for each in by_intent] == [(MoneyAct.VOID, "automatic")]


def test_a_try_that_was_canceled_after_another_card_was_refused_was_never_held(stripe_provider, wire) -> None:
    """Stripe forgets the error of the first try when the second begins, but names its charge as the latest."""
    canceled = intent("canceled", latest_charge=charge(captured=None), metadata=marked(SESSION, SECOND))
    wire.get("/payment_intents/pi_1").respond(json=canceled)
    wire.get("/refunds").respond(json={"object": "list", "has_more": False, "data": []})

    told = read(stripe_provider, "payment_intent.canceled", canceled)
    looked_up = stripe_provider.look_up(LookUpRequest(reference="pi_1"))

    assert [(each.act, each.outcome) for each in told] == [(MoneyAct.VOID, Outcome.SUCCEEDED)]
    assert [(each.act, each.outcome, each.key) for each in looked_up] == [
        (MoneyAct.AUTHORIZE, Outcome.DECLINED, SECOND),
        (MoneyAct.VOID, Outcome.SUCCEEDED, None),
    ]


def test_what_was_canceled_before_anybody_paid_ends_the_try(stripe_provider) -> None:
    told = read(
        stripe_provider,
        "payment_intent.canceled",
        intent("canceled", cancellation_reason="abandoned", metadata=marked(SESSION, FIRST)),
    )

    assert [(each.act, each.outcome, each.key, each.code) for each in told] == [
        (MoneyAct.AUTHORIZE, Outcome.DECLINED, FIRST, "abandoned"),
        (MoneyAct.VOID, Outcome.SUCCEEDED, None, "abandoned"),
    ]


@pytest.mark.parametrize(
    ("error", "movement"),
    [(decline(charge="ch_0"), "ch_0"), (decline(charge=None, code=""), "pm_1")],
    ids=["by the bank", "by the customer, who did not prove who they are"],
)
def test_what_a_browser_tried_by_itself_are_tries_of_their_own(stripe_provider, error: Any, movement: str) -> None:
    (told,) = read(
        stripe_provider,
        "payment_intent.payment_failed",
        intent("requires_payment_method", last_payment_error=error, metadata=OURS),
    )

    assert (told.outcome, told.movement, told.key) == (Outcome.DECLINED, movement, None)


def test_what_a_browser_has_under_way_by_itself_is_nothing_yet(stripe_provider) -> None:
    for status in ("requires_action", "processing"):
        assert read(stripe_provider, f"payment_intent.{status}", intent(status, metadata=OURS)) == []


def test_what_an_attempt_has_under_way_is_told(stripe_provider) -> None:
    told = [
        read(stripe_provider, f"payment_intent.{status}", intent(status, metadata=marked(SESSION, FIRST)))
        for status in ("requires_action", "processing")
    ]

    assert [[(each.outcome, each.key) for each in facts] for facts in told] == [
        [(Outcome.REQUIRES_ACTION, FIRST)],
        [(Outcome.PENDING, FIRST)],
    ]


def test_payments_of_other_users_of_the_account_are_not_ours(stripe_provider) -> None:
    assert read(stripe_provider, "payment_intent.succeeded", TAKEN | {"metadata": {"shop": "another"}}) == []
    assert read(stripe_provider, "charge.captured", charge(captured=10_000)) == []


def test_an_event_that_nobody_asked_for_says_nothing(stripe_provider) -> None:
    parsed = stripe_provider.parse_webhook(signed(event("payout.paid", {"id": "po_1"}, number=5)))

    assert (parsed.event_id, parsed.kind, parsed.facts) == ("evt_5", "payout.paid", [])


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("warning_needs_response", Outcome.PENDING),
        ("needs_response", Outcome.PENDING),
        ("under_review", Outcome.PENDING),
        ("lost", Outcome.SUCCEEDED),
        ("won", Outcome.DECLINED),
        ("warning_closed", Outcome.DECLINED),
    ],
)
def test_what_a_bank_disputes_is_told_with_the_day_by_which_to_answer(stripe_provider, status: str, outcome) -> None:
    (told,) = read(stripe_provider, "charge.dispute.updated", dispute(status=status, amount=4000))

    assert told == Fact(
        act=MoneyAct.REFUND,
        outcome=outcome,
        reference="pi_1",
        movement="du_1",
        amount=Money(Decimal(40), "USD"),
        code="fraudulent",
        occurred_at=datetime.fromtimestamp(AT, UTC),
        expires_at=datetime.fromtimestamp(ANSWER_BY, UTC) if outcome is Outcome.PENDING else None,
        is_dispute=True,
    )


def test_a_dispute_of_a_charge_without_an_intent_is_not_ours(stripe_provider) -> None:
    assert read(stripe_provider, "charge.dispute.created", dispute(payment_intent=None)) == []


BODY = event("payment_intent.succeeded", TAKEN)


@pytest.mark.parametrize(
    "webhook",
    [
        InboundWebhook(headers={}, body=BODY),
        InboundWebhook(headers={"stripe-signature": "nonsense"}, body=BODY),
        InboundWebhook(headers={"stripe-signature": "t=1,v1=ü"}, body=BODY),
        signed(BODY, secret="whsec_of_somebody_else"),
        signed(BODY, at=1_600_000_000),
        replace(signed(BODY), body=BODY.replace(b"6000", b"9000")),
        replace(signed(BODY), body=b"\xff\xfe"),
        signed(b"no json"),
        signed(b"[]"),
        signed(b'{"id": "evt_1", "type": "refund.created", "created": 1, "data": {"object": {"id": "re_1"}}}'),
    ],
)
def test_what_is_no_event_of_stripe_is_refused(stripe_provider, webhook: InboundWebhook) -> None:
    with pytest.raises(BadWebhook):
        stripe_provider.parse_webhook(webhook)


def test_without_the_secret_of_the_endpoint_nothing_is_believed(stripe_provider, settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""

    with pytest.raises(BadWebhook, match="OMS_STRIPE_WEBHOOK_SECRET is not set"):
        stripe_provider.parse_webhook(signed(BODY, secret=""))


def test_the_documented_events_are_those_that_are_read(settings) -> None:
    text = (settings.BASE_DIR / "docs" / "stripe.md").read_text()

    assert [each for each in EVENTS if f"`{each}`" not in text] == []
    assert json.loads(BODY)["api_version"] in text

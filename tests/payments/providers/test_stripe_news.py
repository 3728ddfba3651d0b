"""News of Stripe as they come in real life: early, late, twice, and after somebody else has been at it."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from oms.core.money import Money
from orders.enums import CancelReason
from orders.models import CreditLine, Order
from orders.services.cancellation import cancel_order
from orders.services.refunds import refund_payment
from payments.enums import EventSource
from payments.models import Payment, PaymentAttempt, PaymentSession, ProviderEvent
from payments.providers.stripe.adapter import StripeProvider
from payments.services import calling, capturing, facts, resuming, sessions
from payments.services.reconciling import reconcile
from tests.payments.providers.stripe_objects import (
    CAPTURE_BEFORE,
    charge,
    decline,
    event,
    intent,
    marked,
    refund,
    signed,
)
from tests.scenarios import STAFF, place, recorded_events, shop

pytestmark = pytest.mark.django_db
EXPIRES = datetime.fromtimestamp(CAPTURE_BEFORE, UTC)
FULLY = charge(captured=10_000)


@pytest.fixture
def session(stripe_provider, wire) -> PaymentSession:
    """Of an order of 100.00, which is about to be paid."""
    return begin(wire)


def begin(wire: Any, *, capture: bool = False) -> PaymentSession:
    wire.post("/payment_intents").respond(json=intent("requires_payment_method"))
    order = place(shop({"W1": {"LAMP": 50}}), {"LAMP": 10})
    assert order.order_id is not None
    collection = sessions.create_collection(amount=usd(100), order_id=order.order_id, actor=STAFF, first=True)
    return sessions.create_session(collection_id=collection.pk, provider="stripe", actor=STAFF, capture=capture)


def usd(amount: int) -> Money:
    return Money(Decimal(amount), "USD")


def news(kind: str, thing: dict[str, Any]) -> None:
    parsed = StripeProvider().parse_webhook(signed(event(kind, thing)))
    facts.learn("stripe", parsed.facts, source=EventSource.WEBHOOK, actor=STAFF)


def wants_to_pay(session: PaymentSession, **data: str) -> PaymentAttempt:
    return sessions.request_authorization(session_id=session.pk, actor=STAFF, data=data, waits=True)


def asked(attempt: PaymentAttempt) -> PaymentAttempt:
    return calling.carry_out(attempt.pk, waited=True)


def held(session: PaymentSession, key: UUID) -> dict[str, Any]:
    return intent("requires_capture", latest_charge=charge(), metadata=marked(session.pk, key))


def authorized(wire: Any, session: PaymentSession) -> Payment:
    attempt = wants_to_pay(session)
    wire.post("/payment_intents/pi_1").respond(json=held(session, attempt.pk))
    asked(attempt)
    return Payment.objects.get(session=session)


def captured(wire: Any, session: PaymentSession, amount: int = 100) -> Payment:
    payment = authorized(wire, session)
    wire.post("/payment_intents/pi_1/capture").respond(json=taken(session, amount))
    asked(capturing.request_capture(payment_id=payment.pk, amount=usd(amount), actor=STAFF, waits=True))
    payment.refresh_from_db()
    return payment


def taken(session: PaymentSession, amount: int = 100) -> dict[str, Any]:
    units = amount * 100
    of = charge(captured=units, released=10_000 - units)
    return intent("succeeded", received=units, latest_charge=of, metadata=marked(session.pk))


def gives_back(wire: Any, payment: Payment, amount: int, **fields: Any) -> tuple[PaymentAttempt, dict[str, Any]]:
    attempt = refund_payment(payment_id=payment.pk, amount=usd(amount), actor=STAFF, waits=True)
    made = refund(amount=amount * 100, metadata={"oms_attempt": str(attempt.pk)}, **fields)
    wire.post("/refunds").respond(json=made)
    return asked(attempt), made


def life(session: UUID, first: UUID, second: UUID) -> list[tuple[str, dict[str, Any]]]:
    """60 of 100 are captured, so 40 are let go. 10 go back, and 5 that the bank sends back."""
    ours, paid = marked(session), marked(session, second)
    part = charge(captured=6000, released=4000)
    ten, five = refund(1, amount=1000), refund(2, amount=500)
    return [
        (
            "payment_intent.payment_failed",
            intent("requires_payment_method", last_payment_error=decline(), metadata=marked(session, first)),
        ),
        ("charge.succeeded", charge(metadata=ours)),
        ("payment_intent.amount_capturable_updated", intent("requires_capture", latest_charge="ch_1", metadata=paid)),
        ("charge.captured", part | {"metadata": ours}),
        ("payment_intent.succeeded", intent("succeeded", received=6000, latest_charge=part, metadata=paid)),
        ("refund.created", refund(3, amount=4000, balance_transaction=None)),
        ("refund.created", ten | {"status": "pending", "balance_transaction": None}),
        ("refund.updated", ten),
        ("charge.refund.updated", ten),
        ("refund.created", five),
        ("charge.refunded", part | {"metadata": ours, "amount_refunded": 5500}),
        ("refund.failed", five | {"status": "failed", "failure_reason": "expired_or_canceled_card"}),
    ]


def money(payment: Payment) -> tuple[Decimal, Decimal, Decimal, bool]:
    payment.refresh_from_db()
    return payment.amount, payment.captured, payment.refunded, payment.canceled_at is not None


def order_of(payment: Payment) -> tuple[str, Decimal, Decimal, Decimal]:
    order = Order.objects.get(pk=payment.order_id)
    return order.payment_status, order.total, order.captured_total, order.refunded_total


def attempts() -> list[tuple[str, str, Decimal, bool]]:
    rows = PaymentAttempt.objects.order_by("created_at", "id")
    return [(each.act, each.state, each.amount, each.is_foreign) for each in rows]


def events() -> list[str]:
    return [each for each in recorded_events() if each != "order.updated"]


def problems() -> list[str]:
    return list(ProviderEvent.objects.exclude(problem="").values_list("problem", flat=True))


def test_a_webhook_before_the_answer_settles_what_the_answer_then_repeats(session, wire) -> None:
    attempt = wants_to_pay(session)
    wire.post("/payment_intents/pi_1").respond(json=held(session, attempt.pk))

    news("payment_intent.amount_capturable_updated", held(session, attempt.pk))
    attempt.refresh_from_db()
    before = attempt.state
    calling.carry_out(attempt.pk, waited=True)

    payment = Payment.objects.get(session=session)
    assert before == "succeeded"
    assert money(payment) == (100, 0, 0, False)
    assert attempts() == [("authorize", "succeeded", 100, False)]
    assert events() == ["order.placed", "order.payment_authorized"]


@pytest.mark.parametrize("first", ["intent", "charge"])
def test_until_when_it_can_be_captured_is_known_whichever_news_comes_first(session, wire, first: str) -> None:
    attempt = wants_to_pay(session)
    told = [
        ("payment_intent.amount_capturable_updated", held(session, attempt.pk)),
        ("charge.succeeded", charge(metadata=marked(session.pk))),
    ]

    for kind, thing in told if first == "intent" else told[::-1]:
        news(kind, thing)

    assert Payment.objects.get(session=session).expires_at == EXPIRES


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_money_taken_with_the_authorization_is_taken_once(stripe_provider, wire, order: tuple[int, ...]) -> None:
    session = begin(wire, capture=True)
    Order.objects.get(pk=session.collection.order_id).channel.__class__.objects.update(capture_on="placement")
    attempt = wants_to_pay(session)
    paid = taken(session) | {"metadata": marked(session.pk, attempt.pk)}
    wire.post("/payment_intents/pi_1").respond(json=paid)
    all_news = [
        lambda: calling.carry_out(attempt.pk, waited=True),
        lambda: news("payment_intent.succeeded", paid),
        lambda: news("charge.succeeded", FULLY | {"metadata": marked(session.pk)}),
    ]

    for each in order:
        all_news[each]()

    payment = Payment.objects.get(session=session)
    assert money(payment) == (100, 100, 0, False)
    assert order_of(payment) == ("captured", 100, 100, 0)
    assert attempts() == [("authorize", "succeeded", 100, False), ("capture", "succeeded", 100, True)]
    assert events() == ["order.placed", "order.payment_authorized", "order.payment_captured"]


def test_a_refund_that_the_bank_sends_back_days_later_has_failed(session, wire) -> None:
    payment = captured(wire, session)
    attempt, made = gives_back(wire, payment, 30)
    before = order_of(payment), [each.amount for each in CreditLine.objects.all()]

    news("refund.failed", made | {"status": "failed", "failure_reason": "expired_or_canceled_card"})
    news("refund.updated", made)  # and late news of the time when all was well

    attempt.refresh_from_db()
    assert before == (("partially_refunded", 70, 100, 30), [30])
    assert (attempt.state, attempt.code) == ("declined", "expired_or_canceled_card")
    assert money(payment) == (100, 100, 0, False)
    assert order_of(payment) == ("captured", 100, 100, 0)
    assert events()[-2:] == ["order.refund_created", "order.refund_failed"]
    assert not problems()


def test_a_refund_that_is_pending_counts_when_its_news_come_and_once(session, wire) -> None:
    payment = captured(wire, session)
    attempt, made = gives_back(wire, payment, 30, status="pending", balance_transaction=None)
    before = money(payment)
    done = made | {"status": "succeeded", "balance_transaction": "txn_re_1"}

    for kind in ("refund.created", "refund.updated", "charge.refund.updated"):
        news(kind, done)

    attempt.refresh_from_db()
    assert before == (100, 100, 0, False)
    assert (attempt.state, attempt.movement) == ("succeeded", "re_1")
    assert money(payment) == (100, 100, 30, False)
    assert events().count("order.refund_created") == 1


def test_a_refund_whose_answer_was_lost_is_settled_by_its_webhook(session, wire) -> None:
    payment = captured(wire, session)
    attempt = refund_payment(payment_id=payment.pk, amount=usd(30), actor=STAFF, waits=True)
    wire.post("/refunds").respond(500, json={"error": {"type": "api_error", "message": "Oops"}})
    unknown = asked(attempt).state

    news("refund.created", refund(amount=3000, metadata={"oms_attempt": str(attempt.pk)}))

    attempt.refresh_from_db()
    assert (unknown, attempt.state, attempt.is_foreign) == ("unknown", "succeeded", False)
    assert money(payment) == (100, 100, 30, False)


def test_a_refund_of_the_dashboard_of_the_same_amount_is_not_taken_for_ours(session, wire) -> None:
    payment = captured(wire, session)
    attempt = refund_payment(payment_id=payment.pk, amount=usd(30), actor=STAFF, waits=True)

    news("refund.created", refund(7, amount=3000))
    wire.post("/refunds").respond(json=refund(8, amount=3000, metadata={"oms_attempt": str(attempt.pk)}))
    asked(attempt)

    assert money(payment) == (100, 100, 60, False)
    assert sorted(each.movement for each in PaymentAttempt.objects.filter(act="refund")) == ["re_7", "re_8"]
    assert PaymentAttempt.objects.get(movement="re_7").is_foreign


def test_what_was_received_and_what_was_captured_are_one_movement(session, wire) -> None:
    payment = captured(wire, session, 60)

    news("charge.captured", charge(captured=6000, released=4000, metadata=marked(session.pk)))
    news("payment_intent.succeeded", taken(session, 60))
    news("refund.created", refund(3, amount=4000, balance_transaction=None))
    news("charge.refunded", charge(captured=6000, released=4000, metadata=marked(session.pk)))

    assert money(payment) == (100, 60, 0, True)
    assert order_of(payment)[2:] == (60, 0)
    assert attempts() == [
        ("authorize", "succeeded", 100, False),
        ("capture", "succeeded", 60, False),
        ("void", "succeeded", 40, True),
    ]
    assert not problems()


def test_the_session_of_what_was_captured_in_part_is_captured(session, wire) -> None:
    captured(wire, session, 60)

    session.refresh_from_db()
    assert session.status == "captured"


def test_canceling_an_order_after_a_capture_of_a_part_asks_for_the_refund_alone(session, wire) -> None:
    payment = captured(wire, session, 60)
    assert payment.order_id is not None

    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF)
    attempt = PaymentAttempt.objects.get(state="intended")
    wire.post("/refunds").respond(json=refund(amount=6000, metadata={"oms_attempt": str(attempt.pk)}))
    calling.carry_out(attempt.pk)

    assert Order.objects.get(pk=payment.order_id).status == "canceled"
    assert money(payment) == (100, 60, 60, True)


def test_an_authorization_canceled_in_the_dashboard_is_let_go_here(session, wire) -> None:
    payment = authorized(wire, session)
    gone = intent(
        "canceled",
        cancellation_reason="requested_by_customer",
        latest_charge=charge(released=10_000),
        metadata=marked(session.pk),
    )

    news("payment_intent.canceled", gone)
    news("refund.created", refund(3, balance_transaction=None))

    session.refresh_from_db()
    assert money(payment) == (100, 0, 0, True)
    assert session.status == "canceled"
    assert order_of(payment)[2:] == (0, 0)


def test_canceling_an_order_whose_authorization_has_expired_is_not_refused(session, wire) -> None:
    payment = authorized(wire, session)
    assert payment.order_id is not None
    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF)
    wire.post("/payment_intents/pi_1/cancel").respond(
        400, json={"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}}
    )
    wire.get("/payment_intents/pi_1").respond(
        json=intent("canceled", cancellation_reason="automatic", latest_charge=charge(released=10_000))
    )

    calling.carry_out(PaymentAttempt.objects.get(act="void").pk)

    assert Order.objects.get(pk=payment.order_id).status == "canceled"
    assert money(payment) == (100, 0, 0, True)


def test_a_second_card_on_the_same_intent(session, wire) -> None:
    first = wants_to_pay(session, payment_method="pm_1")
    wire.post("/payment_intents/pi_1").respond(json=intent("requires_confirmation"))
    wire.post("/payment_intents/pi_1/confirm").respond(402, json={"error": decline()})
    refused = intent("requires_payment_method", last_payment_error=decline(), metadata=marked(session.pk, first.pk))
    first = asked(first)
    session.refresh_from_db()
    after_first = first.state, first.code, session.status

    second = wants_to_pay(session, payment_method="pm_2")
    news("payment_intent.payment_failed", refused)  # late: it is about the first
    second.refresh_from_db()
    meanwhile = second.state
    wire.post("/payment_intents/pi_1/confirm").respond(json=held(session, second.pk))
    second = asked(second)
    news("payment_intent.payment_failed", refused)

    session.refresh_from_db()
    assert after_first == ("declined", "insufficient_funds", "error")
    assert (meanwhile, second.state) == ("intended", "succeeded")
    assert session.status == "authorized"
    assert money(Payment.objects.get(session=session)) == (100, 0, 0, False)


def test_a_refused_card_that_stripe_forgot_is_no_difference(session, wire) -> None:
    attempt = wants_to_pay(session, payment_method="pm_1")
    wire.post("/payment_intents/pi_1").respond(json=intent("requires_confirmation"))
    wire.post("/payment_intents/pi_1/confirm").respond(402, json={"error": decline()})
    asked(attempt)
    wire.get("/payment_intents/pi_1").respond(json=intent("requires_confirmation", metadata=marked(session.pk)))

    found = [each for one in reconcile(provider="stripe") for each in one.differences]

    assert found == []


def test_who_does_not_prove_who_they_are_may_try_with_another_card(session, wire) -> None:
    first = wants_to_pay(session, payment_method="pm_1")
    wire.post("/payment_intents/pi_1").respond(json=intent("requires_confirmation"))
    wire.post("/payment_intents/pi_1/confirm").respond(
        json=intent("requires_action", next_action={"type": "use_stripe_sdk"}, metadata=marked(session.pk, first.pk))
    )
    asked(first)
    session.refresh_from_db()
    waiting = session.status
    failed = {
        "code": "payment_intent_authentication_failure",
        "message": "The customer could not be authenticated.",
        "payment_method": {"id": "pm_1"},
        "type": "invalid_request_error",
    }

    news(
        "payment_intent.payment_failed",
        intent("requires_payment_method", last_payment_error=failed, metadata=marked(session.pk, first.pk)),
    )
    first.refresh_from_db()
    second = wants_to_pay(session, payment_method="pm_2")
    wire.post("/payment_intents/pi_1/confirm").respond(json=held(session, second.pk))
    second = asked(second)

    assert waiting == "requires_more"
    assert (first.state, first.code) == ("declined", "payment_intent_authentication_failure")
    assert second.state == "succeeded"


def test_a_bank_debit_is_paid_when_the_bank_says_so(stripe_provider, wire) -> None:
    session = begin(wire, capture=True)
    attempt = wants_to_pay(session)
    marks = marked(session.pk, attempt.pk)
    wire.post("/payment_intents/pi_1").respond(json=intent("processing", latest_charge="ch_1", metadata=marks))
    pending = asked(attempt).state

    news("payment_intent.processing", intent("processing", latest_charge="ch_1", metadata=marks))
    news("payment_intent.succeeded", intent("succeeded", received=10_000, latest_charge="ch_1", metadata=marks))

    attempt.refresh_from_db()
    assert (pending, attempt.state) == ("pending", "succeeded")
    assert money(Payment.objects.get(session=session)) == (100, 100, 0, False)


def test_what_a_browser_tried_before_is_not_the_answer_to_the_next_try(session, wire) -> None:
    by_itself = intent("requires_payment_method", last_payment_error=decline(), metadata=marked(session.pk))
    news("payment_intent.payment_failed", by_itself)
    news("charge.succeeded", charge(id="ch_9", payment_intent="pi_9", metadata=marked(UUID(int=9))))

    attempt = wants_to_pay(session, payment_method="pm_2")
    news("payment_intent.payment_failed", by_itself)  # again, and so all facts are gone through again
    attempt.refresh_from_db()
    meanwhile = attempt.state
    wire.post("/payment_intents/pi_1").respond(json=held(session, attempt.pk))
    attempt = asked(attempt)

    assert (meanwhile, attempt.state) == ("intended", "succeeded")


def test_an_intent_canceled_before_anybody_paid_ends_its_session(session, wire) -> None:
    news(
        "payment_intent.canceled",
        intent("canceled", cancellation_reason="abandoned", metadata=marked(session.pk)),
    )

    session.refresh_from_db()
    assert session.status == "canceled"
    assert not Payment.objects.exists()


def test_a_lookup_that_is_refused_is_tried_later(session, wire) -> None:
    payment = captured(wire, session)
    attempt, _made = gives_back(wire, payment, 30, status="pending", balance_transaction=None)
    wire.get("/payment_intents/pi_1").respond(
        401, json={"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
    )
    due = PaymentAttempt.objects.get(pk=attempt.pk).next_try_at

    resuming.resume(attempt.pk)

    attempt.refresh_from_db()
    assert attempt.state == "pending"
    assert attempt.next_try_at is not None
    assert due is not None
    assert attempt.tries == 2


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_life_in_any_order_leaves_the_same_rows(session, wire, seed: int) -> None:
    """A first card is refused, a second one pays, and from then on everything is done in the dashboard."""
    first = wants_to_pay(session, payment_method="pm_1")
    wire.post("/payment_intents/pi_1").respond(json=intent("requires_confirmation"))
    wire.post("/payment_intents/pi_1/confirm").respond(402, json={"error": decline()})
    asked(first)
    second = wants_to_pay(session, payment_method="pm_2")
    told = life(session.pk, first.pk, second.pk)
    random.Random(seed).shuffle(told)

    for kind, thing in told:
        news(kind, thing)

    payment = Payment.objects.get(session=session)
    assert money(payment) == (100, 60, 10, True)
    # A refund of the dashboard whose failure is told first was never anything here.
    assert sorted(each for each in attempts() if each != ("refund", "declined", 5, True)) == [
        ("authorize", "declined", 100, False),
        ("authorize", "succeeded", 100, False),
        ("capture", "succeeded", 60, True),
        ("refund", "succeeded", 10, True),
        ("void", "succeeded", 40, True),
    ]
    assert order_of(payment) == ("partially_refunded", 90, 60, 10)
    assert not problems()


def test_the_number_of_a_card_that_was_sent_here_by_mistake_is_kept_nowhere(session, wire) -> None:
    wrong = {"number": "4242424242424242", "cvc": "123", "payment_method": "pm_1", "return_url": "https://shop.example"}
    begun = sessions.open_session(collection_id=session.collection_id, provider="stripe", actor=STAFF, context=wrong)

    attempt = wants_to_pay(session, **wrong)

    kept = {"payment_method": "pm_1", "return_url": "https://shop.example"}
    assert (begun.context, attempt.data) == (kept, kept)

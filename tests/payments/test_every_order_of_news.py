"""However a provider's news come, early, late, twice or in any order, they come to the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest

from oms.core import actors
from oms.core.transactions import rehearsal
from orders.models import CreditLine, Order
from payments.enums import EventSource, MoneyAct
from payments.models import Payment, PaymentAttempt, PaymentSession, ProviderEvent
from payments.providers.base import Fact
from payments.services import calling, capturing, facts, sessions
from tests.paying import amounts, money, usd
from tests.payments.signed import fact
from tests.payments.signed_payments import authorized, ordered, session_of
from tests.scenarios import STAFF, recorded_events

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]
_OF_THE_MOMENT = {"id", "created_at", "updated_at", "settled_at", "next_try_at", "authorized_at", "captured_at"}


def news(reference: str) -> list[Fact]:
    return [
        fact("authorize", reference),
        fact("capture", reference, 60, movement="cap_1"),
        fact("refund", reference, 25, "pending", movement="ref_1"),
        fact("refund", reference, 25, "succeeded", movement="ref_1"),
    ]


def outcome(order_id: Any) -> dict[str, Any]:
    """Everything that follows from the news, but for ids and moments; which are told by whether they are there."""
    kinds = {
        Order: Order.objects.filter(pk=order_id),
        CreditLine: CreditLine.objects.filter(order=order_id),
        PaymentSession: PaymentSession.objects.filter(collection__order=order_id),
        Payment: Payment.objects.filter(order=order_id),
        PaymentAttempt: PaymentAttempt.objects.filter(payment__order=order_id).order_by("act", "movement"),
        ProviderEvent: ProviderEvent.objects.order_by("act", "movement", "outcome"),
    }
    ours = {"payment_id", "attempt_id", "recorded_at", "event_seq", "revision"}
    return {
        kind.__name__: [
            {name: value is not None if name in _OF_THE_MOMENT | ours else value for name, value in row.items()}
            for row in rows.values()
        ]
        for kind, rows in kinds.items()
    }


def learned(told: Sequence[Fact], order_id: Any) -> dict[str, Any]:
    for each in told:
        facts.learn("signed", [each], source=EventSource.WEBHOOK, actor=actors.SYSTEM)
    return outcome(order_id)


def test_the_same_four_facts_in_all_their_orders_also_repeated_come_to_the_same():
    session = session_of(order := ordered())
    told = news(session.reference)
    results = []

    for sequence in permutations(told):
        with rehearsal():
            results += [learned(sequence, order), learned(sequence[::-1], order)]
    with rehearsal():
        facts.learn("signed", told, source=EventSource.WEBHOOK, actor=actors.SYSTEM)
        results.append(outcome(order))

    assert len(results) == 49
    assert all(each == results[0] for each in results)
    (payment,), attempts = results[0]["Payment"], results[0]["PaymentAttempt"]
    assert (payment["amount"], payment["captured"], payment["refunded"], payment["problem"]) == (100, 60, 25, "")
    assert [(each["act"], each["amount"], each["state"]) for each in attempts] == [
        ("authorize", 100, "succeeded"),
        ("capture", 60, "succeeded"),
        ("refund", 25, "succeeded"),
    ]
    (row,) = results[0]["Order"]
    assert (row["total"], row["captured_total"], row["refunded_total"]) == (75, 60, 25)


def test_a_webhook_that_comes_before_the_answer_to_our_own_call_is_the_same_capture():
    payment = authorized(order := ordered())
    attempt = capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)
    early = fact("capture", payment.reference, movement=f"cap_{attempt.pk}", key=str(attempt.pk))

    facts.learn("signed", [early], source=EventSource.WEBHOOK, actor=actors.SYSTEM)
    between = amounts(payment), money(order)
    calling.carry_out(attempt.pk, waited=True)
    facts.learn("signed", [early], source=EventSource.WEBHOOK, actor=actors.SYSTEM)

    assert between == ((100, 100, 0), ("captured", 100, 100, 0, 0))
    assert (amounts(payment), money(order)) == between
    assert PaymentAttempt.objects.filter(act=MoneyAct.CAPTURE).count() == 1
    assert recorded_events().count("order.payment_captured") == 1


def test_news_of_a_payment_that_nobody_knows_yet_count_as_soon_as_its_session_appears():
    collection = sessions.create_collection(amount=usd(100), order_id=(order := ordered()), actor=STAFF)
    session = PaymentSession.objects.create(collection=collection, provider="signed", currency="USD", amount=100)
    reference = f"pay_{session.pk}"  # which the provider will say when it answers

    unknown = facts.learn("signed", news(reference), source=EventSource.WEBHOOK, actor=actors.SYSTEM)
    before = Payment.objects.count()
    sessions.initiate(session.pk)

    assert (unknown, before) == ({reference}, 0)
    payment = Payment.objects.get()
    assert amounts(payment) == (100, 60, 25)
    assert money(order)[2:4] == (60, 25)

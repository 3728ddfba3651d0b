"""Providers that misbehave, news that come late, and money that nobody would give back otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from oms.core import actors
from orders.services import refunds
from payments.enums import EventSource
from payments.models import PaymentAttempt
from payments.providers.base import Outcome, ProviderResult
from payments.services import calling, facts, sessions
from tests.payments.money import amounts, captured, money, ordered, session_of, usd
from tests.payments.signed import SignedProvider, fact
from tests.scenarios import STAFF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def learn(*told: Any) -> None:
    facts.learn("signed", told, source=EventSource.WEBHOOK, actor=actors.SYSTEM)


def answers(monkeypatch: pytest.MonkeyPatch, act: str, *results: Any) -> None:
    """What the provider says to the next calls, one after the other; an exception is raised."""
    rest = list(results)

    def answer(self: SignedProvider, request: Any) -> ProviderResult:
        result = rest.pop(0)
        if isinstance(result, Exception):
            raise result
        assert isinstance(result, ProviderResult)
        return result

    monkeypatch.setattr(SignedProvider, act, answer)


def attempts(**which: Any) -> list[tuple[str, str, bool]]:
    rows = PaymentAttempt.objects.filter(**which).order_by("created_at", "id")
    return list(rows.values_list("act", "state", "is_foreign"))


def test_a_card_that_asked_for_3d_secure_is_the_try_that_succeeds_though_nobody_says_whose_it_is(monkeypatch):
    session = session_of(ordered())
    answers(monkeypatch, "authorize", ProviderResult(outcome=Outcome.REQUIRES_ACTION))
    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF, waits=True)
    calling.carry_out(attempt.pk, waited=True)

    learn(fact("authorize", session.reference))

    assert attempts() == [("authorize", "succeeded", False)]


def test_two_movements_with_the_key_of_one_call_are_both_seen():
    order_id = ordered()
    payment = captured(order_id)
    attempt = refunds.refund_payment(payment_id=payment.pk, amount=usd(30), actor=STAFF, waits=True)
    attempt = calling.carry_out(attempt.pk, waited=True)

    learn(fact("refund", payment.reference, 30, movement="again", key=str(attempt.pk)))

    assert amounts(payment) == (100, 100, 60)
    assert money(order_id) == ("partially_refunded", 40, 100, 60, 0)
    assert attempts(act="refund") == [("refund", "succeeded", False), ("refund", "succeeded", True)]


def test_a_refund_that_was_pending_without_a_name_and_failed_under_one_is_declined(monkeypatch):
    order_id = ordered()
    payment = captured(order_id)
    answers(monkeypatch, "refund", ProviderResult(outcome=Outcome.PENDING))
    attempt = refunds.refund_payment(payment_id=payment.pk, amount=usd(30), actor=STAFF, waits=True)
    calling.carry_out(attempt.pk, waited=True)

    learn(fact("refund", payment.reference, 30, movement="r", key=str(attempt.pk)))
    learn(fact("refund", payment.reference, 30, "declined", movement="r", key=str(attempt.pk)))

    attempt.refresh_from_db()
    assert (attempt.state, money(order_id)) == ("declined", ("captured", 100, 100, 0, 0))

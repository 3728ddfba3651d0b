"""Providers that misbehave, news that come late, and money that nobody would give back otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError
from django.utils import timezone

from channels.models import SalesChannel
from oms.core import actors
from orders.models import Order
from orders.services import collecting, refunding_lines, refunds
from orders.services.cancellation import cancel_order
from orders.services.refund_planning import Wanted
from payments.enums import CaptureOn, EventSource
from payments.errors import NotSupportedByProvider
from payments.models import Payment, PaymentAttempt, PaymentSession, ProviderEvent
from payments.providers.base import Capabilities, Outcome, ProviderRejected, ProviderResult, ProviderUnavailable
from payments.services import calling, capturing, facts, resuming, sessions, voiding
from tests.paying import amounts, money, payment_of, resume_what_is_due, usd
from tests.payments.balances import a_card, an_order, pay, worth
from tests.payments.signed import SignedProvider, fact
from tests.payments.signed_payments import authorized, captured, ordered, session_of
from tests.scenarios import STAFF, nothing_moves

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


def authorized_anew(order_id: UUID, amount: Any = 100) -> Payment:
    """What a customer pays besides, with a collection of its own."""
    collection = sessions.create_collection(amount=usd(amount), order_id=order_id, actor=STAFF)
    session = sessions.initiate(sessions.create_session(collection_id=collection.pk, provider="signed", actor=STAFF).pk)
    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF, waits=True)
    return payment_of(calling.carry_out(attempt.pk, waited=True))


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


def test_a_session_stands_where_its_last_try_stands_though_news_of_an_earlier_one_come_late(monkeypatch):
    session = session_of(order_id := ordered())
    news = ProviderResult(outcome=Outcome.DECLINED), ProviderResult(outcome=Outcome.PENDING)
    answers(monkeypatch, "authorize", *news)
    first, second = (
        calling.carry_out(
            sessions.request_authorization(session_id=session.pk, actor=STAFF, waits=True).pk, waited=True
        )
        for _ in news
    )
    stood = []

    for told in (
        fact("authorize", session.reference, outcome="requires_action", key=str(second.pk)),
        fact("authorize", session.reference, outcome="declined", movement="late", key=str(first.pk)),
    ):
        stood.append((PaymentSession.objects.get().status, Order.objects.get(pk=order_id).payment_status))
        learn(told)
    stood.append((PaymentSession.objects.get().status, Order.objects.get(pk=order_id).payment_status))

    assert stood == [("pending", "awaiting"), *[("requires_more", "requires_action")] * 2]


def test_a_call_that_breaks_in_a_way_nobody_thought_of_has_an_unknown_outcome(monkeypatch):
    payment = captured(ordered())
    answers(monkeypatch, "refund", KeyError("id"))
    attempt = refunds.refund_payment(payment_id=payment.pk, amount=usd(30), actor=STAFF, waits=True)

    attempt = calling.carry_out(attempt.pk, waited=True)

    assert (attempt.state, attempt.leased_until) == ("unknown", None)
    assert attempt.next_try_at is not None
    assert attempt.next_try_at > timezone.now()


def test_an_answer_that_cannot_be_written_down_is_not_asked_for_all_the_time(monkeypatch):
    payment = captured(ordered())
    answers(monkeypatch, "refund", ProviderResult(outcome=Outcome.SUCCEEDED, movement="r\x00"))
    attempt = refunds.refund_payment(payment_id=payment.pk, amount=usd(30), actor=STAFF)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(tries=6)

    with pytest.raises(DataError, match="NUL"):
        resuming.resume(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.tries) == ("intended", 7)
    assert attempt.next_try_at is not None
    assert attempt.next_try_at > timezone.now() + timedelta(minutes=3)


def test_who_waited_so_long_that_a_worker_took_over_does_not_ask_as_well(monkeypatch):
    payment = captured(ordered())
    answers(monkeypatch, "refund")  # a call would break
    attempt = refunds.refund_payment(payment_id=payment.pk, amount=usd(30), actor=STAFF, waits=True)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(tries=1, leased_until=timezone.now() + timedelta(seconds=20))

    calling.carry_out(attempt.pk, waited=True)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.tries) == ("intended", 1)


@pytest.mark.parametrize(
    ("is_done", "ends"),
    [
        (True, ("succeeded", "", ("partially_refunded", 70, 100, 30, 0))),
        (False, ("declined", "authentication_error", ("captured", 100, 100, 0, 0))),
    ],
)
def test_a_repeat_that_is_rejected_does_not_say_that_the_first_call_was_not_carried_out(monkeypatch, is_done, ends):
    """Credentials were changed meanwhile, say."""
    order_id = ordered()
    payment = captured(order_id)
    rejected = ProviderRejected("Invalid API key", code="authentication_error")
    answers(monkeypatch, "refund", ProviderUnavailable("timeout"), rejected)
    attempt = refunds.refund_payment(payment_id=payment.pk, amount=usd(30), actor=STAFF, waits=True)
    calling.carry_out(attempt.pk, waited=True)
    done = fact("refund", payment.reference, 30, movement="r", key=str(attempt.pk))
    SignedProvider.books[payment.reference] = [done] if is_done else []

    resuming.resume(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, money(order_id)) == ("unknown", ("captured", 70, 100, 0, -30))
    resuming.resume(attempt.pk)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.code, money(order_id)) == ends


def test_what_a_provider_without_books_did_is_not_guessed_when_it_forgot_the_key(monkeypatch):
    order_id = ordered()
    payment = captured(order_id)
    answers(monkeypatch, "refund", ProviderUnavailable("timeout"))
    monkeypatch.setattr(SignedProvider, "can", Capabilities(look_up=False))
    attempt = refunds.refund_payment(payment_id=payment.pk, amount=usd(30), actor=STAFF, waits=True)
    calling.carry_out(attempt.pk, waited=True)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(created_at=timezone.now() - timedelta(days=2))

    resuming.resume(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, money(order_id)) == ("unknown", ("captured", 70, 100, 0, -30))


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


def test_a_refund_to_several_gift_cards_locks_them_in_one_order():
    one, other = a_card(50), a_card(50)
    order_id = an_order(100)
    for new in (other, one):
        capturing.request_capture(payment_id=payment_of(pay(order_id, 50, "gift_card", code=new.code)).pk, actor=STAFF)

    refunding_lines.refund_order(order_id=order_id, wanted=Wanted(amount=usd(100)), actor=STAFF)

    assert [worth(new.card)[0] for new in (one, other)] == [50, 50]


def test_an_authorization_that_is_told_after_it_ended_is_known_and_not_taken():
    order_id = ordered()
    SalesChannel.objects.update(capture_on=CaptureOn.PLACEMENT)
    session = session_of(order_id)
    ended = (timezone.now() - timedelta(hours=1)).isoformat()

    learn(fact("authorize", session.reference, expires_at=ended))

    assert amounts(Payment.objects.get()) == (100, 0, 0)


def test_an_authorization_that_comes_too_late_with_a_capture_under_way_is_known():
    order_id = ordered()
    session = session_of(order_id)
    cancel_order(order_id=order_id, reason="customer", actor=STAFF)

    learn(
        fact("authorize", session.reference),
        fact("capture", session.reference, 60, "pending", movement="c"),
    )

    assert amounts(Payment.objects.get()) == (100, 0, 0)


def test_what_is_authorized_twice_is_not_taken_twice():
    order_id = ordered()
    SalesChannel.objects.update(capture_on=CaptureOn.PLACEMENT)
    first, second = session_of(order_id), session_of(order_id)
    for session in (first, second):
        attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF, waits=True)
        calling.carry_out(attempt.pk, waited=True)
        for begun in PaymentAttempt.objects.filter(act="capture", state="intended"):
            calling.carry_out(begun.pk)

    assert money(order_id) == ("captured", 100, 100, 0, 0)


def test_what_was_promised_and_has_ended_can_be_collected_anew():
    order_id = ordered()
    payment = authorized(order_id)
    Payment.objects.filter(pk=payment.pk).update(expires_at=timezone.now() - timedelta(minutes=1))

    collecting.mark_as_paid(order_id=order_id, actor=STAFF)

    assert money(order_id) == ("captured", 100, 100, 0, 0)


def test_a_collection_whose_authorization_has_ended_can_be_paid_by_hand():
    order_id = ordered()
    payment = authorized(order_id)
    Payment.objects.filter(pk=payment.pk).update(expires_at=timezone.now() - timedelta(minutes=1))

    collecting.mark_as_paid(order_id=order_id, collection_id=order_id, actor=STAFF)

    assert money(order_id) == ("captured", 100, 100, 0, 0)


def test_what_is_on_its_way_back_is_due_as_well():
    order_id = ordered()
    payment = captured(order_id, 50)
    refund = refunds.refund_payment(payment_id=payment.pk, amount=usd(20), actor=STAFF, waits=True)

    collecting.mark_as_paid(order_id=order_id, actor=STAFF)
    calling.carry_out(refund.pk, waited=True)

    assert money(order_id) == ("partially_refunded", 80, 100, 20, 0)


def test_what_a_provider_that_was_taken_out_of_the_settings_left_open_is_put_off(settings):
    payment = authorized(ordered())
    attempt = capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(leased_until=None)
    settings.OMS = settings.OMS | {
        "PAYMENT_PROVIDERS": {k: v for k, v in settings.OMS["PAYMENT_PROVIDERS"].items() if k != "signed"}
    }

    resume_what_is_due()

    attempt.refresh_from_db()
    assert (attempt.state, resuming.due_attempts()) == ("intended", [])


def test_a_customer_who_never_answered_3d_secure_is_not_waited_for_for_ever(monkeypatch):
    session = session_of(ordered())
    answers(monkeypatch, "authorize", ProviderResult(outcome=Outcome.REQUIRES_ACTION))
    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF, waits=True)
    calling.carry_out(attempt.pk, waited=True)
    PaymentAttempt.objects.update(created_at=timezone.now() - timedelta(days=8), next_try_at=timezone.now())

    resume_what_is_due()

    attempt.refresh_from_db()
    assert (attempt.state, attempt.next_try_at) == ("pending", None)
    learn(fact("authorize", session.reference, key=str(attempt.pk)))
    assert PaymentSession.objects.get().status == "authorized"


def test_gift_cards_that_were_authorized_while_a_cancellation_waited_are_let_go_in_one_order(monkeypatch):
    order_id = ordered()
    captured(order_id, 50)
    answers(monkeypatch, "refund", ProviderResult(outcome=Outcome.SUCCEEDED, movement="r"))
    cancel_order(order_id=order_id, reason="customer", actor=STAFF, waits=True)
    one, other = a_card(10), a_card(10)
    collection = sessions.create_collection(amount=usd(20), order_id=order_id, actor=STAFF)
    for new in (other, one):
        pay(collection.pk, 10, "gift_card", code=new.code)

    calling.carry_out(PaymentAttempt.objects.get(act="refund").pk, waited=True)

    assert money(order_id) == ("refunded", 0, 50, 50, 0)
    assert [worth(new.card)[0] for new in (one, other)] == [10, 10]


@pytest.mark.parametrize(("came_of_it", "taken"), [("succeeded", 60), ("declined", 0)])
def test_what_a_capture_at_the_provider_leaves_is_let_go_when_the_order_was_canceled_meanwhile(came_of_it, taken):
    order_id = ordered()
    captured(order_id)
    cancel_order(order_id=order_id, reason="customer", actor=STAFF, waits=True)
    other = authorized_anew(order_id)
    learn(fact("capture", other.reference, 60, movement="cap", outcome="pending"))
    calling.carry_out(PaymentAttempt.objects.get(act="refund").pk, waited=True)
    before = attempts(payment=other, act="void")

    learn(fact("capture", other.reference, 60, movement="cap", outcome=came_of_it))

    assert before == []
    assert amounts(other) == (100, taken, 0)
    assert attempts(payment=other, act="void") == [("void", "intended", False)]


@pytest.mark.parametrize(
    ("there", "ends"), [(100, ("refunded", 0, 100, 100, 0)), (30, ("partially_refunded", 70, 100, 30, 0))]
)
def test_what_was_given_back_at_the_provider_counts_when_the_cancellation_is_refused_for_it(monkeypatch, there, ends):
    order_id = ordered()
    payment = captured(order_id)
    cancel_order(order_id=order_id, reason="customer", actor=STAFF, waits=True)
    learn(fact("refund", payment.reference, there, movement="made there"))
    between = money(order_id)

    answers(monkeypatch, "refund", ProviderResult(outcome=Outcome.DECLINED, code="too_much"))
    calling.carry_out(PaymentAttempt.objects.get(act="refund", is_foreign=False).pk, waited=True)

    assert between[1:] == (0, 100, there, there - 100)
    assert money(order_id) == ends
    assert Order.objects.get().status == "requires_action"


def test_a_provider_that_cannot_let_go_is_not_asked_to_and_keeps_no_order_from_being_canceled(monkeypatch):
    monkeypatch.setattr(SignedProvider, "can", Capabilities(void=False))
    order_id = ordered()
    payment = authorized(order_id)

    with nothing_moves(), pytest.raises(NotSupportedByProvider):
        voiding.request_void(payment_id=payment.pk, actor=STAFF)
    cancel_order(order_id=order_id, reason="customer", actor=STAFF)

    assert (Order.objects.get().status, amounts(payment)) == ("canceled", (100, 0, 0))
    assert attempts(payment=payment) == [("authorize", "succeeded", False)]


def test_an_order_is_canceled_though_the_provider_of_what_it_holds_is_gone(settings):
    order_id = ordered()
    captured(order_id)
    cancel_order(order_id=order_id, reason="customer", actor=STAFF, waits=True)
    held = authorized_anew(order_id)
    Payment.objects.filter(pk=held.pk).update(provider="gone")

    calling.carry_out(PaymentAttempt.objects.get(act="refund").pk, waited=True)

    assert money(order_id) == ("refunded", 0, 100, 100, 0)
    assert Order.objects.get().status == "canceled"


def test_an_answer_that_says_nothing_was_captured_is_shown_and_moves_nothing(monkeypatch):
    payment = authorized(order_id := ordered())
    answers(monkeypatch, "capture", ProviderResult(outcome=Outcome.SUCCEEDED, movement="cap", amount=usd(0)))
    attempt = capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)

    calling.carry_out(attempt.pk, waited=True)

    assert amounts(payment) == (100, 0, 0)
    assert money(order_id) == ("authorized", 100, 0, 0, 100)
    assert list(ProviderEvent.objects.exclude(problem="").values_list("act", "problem")) == [("capture", "amount")]


def test_money_given_back_at_the_provider_while_a_refund_of_ours_is_on_its_way_is_not_that_refund(monkeypatch):
    payment = captured(order_id := ordered())
    answers(monkeypatch, "refund", ProviderUnavailable("no answer"), ProviderResult(outcome=Outcome.SUCCEEDED))
    refund = refunds.refund_payment(payment_id=payment.pk, amount=usd(50), actor=STAFF, waits=True)
    calling.carry_out(refund.pk, waited=True)

    learn(fact("refund", payment.reference, 25, movement="made there"))
    between = money(order_id)
    resuming.resume(refund.pk)

    assert between == ("partially_refunded", 25, 100, 25, -50)
    assert money(order_id) == ("partially_refunded", 25, 100, 75, 0)

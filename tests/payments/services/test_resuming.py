"""What hangs is taken up again, and comes to what the gateway's own books say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from oms.core.money import Money
from orders.enums import CancelReason
from orders.models import CreditLine, Order
from orders.services.cancellation import cancel_order
from orders.services.refunds import refund_payment
from payments.models import Payment, PaymentAttempt
from payments.providers.base import ProviderUnavailable
from payments.services import calling, capturing, resuming, sessions
from tests.paying import ask, money, resume_what_is_due, usd
from tests.payments.gateway_payments import (
    IMPATIENT,
    authorize,
    authorized,
    deliver,
    hear,
    in_minor_units,
    look_after,
    session_of,
)
from tests.scenarios import STAFF, Shop, shop

pytestmark = pytest.mark.django_db


def refund_without_an_answer(gateway, twist: str, here: Shop | None = None) -> tuple[Payment, PaymentAttempt]:
    payment = authorized(usd(100), here=here)
    ask(capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True))
    gateway.script("refund", twist)
    attempt = ask(refund_payment(payment_id=payment.pk, amount=usd(60), actor=STAFF, waits=True))
    assert attempt.state == "unknown"
    return payment, attempt


def days_later(attempt: PaymentAttempt) -> PaymentAttempt:
    """So late that a provider need not know its key any more."""
    PaymentAttempt.objects.filter(pk=attempt.pk).update(created_at=timezone.now() - timedelta(days=2))
    return resuming.resume(attempt.pk)


def test_what_is_due_is_taken_up_when_its_time_has_come(gateway):
    _payment, attempt = refund_without_an_answer(gateway, "timeout_before")

    at_once = resuming.due_attempts()
    PaymentAttempt.objects.filter(pk=attempt.pk).update(next_try_at=timezone.now())
    later = resuming.due_attempts()

    assert (at_once, later, resume_what_is_due()) == ([], [attempt.pk], 1)
    assert resuming.due_attempts() == []


def test_what_somebody_asks_for_right_now_is_left_to_them_until_their_time_is_up(gateway):
    payment = authorized(usd(100))
    attempt = capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)

    meanwhile = calling.carry_out(attempt.pk)
    asked_meanwhile = gateway.calls("capture")
    PaymentAttempt.objects.filter(pk=attempt.pk).update(leased_until=timezone.now())
    afterwards = calling.carry_out(attempt.pk)

    assert (meanwhile.state, meanwhile.tries, asked_meanwhile) == ("intended", 0, [])
    assert (afterwards.state, afterwards.tries, gateway.calls("capture")) == ("succeeded", 1, [str(attempt.pk)])


@pytest.mark.parametrize(
    ("twist", "ends", "order"),
    [
        ("timeout_after", ("succeeded", ""), ("partially_refunded", 40, 100, 60, 0)),
        ("timeout_before", ("declined", "not_done"), ("captured", 100, 100, 0, 0)),
    ],
)
def test_when_the_key_is_known_no_longer_the_books_of_the_gateway_decide(gateway, twist, ends, order):
    payment, attempt = refund_without_an_answer(gateway, twist)

    settled = days_later(attempt)

    assert (settled.state, settled.code) == ends
    assert money(payment.order_id) == order
    assert len(gateway.calls("refund")) == 1  # it was looked up
    assert in_minor_units(payment) == gateway.moved(payment.reference)


def test_what_was_thought_not_done_and_is_heard_of_later_was_done(gateway):
    payment, attempt = refund_without_an_answer(gateway, "timeout_before")
    days_later(attempt)

    gateway.move_there(payment.reference, "refund", 6000, key=str(attempt.pk))
    deliver(gateway)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.is_foreign, PaymentAttempt.objects.filter(act="refund").count()) == (
        "succeeded",
        False,
        1,
    )
    assert money(payment.order_id) == ("partially_refunded", 40, 100, 60, 0)
    assert list(CreditLine.objects.values_list("amount", flat=True)) == [60]


def test_credentials_that_are_refused_say_nothing_of_the_try_before(gateway):
    payment, attempt = refund_without_an_answer(gateway, "timeout_after")
    gateway.script("refund", "unauthorized")

    refused = resuming.resume(attempt.pk)
    unknown = money(payment.order_id)
    settled = resuming.resume(attempt.pk)

    assert (refused.state, refused.message, unknown) == ("unknown", "answered 401", ("captured", 40, 100, 0, -60))
    assert (settled.state, gateway.moved(payment.reference)) == ("succeeded", (10000, 10000, 6000))


@pytest.mark.parametrize("twist", ["error_500_before", "drop_before", "decline"])
def test_a_gateway_that_cannot_be_looked_into_is_looked_into_later(gateway, twist):
    payment = authorized(usd(100), "4000000000000051")
    attempt = ask(capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True))

    gateway.script("look_up", twist)
    resuming.resume(attempt.pk)
    was = PaymentAttempt.objects.get(pk=attempt.pk)
    gateway.settle(payment.reference)
    resuming.resume(attempt.pk)

    assert attempt.next_try_at is not None
    assert was.next_try_at is not None
    assert (was.state, was.tries, was.next_try_at > timezone.now()) == ("pending", attempt.tries + 1, True)
    assert in_minor_units(payment) == gateway.moved(payment.reference) == (10000, 10000, 0)


@pytest.mark.parametrize("twist", ["timeout_before", "timeout_after", "error_500_after"])
def test_a_session_that_the_gateway_did_not_answer_is_begun_again_as_the_same(gateway, twist):
    session = session_of(usd(100), begin=False)
    gateway.script("initiate", twist)

    with pytest.raises(ProviderUnavailable):
        sessions.initiate(session.pk, timeout=IMPATIENT)
    session = sessions.initiate(session.pk)
    attempt = authorize(session)

    assert attempt.state == "succeeded"
    assert [each["id"] for each in gateway.books()["payments"]] == [session.reference]


@pytest.mark.parametrize("twist", ["timeout_before", "timeout_after"])
def test_an_authorization_without_an_answer_is_one_payment_in_the_end(gateway, twist):
    session = session_of(usd(100))
    gateway.script("authorize", twist)

    attempt = authorize(session)
    nothing = Payment.objects.count()
    look_after(attempt)

    payment = Payment.objects.get()
    assert (attempt.state, nothing) == ("unknown", 0)
    assert in_minor_units(payment) == gateway.moved(payment.reference) == (10000, 0, 0)


@pytest.mark.parametrize(
    ("twist", "status"),
    [("timeout_before", "canceled"), ("timeout_after", "canceled"), ("decline", "requires_action")],
)
def test_an_order_is_canceled_when_the_gateway_has_let_go(gateway, twist, status):
    payment = authorized(usd(100))
    assert payment.order_id is not None
    gateway.script("void", twist)

    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF, waits=True)
    attempt = ask(PaymentAttempt.objects.get(act="void"))
    between = Order.objects.get(pk=payment.order_id).status
    look_after(attempt)

    order = Order.objects.get(pk=payment.order_id)
    assert (between, order.status) == ("requires_action" if twist == "decline" else "pending", status)
    assert gateway.payment(payment.reference)["voided"] is (status == "canceled")


@pytest.mark.parametrize(
    ("total", "taken", "back", "moved"),
    [
        (Money(Decimal("12.345"), "KWD"), "7.001", "0.001", (12345, 7001, 1)),
        (Money(Decimal(500), "JPY"), "499", "1", (500, 499, 1)),
        (Money(Decimal("0.03"), "USD"), "0.02", "0.01", (3, 2, 1)),
    ],
)
def test_every_currency_is_exact_to_its_last_unit(gateway, total, taken, back, moved):
    payment = authorized(total)

    ask(
        capturing.request_capture(
            payment_id=payment.pk, amount=Money(Decimal(taken), total.currency), actor=STAFF, waits=True
        )
    )
    ask(refund_payment(payment_id=payment.pk, amount=Money(Decimal(back), total.currency), actor=STAFF, waits=True))

    assert in_minor_units(payment) == gateway.moved(payment.reference) == moved


@pytest.mark.django_db(transaction=True)
def test_news_and_tries_at_the_same_moment_come_to_one_refund(gateway):
    """Two workers ask again with the same key while the webhook comes twice."""
    here = shop({"W1": {"LAMP": 3}})
    unknown = [refund_without_an_answer(gateway, "error_500_after", here) for _ in range(3)]
    hooks = {
        payment.pk: next(
            each for each in reversed(gateway.signed_webhooks()) if payment.reference.encode() in each.body
        )
        for payment, _attempt in unknown
    }
    barrier, problems = Barrier(4), []

    def at_once(act: Callable[[Payment, PaymentAttempt], object]) -> None:
        try:
            for payment, attempt in unknown:
                barrier.wait(20)
                act(payment, attempt)
        except BaseException as problem:  # of a thread, which nobody else would see
            problems.append(problem)
            barrier.abort()
        finally:
            connection.close()

    def asks_again(_payment: Payment, attempt: PaymentAttempt) -> None:
        resuming.resume(attempt.pk)

    def hears(payment: Payment, _attempt: PaymentAttempt) -> None:
        hear(hooks[payment.pk])

    threads = [Thread(target=at_once, args=[act]) for act in (asks_again, asks_again, hears, hears)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    for payment, attempt in unknown:
        attempt.refresh_from_db()
        assert (attempt.state, money(payment.order_id)) == ("succeeded", ("partially_refunded", 40, 100, 60, 0))
        assert in_minor_units(payment) == gateway.moved(payment.reference) == (10000, 10000, 6000)
    assert PaymentAttempt.objects.filter(act="refund").count() == len(unknown)

"""A provider's news at the same moment as the answer to our own call, and as each other, in four processes."""

from __future__ import annotations

from uuid import UUID

from payments.models import Payment, PaymentAttempt, ProviderEvent, ProviderWebhook
from payments.services import capturing
from tests.concurrency import payment_work
from tests.concurrency.workers import COUNT, Workers
from tests.paying import money
from tests.payments.signed import message, said
from tests.payments.signed_payments import authorized, ordered
from tests.scenarios import STAFF, recorded_events, shop

ROUNDS = 8


def assert_each_is_captured_once(payments: list[Payment]) -> None:
    for payment in payments:
        assert payment.order_id is not None
        assert money(payment.order_id) == ("captured", 100, 100, 0, 0)
        news = recorded_events(payment.order_id)
        assert [each for each in news if each != "order.updated"] == [
            "order.placed",
            "order.payment_authorized",
            "order.payment_captured",
        ]
    assert Payment.objects.count() == PaymentAttempt.objects.filter(act="capture").count() == len(payments)
    assert ProviderEvent.objects.filter(act="capture").count() == len(payments)
    assert not ProviderEvent.objects.exclude(problem="").exists()
    told = ProviderWebhook.objects.values_list("times_received", "problem", "error", "next_try_at")
    assert list(told) == [(told[0][0], "", "", None)] * len(payments)


def test_a_capture_that_is_told_of_four_times_at_once_is_one(workers: Workers):
    with payment_work.the_provider():
        here = shop({"W1": {"LAMP": 500}})
        payments = [authorized(ordered(here)) for _ in range(ROUNDS)]
    bodies = [
        message(f"evt_{number}", said("capture", each.reference, movement=f"cap_{number}"))
        for number, each in enumerate(payments)
    ]

    answers = workers.race(payment_work.take_in, bodies)

    assert all(len(set(same)) == 1 for same in zip(*answers, strict=True))
    assert set(ProviderWebhook.objects.values_list("times_received", flat=True)) == {COUNT}
    assert_each_is_captured_once(payments)


def captures_that_are_told_of() -> tuple[list[Payment], list[tuple[UUID, bytes]]]:
    """Payments of which all is about to be captured, with the attempt and the webhook that tells of it."""
    with payment_work.the_provider():
        here = shop({"W1": {"LAMP": 500}})
        payments = [authorized(ordered(here)) for _ in range(ROUNDS)]
        attempts = [capturing.request_capture(payment_id=each.pk, actor=STAFF, waits=True) for each in payments]
    captures = []
    for payment, attempt in zip(payments, attempts, strict=True):
        told = said("capture", payment.reference, movement=f"cap_{attempt.pk}", key=str(attempt.pk))
        captures.append((attempt.pk, message(f"evt_{attempt.pk}", told)))
    return payments, captures


def test_a_capture_that_is_told_of_three_times_while_our_call_is_answered_is_one(workers: Workers):
    payments, captures = captures_that_are_told_of()

    failed = workers.race(payment_work.answer_and_news, captures)

    assert sum(failed) == 0
    assert set(ProviderWebhook.objects.values_list("times_received", flat=True)) == {COUNT - 1}
    assert_each_is_captured_once(payments)

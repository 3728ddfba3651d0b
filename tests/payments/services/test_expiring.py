"""Authorizations end: staff are told in time and once, and what ended cannot be captured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from oms.core.models import OutboxEvent
from payments.errors import PaymentExpired
from payments.models import Payment
from payments.services import calling, capturing, expiring, facts
from tests.payments.money import amounts, authorized, money, ordered, usd
from tests.payments.signed import NOT_REACHED, SignedProvider, fact
from tests.scenarios import STAFF, nothing_moves, recorded_events, shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def ends(payment: Payment, at: datetime) -> Payment:
    """Its provider says until when it holds the money: its authorization is told anew."""
    Payment.objects.filter(pk=payment.pk).update(expires_at=at)
    payment.refresh_from_db()
    return payment


def hours(count: float) -> datetime:
    return timezone.now() + timedelta(hours=count)


def warnings() -> list[dict[str, Any]]:
    return list(OutboxEvent.objects.filter(name="payments.authorization_expiring").values_list("data", flat=True))


def test_staff_are_told_once_of_what_ends_soon_and_not_of_what_was_captured_or_ends_later(settings):
    here = shop({"W1": {"LAMP": 30}})
    soon, later, taken = (authorized(ordered(here)) for _ in range(3))
    ends(later, hours(72))
    facts.learn("signed", [fact("capture", taken.reference, movement="c")], source="webhook", actor=STAFF)
    ends(taken, hours(5))
    at = ends(soon, hours(47)).expires_at

    first, second = expiring.warn_of_ending(), expiring.warn_of_ending()

    assert (first, second) == (1, 0)
    assert at is not None
    assert warnings() == [
        {
            "payment_id": soon.public_id,
            "order_id": soon.order.public_id,
            "provider": "signed",
            "amount": "100.0000",
            "left": "100.0000",
            "currency_code": "USD",
            "expires_at": at.isoformat(),
        }
    ]


def test_what_is_left_of_a_last_capture_ends_without_a_word():
    payment = authorized(ordered())
    attempt = capturing.request_capture(payment_id=payment.pk, amount=usd(60), is_last=True, actor=STAFF, waits=True)
    calling.carry_out(attempt.pk, waited=True)
    ends(payment, hours(5))

    assert expiring.warn_of_ending() == 0
    assert warnings() == []


def test_an_authorization_that_ended_cannot_be_captured():
    payment = ends(authorized(ordered()), hours(-1))

    with nothing_moves(), pytest.raises(PaymentExpired):
        capturing.request_capture(payment_id=payment.pk, actor=STAFF)


def test_the_provider_is_asked_what_became_of_it_and_says_that_it_let_go():
    payment = ends(authorized(order := ordered()), hours(-1))
    SignedProvider.books[payment.reference] = [fact("authorize", payment.reference), fact("void", payment.reference)]
    before = expiring.due_to_ask()

    expiring.ask_what_became(payment.pk)

    payment.refresh_from_db()
    assert (before, expiring.due_to_ask()) == ([payment.pk], [])
    assert payment.canceled_at is not None
    assert money(order) == ("not_paid", 100, 0, 0, 100)
    assert not expiring.ended(Payment.objects.all(), timezone.now()).exists()


def test_a_provider_that_says_nothing_is_asked_daily_for_a_week_and_the_payment_stays_as_it_is():
    payment = ends(authorized(order := ordered()), hours(-1))
    before = money(order), recorded_events()

    expiring.ask_what_became(payment.pk)
    at_once = expiring.due_to_ask()
    Payment.objects.update(expiry_checked_at=hours(-25))
    next_day = expiring.due_to_ask()
    ends(payment, hours(-24 * 8))

    assert (at_once, next_day, expiring.due_to_ask()) == ([], [payment.pk], [])
    assert (money(order), recorded_events()) == before
    assert amounts(payment) == (100, 0, 0)
    assert expiring.ended(Payment.objects.all(), timezone.now()).get() == payment


@pytest.mark.parametrize("trouble", ["not reached", "not set up", "nonsense"])
def test_a_provider_that_cannot_be_asked_is_asked_as_often_as_one_that_says_nothing(trouble, settings, monkeypatch):
    payment = ends(authorized(ordered()), hours(-1))
    SignedProvider.books[payment.reference] = NOT_REACHED
    if trouble == "not set up":
        settings.OMS = settings.OMS | {"PAYMENT_PROVIDERS": {}}
    if trouble == "nonsense":
        monkeypatch.setattr(SignedProvider, "look_up", lambda *_: {}["id"])

    with capture_logs() as logs:
        expiring.ask_what_became(payment.pk)
    at_once = expiring.due_to_ask()
    Payment.objects.update(expiry_checked_at=hours(-25))

    assert [(each["event"], each["provider"]) for each in logs] == [("payments.lookup_failed", "signed")]
    assert (at_once, expiring.due_to_ask()) == ([], [payment.pk])
    assert amounts(payment) == (100, 0, 0)

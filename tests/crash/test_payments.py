"""Our process is killed when the gateway has done what it was asked for and has not answered yet."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from oms.core import ids
from orders.services.refunds import refund_payment
from payments.models import Payment, PaymentAttempt
from payments.services import answering, calling, capturing, sessions, voiding
from tests.crash import killing
from tests.paying import money, resume_what_is_due, usd
from tests.payments.gateway import Gateway
from tests.payments.gateway_payments import authorized, in_minor_units, session_of
from tests.scenarios import STAFF, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def killed_over(gateway: Gateway) -> Callable[[PaymentAttempt], None]:
    """A process of ours carries the attempt out, and is killed between the gateway's own entry and its answer."""

    def killed_over(attempt: PaymentAttempt) -> None:
        told, tell = multiprocessing.Pipe(duplex=False)
        waited = attempt.leased_until is not None

        def work() -> None:
            told.recv()  # else the gateway would not know yet whom to kill
            calling.carry_out(attempt.pk, waited=waited)

        process = killing.Child(work)
        gateway.script(attempt.act, "kill_pid", pid=process.pid)
        tell.send("go")
        assert process.ended(20)[0] == -signal.SIGKILL

    return killed_over


def when_leases_have_run_out() -> int:
    """The resume task, later; how many attempts it took up."""
    past = timezone.now() - timedelta(seconds=1)
    PaymentAttempt.objects.filter(leased_until__isnull=False).update(leased_until=past, next_try_at=past)
    return resume_what_is_due()


def assert_nothing_doubled_or_missing(gateway: Gateway, payments: Sequence[Payment]) -> None:
    """Each payment has one capture and one refund at the gateway, and our amounts are the gateway's."""
    for payment in payments:
        assert gateway.movements(payment.reference) == [
            ("authorize", 10000, "succeeded"),
            ("capture", 6000, "succeeded"),
            ("refund", 2500, "succeeded"),
        ]
        assert in_minor_units(payment) == gateway.moved(payment.reference) == (10000, 6000, 2500)
        assert money(payment.order_id) == ("partially_refunded", 75, 60, 25, 40)


def prove(gateway: Gateway, killed_over: Callable[[PaymentAttempt], None], kills: int) -> None:
    """Half of the kills over captures and half over refunds; half of each while somebody waits for the answer."""
    here = shop({"W1": {"LAMP": kills}})
    payments = [authorized(usd(100), here=here) for _ in range(kills // 2)]
    asked: dict[str, list[str]] = {}
    taken_up = []
    for act in ("capture", "refund"):
        asked[act] = []
        for number, payment in enumerate(payments):
            more: dict[str, Any] = {"payment_id": payment.pk, "actor": STAFF, "waits": bool(number % 2)}
            if act == "capture":
                attempt = capturing.request_capture(amount=usd(60), **more)
            else:
                attempt = refund_payment(amount=usd(25), **more)
            killed_over(attempt)
            asked[act].append(str(attempt.pk))
        taken_up += [when_leases_have_run_out(), when_leases_have_run_out()]

    assert taken_up == [kills // 2, 0] * 2
    assert_nothing_doubled_or_missing(gateway, payments)
    for act, keys in asked.items():
        assert sorted(gateway.calls(act)) == sorted(keys * 2)
    states = PaymentAttempt.objects.exclude(act="authorize").values_list("state", "is_foreign", "tries")
    assert list(states) == [("succeeded", False, 2)] * kills


def test_killed_four_times_while_it_asks_nothing_is_moved_twice_or_forgotten(gateway, killed_over):
    prove(gateway, killed_over, kills=4)


@pytest.mark.soak
def test_killed_fifty_times_while_it_asks_nothing_is_moved_twice_or_forgotten(gateway, killed_over):
    prove(gateway, killed_over, kills=50)


def test_killed_while_it_authorizes_or_lets_go_there_is_one_payment(gateway, killed_over):
    session = session_of(usd(100))
    killed_over(sessions.request_authorization(session_id=session.pk, actor=STAFF))
    unheard_of = Payment.objects.count()
    when_leases_have_run_out()
    payment = Payment.objects.get()
    killed_over(voiding.request_void(payment_id=payment.pk, actor=STAFF, waits=True))
    when_leases_have_run_out()

    payment.refresh_from_db()
    assert (unheard_of, payment.canceled_at is None) == (0, False)
    assert gateway.movements(payment.reference) == [("authorize", 10000, "succeeded"), ("void", 10000, "succeeded")]
    assert len(gateway.books()["payments"]) == 1


def test_asking_again_with_another_key_would_be_found_out(gateway, killed_over, monkeypatch):
    """The control: with a fresh key the same money moves a second time, and the gateway's books say so."""
    payment = authorized(usd(100))
    attempt = capturing.request_capture(payment_id=payment.pk, amount=usd(40), actor=STAFF)
    killed_over(attempt)
    call = answering._call

    def with_a_fresh_key(attempt: PaymentAttempt, *more: Any) -> Any:
        attempt.pk = ids.new_id()
        return call(attempt, *more)

    monkeypatch.setattr(answering, "_call", with_a_fresh_key)
    when_leases_have_run_out()

    assert gateway.movements(payment.reference)[1:] == [("capture", 4000, "succeeded")] * 2
    with pytest.raises(AssertionError):
        assert_nothing_doubled_or_missing(gateway, [payment])

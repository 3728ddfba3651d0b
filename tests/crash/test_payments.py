"""Our process is killed when the gateway has done what it was asked for and has not answered yet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from oms.core import ids
from orders.services.refunds import refund_payment
from payments.models import Payment, PaymentAttempt
from payments.services import answering, capturing, resuming, sessions, voiding
from tests.crash import killing
from tests.payments.gateway import Gateway
from tests.payments.paying import authorized, in_minor_units, money, session_of, usd
from tests.scenarios import STAFF, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# For each attempt it is told it makes a process, tells its pid, and how it ended. That process waits for a signal, so
# that the gateway knows whom to kill before it is asked.
NURSERY = """
import os, signal, sys, uuid, django
django.setup()
from payments.services import calling
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
while line := sys.stdin.readline():
    attempt, waited = line.split()
    child = os.fork()
    if child == 0:
        signal.sigwait({signal.SIGUSR1})
        calling.carry_out(uuid.UUID(attempt), waited=waited == "True")
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Workers:
    """Processes of ours, each for one attempt, which the gateway kills."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", NURSERY],
            cwd=killing.ROOT,
            env=killing.environment() | gateway.environment | {"DJANGO_SETTINGS_MODULE": "oms.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def killed_over(self, attempt: PaymentAttempt) -> None:
        """A process carries the attempt out, and is killed between the gateway's own entry and its answer."""
        nursery = self._nursery
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        print(attempt.pk, attempt.leased_until is not None, file=nursery.stdin, flush=True)
        pid = int(nursery.stdout.readline())
        self._gateway.script(attempt.act, "kill_pid", pid=pid)
        os.kill(pid, signal.SIGUSR1)
        assert int(nursery.stdout.readline()) == -signal.SIGKILL

    def end(self) -> None:
        self._nursery.communicate(timeout=20)


@pytest.fixture
def workers(gateway: Gateway, db: None) -> Iterator[Workers]:
    running = Workers(gateway)
    yield running
    running.end()


def when_leases_have_run_out() -> int:
    """The resume task, later; how many attempts it took up."""
    past = timezone.now() - timedelta(seconds=1)
    PaymentAttempt.objects.filter(leased_until__isnull=False).update(leased_until=past, next_try_at=past)
    return resuming.resume_all()


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


def prove(gateway: Gateway, workers: Workers, kills: int) -> None:
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
            workers.killed_over(attempt)
            asked[act].append(str(attempt.pk))
        taken_up += [when_leases_have_run_out(), when_leases_have_run_out()]

    assert taken_up == [kills // 2, 0] * 2
    assert_nothing_doubled_or_missing(gateway, payments)
    for act, keys in asked.items():
        assert sorted(gateway.calls(act)) == sorted(keys * 2)
    states = PaymentAttempt.objects.exclude(act="authorize").values_list("state", "is_foreign", "tries")
    assert list(states) == [("succeeded", False, 2)] * kills


def test_killed_four_times_while_it_asks_nothing_is_moved_twice_or_forgotten(gateway, workers):
    prove(gateway, workers, kills=4)


@pytest.mark.soak
def test_killed_fifty_times_while_it_asks_nothing_is_moved_twice_or_forgotten(gateway, workers):
    prove(gateway, workers, kills=50)


def test_killed_while_it_authorizes_or_lets_go_there_is_one_payment(gateway, workers):
    session = session_of(usd(100))
    workers.killed_over(sessions.request_authorization(session_id=session.pk, actor=STAFF))
    unheard_of = Payment.objects.count()
    when_leases_have_run_out()
    payment = Payment.objects.get()
    workers.killed_over(voiding.request_void(payment_id=payment.pk, actor=STAFF, waits=True))
    when_leases_have_run_out()

    payment.refresh_from_db()
    assert (unheard_of, payment.canceled_at is None) == (0, False)
    assert gateway.movements(payment.reference) == [("authorize", 10000, "succeeded"), ("void", 10000, "succeeded")]
    assert len(gateway.books()["payments"]) == 1


def test_asking_again_with_another_key_would_be_found_out(gateway, workers, monkeypatch):
    """The control: with a fresh key the same money moves a second time, and the gateway's books say so."""
    payment = authorized(usd(100))
    attempt = capturing.request_capture(payment_id=payment.pk, amount=usd(40), actor=STAFF)
    workers.killed_over(attempt)
    call = answering._call

    def with_a_fresh_key(attempt: PaymentAttempt, *more: Any) -> Any:
        attempt.pk = ids.new_id()
        return call(attempt, *more)

    monkeypatch.setattr(answering, "_call", with_a_fresh_key)
    when_leases_have_run_out()

    assert gateway.movements(payment.reference)[1:] == [("capture", 4000, "succeeded")] * 2
    with pytest.raises(AssertionError):
        assert_nothing_doubled_or_missing(gateway, [payment])

"""What is done at the gateway itself, or was never told to us: reconciling finds it, and its webhooks tell of it."""

from __future__ import annotations

import json
import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from orders.services.refunds import refund_payment
from payments.fakegateway.webhooks import signature
from payments.models import Payment, PaymentAttempt, PaymentSession, ProviderWebhook
from payments.services import webhooks
from tests.paying import ask, money, usd
from tests.payments.gateway import SECRET, Gateway
from tests.payments.gateway_payments import authorized, captured
from tests.scenarios import STAFF, shop

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, list[tuple[str, str]]]:
    """The exit code, and each difference: which payment, what kind."""
    out, code = StringIO(), 0
    try:
        call_command("reconcile_payments", "--json", "--provider", "fake", *arguments, stdout=out)
    except SystemExit as exit_:
        code = int(str(exit_.code))
    *found, _summary = [json.loads(line) for line in out.getvalue().splitlines()]
    return code, [(each["reference"], f"{each['kind']}: {each['movement'].partition(' ')[0]}") for each in found]


def in_minor(payment: Payment) -> tuple[int, int, int]:
    payment.refresh_from_db()
    amounts = (payment.amount, payment.captured, payment.refunded)
    return tuple(int(each * 100) for each in amounts)  # type: ignore[return-value]  # three of three


def test_what_was_done_at_the_gateway_is_listed_mended_and_then_agrees(gateway):
    here = shop({"W1": {"LAMP": 50}})
    same, refunded, unheard = (captured(usd(100), here=here) for _ in range(3))
    taken, let_go = authorized(usd(80), here=here), authorized(usd(70), here=here)
    gateway.move_there(refunded.reference, "refund", 3000)
    gateway.move_there(taken.reference, "capture", 5000)
    gateway.move_there(let_go.reference, "void", 7000)
    gateway.script("refund", "timeout_after")

    ask(refund_payment(payment_id=unheard.pk, amount=usd(20), actor=STAFF, waits=True))

    found, mended, again = run(), run("--fix"), run()

    assert found == (
        1,
        [
            (refunded.reference, "missing here: refund"),
            (unheard.reference, "missing here: refund"),
            (taken.reference, "missing here: capture"),
            (let_go.reference, "missing here: void"),
        ],
    )
    assert (mended, again) == ((0, []), (0, []))
    for payment in (same, refunded, taken, let_go, unheard):
        assert in_minor(payment) == gateway.moved(payment.reference)
    assert PaymentAttempt.objects.get(payment=unheard, act="refund").state == "succeeded"


def test_since_a_day_the_gateway_names_payments_that_nobody_here_knows(gateway):
    here = shop({"W1": {"LAMP": 50}})
    payment, stranger = captured(usd(100), here=here), authorized(usd(5), here=here)
    for rows in (PaymentAttempt.objects.filter(payment=stranger), Payment.objects.filter(pk=stranger.pk)):
        rows.delete()
    PaymentSession.objects.filter(reference=stranger.reference).delete()

    assert run("--since", "1") == (1, [(stranger.reference, "unknown payment: ")])
    assert in_minor(payment) == (10000, 10000, 0)


def test_a_gateway_that_is_down_is_said(gateway, settings):
    authorized(usd(5))
    settings.OMS = settings.OMS | {"FAKE_GATEWAY_URL": "http://127.0.0.1:9"}

    code, found = run()

    assert (code, [kind for _reference, kind in found]) == (2, ["provider unavailable: "])


def post(gateway: Gateway, *, at: int = 0) -> list[int]:
    """Everything that the gateway has to tell, sent to our address."""
    answers = []
    for number, told in enumerate(gateway.webhooks()):
        body = json.dumps(told).encode()
        name, moment = f"msg_{number}", at or int(time.time())
        headers = {"webhook-id": name, "webhook-timestamp": str(moment)}
        headers["webhook-signature"] = signature(SECRET, name, moment, body)
        sent = Client().post("/webhooks/payments/fake", body, content_type="application/json", headers=headers)
        answers.append(sent.status_code)
    return answers


def test_its_webhooks_are_taken_in_and_processed_hours_after_they_were_signed(gateway):
    payment = authorized(usd(100))
    assert payment.order_id is not None
    gateway.move_there(payment.reference, "capture", 6000)
    gateway.move_there(payment.reference, "refund", 1000)

    old = post(gateway, at=int(time.time()) - 3600)
    answers = post(gateway)
    ProviderWebhook.objects.update(  # a worker was not there for a day
        headers={"webhook-id": "msg_1", "webhook-timestamp": str(int(time.time()) - 86_400)}
    )
    done = [webhooks.process(pk) for pk in ProviderWebhook.objects.order_by("-pk").values_list("pk", flat=True)]

    assert set(old) == {400}
    assert set(answers) == {200}
    assert {(row.problem, row.error) for row in done} == {("", "")}
    assert in_minor(payment) == gateway.moved(payment.reference) == (10000, 6000, 1000)
    assert money(payment.order_id) == ("partially_refunded", 90, 60, 10, 40)

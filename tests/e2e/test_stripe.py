"""Our services and the real SDK against localstripe over the wire; what localstripe's books say is what happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.test import Client

from orders.enums import CancelReason
from orders.models import Order
from orders.services.cancellation import cancel_order
from orders.services.refunds import refund_payment
from payments.enums import EventSource
from payments.models import Payment, PaymentAttempt, PaymentSession, ProviderWebhook
from payments.providers.base import InboundWebhook, LookUpRequest
from payments.providers.stripe.adapter import StripeProvider
from payments.services import calling, capturing, facts, resuming, sessions, webhooks
from payments.services.reconciling import reconcile
from tests.e2e.localstripe import SECRET
from tests.paying import usd
from tests.scenarios import STAFF, place, recorded_events, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[InboundWebhook]]]:
    """Where webhooks arrive."""
    arrived: list[InboundWebhook] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            arrived.append(InboundWebhook(headers={k.lower(): v for k, v in self.headers.items()}, body=body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", arrived
    server.shutdown()
    server.server_close()


def session_of(amount: str = "100", *, capture: bool = False) -> PaymentSession:
    """An order of so much, whose customer is about to pay it."""
    here = shop({"W1": {"LAMP": 50}})
    order = place(here, {"LAMP": int(Decimal(amount) / 10)})
    assert order.order_id is not None
    collection = sessions.create_collection(amount=usd(amount), order_id=order.order_id, actor=STAFF, first=True)
    return sessions.initiate(
        sessions.create_session(collection_id=collection.pk, provider="stripe", actor=STAFF, capture=capture).pk
    )


def pay(session: PaymentSession, **data: str) -> PaymentAttempt:
    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF, data=data, waits=True)
    return calling.carry_out(attempt.pk, waited=True)


def captured(session: PaymentSession, card: str, amount: str = "100") -> Payment:
    pay(session, payment_method=card)
    payment = Payment.objects.get(session=session)
    attempt = capturing.request_capture(payment_id=payment.pk, amount=usd(amount), actor=STAFF, waits=True)
    calling.carry_out(attempt.pk, waited=True)
    payment.refresh_from_db()
    return payment


def refund(payment: Payment, amount: str) -> PaymentAttempt:
    attempt = refund_payment(payment_id=payment.pk, amount=usd(amount), actor=STAFF, waits=True)
    return calling.carry_out(attempt.pk, waited=True)


def until(look: Callable[[], list[Any]]) -> list[Any]:
    """What is there after a while, at most ten seconds."""
    deadline = time.monotonic() + 10
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def money(payment: Payment) -> tuple[Decimal, Decimal, Decimal, bool]:
    payment.refresh_from_db()
    return payment.amount, payment.captured, payment.refunded, payment.canceled_at is not None


def test_what_is_held_is_captured_in_part_and_the_rest_let_go(relay, localstripe) -> None:
    session = session_of()

    payment = captured(session, localstripe.card(), "60")
    refund(payment, "10")

    assert money(payment) == (100, 60, 10, True)
    assert relay.stripe.intent(payment.reference)["status"] == "succeeded"
    assert localstripe.refunds(payment.reference) == [1000]
    order = Order.objects.get(pk=payment.order_id)
    assert (order.captured_total, order.refunded_total) == (60, 10)
    assert [each for each in recorded_events() if each != "order.updated"] == [
        "order.placed",
        "order.payment_authorized",
        "order.payment_captured",
        "order.refund_created",
    ]


def test_what_was_taken_goes_back_in_parts_and_a_lookup_says_the_same(relay, localstripe) -> None:
    payment = captured(session_of(), localstripe.card())
    refund(payment, "30")
    refund(payment, "25.50")
    before = money(payment)

    found = StripeProvider().look_up(LookUpRequest(reference=payment.reference))
    facts.learn("stripe", found, source=EventSource.LOOKUP, actor=STAFF)

    assert before == money(payment) == (100, 100, Decimal("55.50"), False)
    assert [each for one in reconcile(provider="stripe") for each in one.differences] == []
    assert localstripe.refunds(payment.reference) == [2550, 3000]
    assert PaymentAttempt.objects.filter(is_foreign=True).count() == 0


def test_canceling_the_order_lets_go_of_what_is_held(relay, localstripe) -> None:
    session = session_of()
    pay(session, payment_method=localstripe.card())
    payment = Payment.objects.get(session=session)
    assert payment.order_id is not None

    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF)
    for attempt_id in PaymentAttempt.objects.filter(act="void").values_list("pk", flat=True):
        calling.carry_out(attempt_id)

    assert money(payment) == (100, 0, 0, True)
    assert Order.objects.get(pk=payment.order_id).status == "canceled"
    assert localstripe.intent(payment.reference)["status"] == "canceled"


def test_canceling_the_order_after_a_capture_of_a_part_gives_that_back_and_nothing_else(relay, localstripe) -> None:
    payment = captured(session_of(), localstripe.card(), "60")
    assert payment.order_id is not None

    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF)
    for attempt_id in PaymentAttempt.objects.filter(state="intended").values_list("pk", flat=True):
        calling.carry_out(attempt_id)

    assert money(payment) == (100, 60, 60, True)
    assert Order.objects.get(pk=payment.order_id).status == "canceled"
    assert localstripe.refunds(payment.reference) == [6000]
    assert not any(each.endswith("/cancel") for each in relay.asked)


def test_a_customer_who_has_to_prove_who_they_are_pays_a_moment_later(relay, localstripe) -> None:
    session = session_of()

    attempt = pay(session, payment_method=localstripe.card("4000002760003184"))
    session.refresh_from_db()
    was = attempt.state, session.status
    localstripe.prove_who_they_are(session.reference, session.data["client_secret"])
    attempt = resuming.resume(attempt.pk)

    assert was == ("pending", "requires_more")
    assert attempt.state == "succeeded"
    assert money(Payment.objects.get(session=session)) == (100, 0, 0, False)


def test_a_card_without_money_is_refused_in_the_banks_words(relay, localstripe) -> None:
    session = session_of()

    attempt = pay(session, payment_method=localstripe.card("4000000000000341"))

    session.refresh_from_db()
    assert (attempt.state, attempt.code, attempt.message) == (
        "declined",
        "card_declined",
        "Your card was declined.",
    )
    assert (session.status, session.code) == ("error", "card_declined")
    assert not Payment.objects.exists()


def test_a_signed_webhook_tells_of_what_the_browser_paid(relay, localstripe, mailbox) -> None:
    address, arrived = mailbox
    localstripe.send_webhooks_to(address, SECRET)
    session = session_of(capture=True)

    localstripe.confirm(session.reference, localstripe.card())
    (told,) = until(lambda: [each for each in arrived if session.reference.encode() in each.body])
    for _ in range(2):  # and again
        answer = Client().post(
            "/webhooks/payments/stripe", told.body, content_type="application/json", headers=told.headers
        )
        assert answer.status_code == 200
    (row,) = ProviderWebhook.objects.all()
    webhooks.process(row.pk)

    assert (row.kind, row.times_received) == ("payment_intent.succeeded", 2)
    payment = Payment.objects.get(session=session)
    assert money(payment) == (100, 100, 0, False)
    assert Order.objects.get(pk=payment.order_id).payment_status == "captured"


@pytest.mark.parametrize("act", ["capture", "refunds"])
def test_what_was_done_and_not_told_is_done_once(relay, localstripe, act: str) -> None:
    session = session_of()
    pay(session, payment_method=localstripe.card())
    payment = Payment.objects.get(session=session)
    relay.lose = act

    attempt = capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)
    states = [calling.carry_out(attempt.pk, waited=True).state]
    if act == "refunds":
        attempt = refund(payment, "40")
        states = [attempt.state]
    states.append(resuming.resume(attempt.pk).state)

    assert states == ["unknown", "succeeded"]
    assert money(payment) == (100, 100, 40 if act == "refunds" else 0, False)
    assert localstripe.refunds(payment.reference) == ([4000] if act == "refunds" else [])
    assert len([each for each in relay.asked if each.endswith(act)]) == 1

"""Money that moves through a gateway with books of its own: what we have is what it has."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from oms.core.errors import DomainError
from orders.enums import CancelReason
from orders.errors import OrderBeingCanceled
from orders.models import CreditLine, Order
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import create_fulfillment
from orders.services.refunds import refund_payment
from payments.enums import OPEN_STATES
from payments.errors import CaptureExceedsAuthorization, RefundExceedsCapture
from payments.fakegateway.cards import CARDS
from payments.models import Payment, PaymentAttempt, PaymentSession, ProviderEvent
from payments.policies import refundable
from payments.services import capturing, sessions
from payments.services.calling import DEADLINE
from tests.paying import ask, money, payment_of, usd
from tests.payments.gateway import Gateway
from tests.payments.gateway_payments import (
    IMPATIENT,
    authorize,
    authorized,
    captured,
    deliver,
    in_minor_units,
    look_after,
    session_of,
)
from tests.scenarios import STAFF, items_of, nothing_moves, shop

pytestmark = pytest.mark.django_db


def refund(payment: Payment, amount: str, timeout: float = DEADLINE) -> PaymentAttempt:
    return ask(refund_payment(payment_id=payment.pk, amount=usd(amount), actor=STAFF, waits=True), timeout)


def carry_out_all(payment: Payment) -> None:
    for attempt in PaymentAttempt.objects.filter(payment=payment, state__in=OPEN_STATES):
        ask(attempt)


def test_the_gateway_is_asked_for_what_is_taken_and_for_no_more_than_that(gateway):
    payment = authorized(usd(100))

    ask(capturing.request_capture(payment_id=payment.pk, amount=usd(75), actor=STAFF, waits=True))
    with nothing_moves(), pytest.raises(CaptureExceedsAuthorization):
        capturing.request_capture(payment_id=payment.pk, amount=usd(75), actor=STAFF, waits=True)
    before = money(payment.order_id)
    ask(capturing.request_capture(payment_id=payment.pk, amount=usd(25), actor=STAFF, waits=True))

    assert before == ("partially_captured", 100, 75, 0, 25)
    assert money(payment.order_id) == ("captured", 100, 100, 0, 0)
    assert gateway.movements(payment.reference) == [
        ("authorize", 10000, "succeeded"),
        ("capture", 7500, "succeeded"),
        ("capture", 2500, "succeeded"),
    ]
    assert len(gateway.calls("capture")) == 2


def test_more_than_is_left_never_reaches_the_gateway(gateway):
    payment = captured(usd(100))

    refund(payment, "70")
    with nothing_moves(), pytest.raises(RefundExceedsCapture) as refusal:
        refund(payment, "40")

    assert refusal.value.facts["available"] == "$30.00"
    assert money(payment.order_id) == ("partially_refunded", 30, 100, 70, 0)
    assert list(CreditLine.objects.values_list("amount", "reason")) == [(70, "goodwill")]
    assert (gateway.moved(payment.reference), len(gateway.calls("refund"))) == ((10000, 10000, 7000), 1)


def test_a_declined_refund_leaves_no_credit_line(gateway):
    payment = captured(usd(100), card="4000000000000028")

    attempt = refund(payment, "70")

    assert (attempt.state, attempt.code, attempt.message) == (
        "declined",
        "refund_declined",
        "The bank refuses the refund.",
    )
    assert money(payment.order_id) == ("captured", 100, 100, 0, 0)
    assert (CreditLine.objects.count(), in_minor_units(payment)) == (0, gateway.moved(payment.reference))


@pytest.mark.django_db(transaction=True)
def test_of_two_refunds_of_60_at_once_one_succeeds(gateway):
    payment = captured(usd(100))
    barrier, ends = Barrier(2), []

    def give_back() -> None:
        barrier.wait()
        try:
            ends.append(refund(payment, "60").state)
        except DomainError as refusal:
            ends.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=give_back) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["refund_exceeds_capture", "succeeded"]
    assert money(payment.order_id) == ("partially_refunded", 40, 100, 60, 0)
    assert (gateway.moved(payment.reference), len(gateway.calls("refund"))) == ((10000, 10000, 6000), 1)


def test_a_capture_without_an_answer_holds_its_amount_until_the_same_key_is_answered(gateway):
    payment = authorized(usd(100))
    gateway.script("capture", "drop_after")

    attempt = ask(capturing.request_capture(payment_id=payment.pk, amount=usd(60), actor=STAFF, waits=True))
    with nothing_moves(), pytest.raises(CaptureExceedsAuthorization):
        capturing.request_capture(payment_id=payment.pk, amount=usd(60), actor=STAFF, waits=True)
    unknown = money(payment.order_id)
    settled = look_after(attempt)

    assert (attempt.state, unknown) == ("unknown", ("authorized", 100, 0, 0, 100))
    assert (settled.state, gateway.calls("capture")) == ("succeeded", [str(attempt.pk)] * 2)
    assert gateway.moved(payment.reference) == (10000, 6000, 0)
    assert money(payment.order_id) == ("partially_captured", 100, 60, 0, 40)


@pytest.mark.parametrize("twist", ["timeout_before", "timeout_after", "drop_after", "error_500_after"])
def test_a_refund_without_an_answer_holds_its_amount_until_the_same_key_is_answered(gateway, twist):
    payment = captured(usd(100))
    gateway.script("refund", twist)

    attempt = refund(payment, "60", IMPATIENT if "timeout" in twist else DEADLINE)
    payment.refresh_from_db()
    held = refundable(payment, PaymentAttempt.objects.filter(payment=payment))
    with pytest.raises(RefundExceedsCapture):
        refund(payment, "60")
    unknown = money(payment.order_id)
    settled = look_after(attempt)

    assert (attempt.state, held, unknown) == ("unknown", 40, ("captured", 40, 100, 0, -60))
    assert (settled.state, settled.tries) == ("succeeded", 2)
    assert gateway.calls("refund") == [str(attempt.pk)] * 2
    assert [each for each in gateway.movements(payment.reference) if each[0] == "refund"] == [
        ("refund", 6000, "succeeded")
    ]
    assert money(payment.order_id) == ("partially_refunded", 40, 100, 60, 0)


def test_canceling_an_unpaid_order_lets_go_of_goods_and_money(gateway):
    here = shop({"W1": {"LAMP": 5}})
    payment = authorized(usd(100), here=here)
    assert payment.order_id is not None

    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF, waits=True)
    between = Order.objects.get(pk=payment.order_id)
    carry_out_all(payment)

    order = Order.objects.get(pk=payment.order_id)
    assert (between.status, between.canceling_at is None) == ("pending", False)
    assert (order.status, order.canceling_at, here.sra("LAMP")) == ("canceled", None, (5, 0, 5))
    assert money(order.pk) == ("canceled", 0, 0, 0, 0)
    assert gateway.payment(payment.reference)["status"] == "voided"


def test_canceling_a_captured_order_gives_everything_back_and_nothing_ships_meanwhile(gateway):
    payment = captured(usd(100))
    assert payment.order_id is not None

    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF, waits=True)
    order = Order.objects.get(pk=payment.order_id)
    with nothing_moves(), pytest.raises(DomainError) as refusal:
        create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    carry_out_all(payment)

    order.refresh_from_db()
    assert refusal.value.code == "order_being_canceled"
    assert (order.status, money(order.pk)) == ("canceled", ("refunded", 0, 100, 100, 0))
    assert gateway.moved(payment.reference) == (10000, 10000, 10000)


@pytest.mark.parametrize("provider", ["fake", "manual"])
def test_what_comes_while_an_order_is_being_canceled_is_not_taken_but_let_go(gateway, provider):
    payment = captured(usd(100))
    assert payment.order_id is not None
    more = sessions.create_collection(amount=usd(5), order_id=payment.order_id, actor=STAFF)
    session = sessions.create_session(collection_id=more.pk, provider=provider, actor=STAFF)
    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF, waits=True)
    late = payment_of(authorize(sessions.initiate(session.pk)) if provider == "fake" else _promise(session))

    with nothing_moves(), pytest.raises(OrderBeingCanceled):
        capturing.request_capture(payment_id=late.pk, actor=STAFF, waits=True)
    carry_out_all(payment)
    carry_out_all(late)

    late.refresh_from_db()
    assert (late.captured, late.canceled_at is not None) == (0, True)
    assert money(payment.order_id) == ("refunded", 0, 100, 100, 0)


def _promise(session: PaymentSession) -> PaymentAttempt:
    return sessions.request_authorization(session_id=session.pk, actor=STAFF)


def test_what_the_gateway_will_not_give_back_is_not_canceled(gateway):
    payment = captured(usd(100), card="4000000000000028")
    assert payment.order_id is not None

    cancel_order(order_id=payment.order_id, reason=CancelReason.CUSTOMER, actor=STAFF, waits=True)
    carry_out_all(payment)

    order = Order.objects.get(pk=payment.order_id)
    assert (order.status, order.canceling_at) == ("requires_action", None)
    assert money(order.pk) == ("captured", 100, 100, 0, 0)
    assert gateway.moved(payment.reference) == (10000, 10000, 0)


def _cards() -> Iterator[Any]:
    """Every card that a customer can pay with, and how an authorization, a capture and a refund of it end."""
    others = {
        "4000000000000010": ("succeeded", "declined"),
        "4000000000000028": ("succeeded", "succeeded", "declined"),
    }
    for number, card in CARDS.items():
        if card.twists.get("authorize") != "decline" and card.expires_minutes:
            yield pytest.param(number, others.get(number, ("succeeded",) * 3), id=card.title)


@pytest.mark.parametrize(("card", "ends"), list(_cards()))
def test_every_card_ends_where_it_should(gateway, card, ends):
    """Authorize 100, capture 60, refund 20: by what is looked up, and by webhooks twice and in any order after each."""
    session = session_of(usd(100))
    first = authorize(session, card)
    go_on(gateway, first, session.reference)
    came = [look_after(first).state]
    payment = Payment.objects.get(session=session)
    capture = ask(capturing.request_capture(payment_id=payment.pk, amount=usd(60), actor=STAFF, waits=True))
    go_on(gateway, capture, payment.reference)
    came.append(look_after(capture).state)
    if came[-1] == "succeeded":
        back = refund(payment, "20")
        go_on(gateway, back, payment.reference)
        came.append(look_after(back).state)
    deliver(gateway, seed=int(card))

    assert tuple(came) == ends
    moved = (10000, 6000 * (ends[1] == "succeeded"), 2000 * (ends[-1] == "succeeded"))
    assert in_minor_units(payment) == gateway.moved(payment.reference) == moved
    assert PaymentAttempt.objects.count() == len(came)
    assert not ProviderEvent.objects.exclude(problem="").exists()


@pytest.mark.parametrize("card", ["4000000000000036", "4000000000000051", "4000000000000069", "4000000000000085"])
def test_webhooks_alone_settle_what_is_open(gateway, card):
    session = session_of(usd(100))

    go_on(gateway, authorize(session, card), session.reference)
    deliver(gateway)
    payment = Payment.objects.get(session=session)
    capture = capturing.request_capture(payment_id=payment.pk, amount=usd(60), actor=STAFF, waits=True)
    go_on(gateway, ask(capture), payment.reference)
    deliver(gateway)
    go_on(gateway, refund(payment, "20"), payment.reference)
    deliver(gateway)

    assert list(PaymentAttempt.objects.values_list("state", flat=True)) == ["succeeded"] * 3
    assert in_minor_units(payment) == gateway.moved(payment.reference) == (10000, 6000, 2000)


def go_on(gateway: Gateway, attempt: PaymentAttempt, reference: str) -> None:
    """What is pending is settled by the customer, or by the bank."""
    if attempt.state == "pending" and gateway.payment(reference)["status"] == "requires_action":
        gateway.customer(reference)
    elif attempt.state == "pending":
        gateway.settle(reference)


@pytest.mark.parametrize(("card", "result"), [("4000000000000002", ""), ("1234", ""), ("4000000000000036", "fail")])
def test_a_customer_who_is_declined_may_pay_with_another_card(gateway, card, result):
    session = session_of(usd(100))

    first = authorize(session, card)
    if result:
        gateway.customer(session.reference, result)
        look_after(first)
    session.refresh_from_db()
    was = (session.status, session.code)
    second = authorize(session, "4242424242424242")

    first.refresh_from_db()
    session.refresh_from_db()
    assert was == ("error", "card_declined")
    assert (first.state, second.state, session.status) == ("declined", "succeeded", "authorized")
    assert in_minor_units(Payment.objects.get()) == gateway.moved(session.reference) == (10000, 0, 0)


def test_a_customer_who_must_act_is_told_where(gateway):
    session = session_of(usd(100))

    attempt = authorize(session, "4000000000000036")

    session.refresh_from_db()
    assert (attempt.state, session.status) == ("pending", "requires_more")
    assert session.data["redirect_url"] == f"{gateway.url}/3ds/{session.reference}"


def test_what_is_taken_with_the_authorization_is_known_at_once(gateway):
    session = session_of(usd(100), capture=True)

    authorize(session)

    payment = Payment.objects.get()
    assert money(payment.order_id) == ("captured", 100, 100, 0, 0)
    assert in_minor_units(payment) == gateway.moved(payment.reference) == (10000, 10000, 0)


def test_an_authorization_that_ended_is_not_taken(gateway):
    payment = authorized(usd(100), "4000000000000176")

    with pytest.raises(DomainError) as refusal:
        capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)

    assert (refusal.value.code, gateway.calls("capture")) == ("payment_expired", [])


def test_what_is_given_back_at_the_gateway_itself_is_learned(gateway):
    payment = captured(usd(100))

    gateway.move_there(payment.reference, "refund", 2500)
    deliver(gateway)

    attempt = PaymentAttempt.objects.get(act="refund")
    assert (attempt.is_foreign, attempt.state, attempt.amount) == (True, "succeeded", 25)
    assert money(payment.order_id) == ("partially_refunded", 75, 100, 25, 0)
    assert in_minor_units(payment) == gateway.moved(payment.reference)


def test_a_refund_that_fails_later_is_owed_again(gateway):
    payment = captured(usd(100))
    attempt = refund(payment, "25")

    gateway.settle(payment.reference, "declined", attempt.movement)
    deliver(gateway)

    attempt.refresh_from_db()
    assert attempt.state == "declined"
    assert money(payment.order_id) == ("captured", 100, 100, 0, 0)
    assert in_minor_units(payment) == gateway.moved(payment.reference) == (10000, 10000, 0)

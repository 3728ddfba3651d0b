"""Money that a gateway moves, over the API: the caller waits, and is told what is known by then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders.models import BulkJob, CreditLine, Order
from orders.services.bulk_running import run_bulk_job
from payments.models import Payment, PaymentAttempt
from payments.services import calling, waiting
from tests.api import Api, problem
from tests.paying import resume_what_is_due
from tests.scenarios import Shop, nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db

DECLINED = (402, "payment_declined", "payment_declined")


class Desk:
    """A clerk's desk: an order worth 100.00, to be paid with a card by way of the gateway."""

    def __init__(self, gateway: Any) -> None:
        self.gateway, self.api = gateway, Api()
        self.house: Shop = shop({"W1": {"LAMP": 50}})
        self.order = placed_order(self.house, {"LAMP": 10})

    def session(self) -> dict[str, Any]:
        made = self.told(self.api.post("/admin/payment-collections", {"order_id": self.order.public_id}))
        path = f"/admin/payment-collections/{made['id']}/payment-sessions"
        return self.told(self.api.post(path, {"provider_id": "fake"}))

    def authorize(self, session: dict[str, Any], card: str = "4242424242424242", **headers: str) -> Any:
        return self.api.post(f"/admin/payment-sessions/{session['id']}/authorize", {"data": {"card": card}}, **headers)

    def paid(self, captured: int = 0) -> Payment:
        self.told(self.authorize(self.session()))
        payment = Payment.objects.get()
        if captured:
            self.told(self.ask("capture", {"amount": captured}))
        return payment

    def ask(self, step: str, body: Any = None, key: str = "") -> Any:
        headers = {"Idempotency_Key": key} if key else {}
        return self.api.post(f"/admin/payments/{Payment.objects.get().public_id}/{step}", body or {}, **headers)

    def cancel(self, key: str = "") -> Any:
        headers = {"Idempotency_Key": key} if key else {}
        return self.api.post(f"/admin/orders/{self.order.public_id}/cancel", {}, **headers)

    def told(self, answer: Any) -> Any:
        assert answer.status_code == 200, answer.content
        (shown,) = answer.json().values()
        return shown

    def moved(self) -> tuple[int, int, int]:
        moved: tuple[int, int, int] = self.gateway.moved(Payment.objects.get().reference)
        return moved

    def money(self) -> tuple[Any, ...]:
        order = Order.objects.get(pk=self.order.pk)
        return order.status, order.payment_status, order.total, order.captured_total, order.refunded_total


@pytest.fixture
def desk(gateway: Any) -> Desk:
    return Desk(gateway)


def _everything_is_due() -> None:
    """Whoever was at work on something has been gone for longer than a lease lasts."""
    PaymentAttempt.objects.exclude(next_try_at=None).update(
        leased_until=None, next_try_at=timezone.now() - timedelta(seconds=1)
    )


def test_a_card_is_authorized_taken_and_given_back(desk):
    session = desk.session()
    authorized = desk.told(desk.authorize(session))
    captured = desk.told(desk.ask("capture", {"amount": 70}))
    refunded = desk.told(desk.ask("refund", {"amount": 20}))

    assert (session["status"], authorized["status"], authorized["payment"]["amount"]) == ("pending", "authorized", 100)
    assert (captured["status"], captured["attempts"]) == ("partially_captured", [])
    assert ([each["amount"] for each in refunded["refunds"]], refunded["refundable_amount"]) == ([20], 50)
    assert desk.moved() == (10000, 7000, 2000)
    assert desk.money() == ("pending", "partially_refunded", 80, 70, 20)


def test_a_card_that_is_declined_is_told_so_and_another_one_may_be_tried(desk):
    session = desk.session()

    declined = desk.authorize(session, "4000000000000002", Idempotency_Key="k")
    again = desk.authorize(session, "4000000000000002", Idempotency_Key="k")
    shown = desk.told(desk.api.get(f"/admin/payment-collections/{session['payment_collection_id']}"))
    nothing_is_held = Payment.objects.exists()
    other = desk.told(desk.authorize(session))

    assert (problem(declined), problem(again)) == (DECLINED, DECLINED)
    assert ("Idempotent-Replayed" in declined, again["Idempotent-Replayed"]) == (False, "true")
    facts = declined.json()["facts"]
    assert (facts["provider"], facts["act"], bool(facts["code"]), bool(facts["message"])) == (
        "fake",
        "authorize",
        True,
        True,
    )
    assert (shown["status"], shown["payment_sessions"][0]["code"]) == ("failed", facts["code"])
    assert not nothing_is_held
    assert other["status"] == "authorized"
    assert len(desk.gateway.calls("authorize")) == 2


@pytest.mark.parametrize("step", ["capture", "refund"])
def test_what_the_gateway_declines_moves_nothing(desk, step):
    desk.paid(captured=50)
    before, money = desk.moved(), desk.money()
    desk.gateway.script(step, "decline")

    declined = desk.ask(step, {"amount": 10}, key="k")
    again = desk.ask(step, {"amount": 10}, key="k")
    attempts = desk.api.get(f"/admin/payments/{Payment.objects.get().public_id}/attempts").json()["attempts"]

    assert (problem(declined), problem(again)) == (DECLINED, DECLINED)
    assert declined.json()["facts"]["attempt_id"] == attempts[0]["id"]
    assert (attempts[0]["act"], attempts[0]["state"], bool(attempts[0]["code"])) == (step, "declined", True)
    assert (desk.moved(), desk.money(), CreditLine.objects.count()) == (before, money, 0)
    assert len(desk.gateway.calls(step)) == (2 if step == "capture" else 1)


@pytest.mark.parametrize("twist", ["timeout_after", "timeout_before", "error_500_after", "drop_before"])
@pytest.mark.parametrize("step", ["capture", "refund"])
def test_without_an_answer_it_is_shown_as_unknown_and_once_it_is_found_out_the_repeat_tells(
    desk, step, twist, monkeypatch
):
    desk.paid(captured=50)
    monkeypatch.setattr(calling, "DEADLINE", 0.6)
    desk.gateway.script(step, twist)

    first = desk.told(desk.ask(step, {"amount": 10}, key="k"))
    repeat = desk.told(desk.ask(step, {"amount": 10}, key="k"))
    too_much = desk.ask(step, {"amount": 41})
    found = desk.api.get("/admin/payments?waiting=true").json()["count"]
    _everything_is_due()
    resume_what_is_due()
    settled = desk.ask(step, {"amount": 10}, key="k")

    assert [(each["act"], each["state"], each["amount"]) for each in first["attempts"]] == [(step, "unknown", 10)]
    assert (first["pending_amount"], first[f"{'captur' if step == 'capture' else 'refund'}able_amount"]) == (10, 40)
    assert (repeat["attempts"][0]["id"], found) == (first["attempts"][0]["id"], 1)
    assert problem(too_much)[:2] == (400, "invalid_data")
    payment = desk.told(settled)
    assert settled["Idempotent-Replayed"] == "true"
    assert (payment["attempts"], payment[f"{step}s"][-1]["amount"]) == ([], 10)
    assert desk.moved() == ((10000, 6000, 0) if step == "capture" else (10000, 5000, 1000))


@pytest.mark.parametrize("step", ["capture", "refund"])
def test_a_process_that_died_before_it_asked_leaves_an_intent_that_is_carried_out_once(desk, step, monkeypatch):
    desk.paid(captured=50)

    def die(*args: Any) -> None:
        raise SystemError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(waiting, "carry_out_now", die)
        with pytest.raises(SystemError):
            desk.ask(step, {"amount": 10}, key="k")
    meanwhile = desk.told(desk.ask(step, {"amount": 10}, key="k"))
    asked = desk.gateway.calls(step)
    _everything_is_due()
    resume_what_is_due()
    settled = desk.told(desk.ask(step, {"amount": 10}, key="k"))

    assert [(each["state"], each["tries"]) for each in meanwhile["attempts"]] == [("intended", 0)]
    assert len(asked) == (1 if step == "capture" else 0)
    assert (settled["attempts"], settled[f"{step}s"][-1]["amount"]) == ([], 10)
    assert desk.moved() == ((10000, 6000, 0) if step == "capture" else (10000, 5000, 1000))
    assert PaymentAttempt.objects.filter(act=step, amount=10).count() == 1


def test_what_stays_pending_is_shown_until_the_gateway_has_decided(desk):
    desk.paid()
    desk.gateway.script("capture", "pending")

    pending = desk.told(desk.ask("capture", {"amount": 60}, key="k"))
    void = desk.ask("void")
    desk.gateway.settle(Payment.objects.get().reference)
    _everything_is_due()
    resume_what_is_due()
    done = desk.told(desk.ask("capture", {"amount": 60}, key="k"))

    assert [(each["act"], each["state"]) for each in pending["attempts"]] == [("capture", "pending")]
    assert (pending["captures"], pending["captured_amount"]) == ([], 0)
    assert problem(void) == (400, "not_allowed", "payment_busy")
    assert (done["status"], done["attempts"]) == ("partially_captured", [])


def test_three_d_secure_says_where_the_customer_has_to_go(desk):
    session = desk.session()

    asked = desk.told(desk.authorize(session, "4000000000000036", Idempotency_Key="k"))
    (shown,) = desk.api.get(f"/admin/orders/{desk.order.public_id}").json()["order"]["payment_collections"]
    attempt = PaymentAttempt.objects.get(act="authorize")
    desk.gateway.customer(attempt.session.reference)
    _everything_is_due()
    resume_what_is_due()
    done = desk.told(desk.authorize(session, "4000000000000036", Idempotency_Key="k"))

    assert (asked["status"], asked["payment"], "redirect_url" in asked["data"]) == ("requires_more", None, True)
    assert (shown["status"], shown["payment_sessions"][0]["status"]) == ("awaiting", "requires_more")
    assert (done["status"], done["payment"]["amount"]) == ("authorized", 100)
    assert len(desk.gateway.calls("authorize")) == 1


def test_a_gateway_that_cannot_be_reached_is_told_of_the_session_later(desk):
    desk.gateway.script("initiate", "drop_before", times=2)

    session = desk.session()
    refused = desk.authorize(session)
    authorized = desk.told(desk.authorize(session))

    assert session["status"] == "pending"
    assert problem(refused) == (503, "unavailable", "provider_not_reached")
    assert authorized["status"] == "authorized"


def test_a_cancellation_gives_the_money_back_while_the_caller_waits(desk):
    desk.paid(captured=60)

    canceled = desk.told(desk.cancel())

    assert (canceled["status"], canceled["canceling_at"], canceled["total"]) == ("canceled", None, 0)
    assert desk.moved() == (10000, 6000, 6000)
    assert desk.house.sra("LAMP") == (50, 0, 50)


def test_an_order_that_waits_for_its_money_says_so_and_is_neither_packed_nor_canceled_again(desk):
    desk.paid(captured=60)
    desk.gateway.script("refund", "pending")

    waiting_order = desk.told(desk.cancel(key="k"))
    line = {"id": waiting_order["items"][0]["id"], "quantity": 1}
    with nothing_moves():
        packed = desk.api.post(f"/admin/orders/{desk.order.public_id}/fulfillments", {"items": [line]})
        again = desk.cancel()
        refunded = desk.ask("refund", {"amount": 1})
    desk.gateway.settle(Payment.objects.get().reference)
    _everything_is_due()
    resume_what_is_due()
    repeat = desk.cancel(key="k")

    assert (waiting_order["status"], waiting_order["canceling_at"] is not None) == ("pending", True)
    assert {problem(each) for each in (packed, again, refunded)} == {(400, "not_allowed", "order_being_canceled")}
    assert (desk.told(repeat)["status"], repeat["Idempotent-Replayed"]) == ("canceled", "true")
    assert recorded_events().count("order.canceled") == 1


def test_a_cancellation_that_is_declined_has_somebody_decide(desk):
    desk.paid(captured=60)
    desk.gateway.script("refund", "decline")

    refused = desk.told(desk.cancel())
    kept = desk.told(desk.api.post(f"/admin/orders/{desk.order.public_id}/keep"))
    again = desk.api.post(f"/admin/orders/{desk.order.public_id}/keep")

    assert (refused["status"], refused["canceling_at"], refused["total"]) == ("requires_action", None, 100)
    assert (kept["status"], kept["total"]) == ("pending", 100)
    assert problem(again) == (400, "not_allowed", "order_needs_no_decision")


def test_canceling_many_orders_leaves_each_to_its_money(desk):
    desk.paid(captured=60)
    other = placed_order(desk.house, {"LAMP": 1})
    ids = [desk.order.public_id, other.public_id]
    body = {"act": "cancel", "ids": ids, "input": {"reason": "customer"}}
    assert desk.api.post("/admin/orders/bulk", body).status_code == 202

    job = run_bulk_job(job_id=BulkJob.objects.get().pk)
    begun = [Order.objects.get(pk=each.pk).status for each in (desk.order, other)]
    _everything_is_due()
    resume_what_is_due()

    assert job is not None
    assert (job.done, job.refused, begun) == (2, 0, ["pending", "canceled"])
    assert desk.money() == ("canceled", "refunded", 0, 60, 60)

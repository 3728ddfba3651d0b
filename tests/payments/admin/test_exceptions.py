"""What is done about money that needs a person, from the page of exceptions, and what stands behind a payment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from orders.enums import CancelReason
from orders.models import Order
from orders.services.cancellation import cancel_order
from orders.services.refunds import refund_payment
from payments.enums import RefundReason
from payments.models import Payment, PaymentAttempt, ProviderEvent, ProviderWebhook
from payments.services import calling, capturing, facts, voiding, webhooks
from tests.console import changelist, messages_of, page
from tests.factories import StaffFactory
from tests.paying import money, payment_of, usd
from tests.payments.signed import fact, message, said
from tests.payments.signed_payments import authorized, captured, ordered, session_of
from tests.scenarios import STAFF, recorded_events

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory(username="clerk"))
    return client


def press(client: Any, kind: str, pk: Any, **more: str) -> list[str]:
    address = reverse("console_exception_act", args=[kind, pk])
    return messages_of(client.post(address, {"kind": kind} | more, follow=True))


def shown(client: Any, kind: str) -> list[Any]:
    answer = client.get(reverse("console_exceptions"), {"kind": kind})
    return [each.matter.pk for each in answer.context["page"].matters]


def declined(payment: Payment, act: str, amount: Any) -> PaymentAttempt:
    """An attempt of ours that the provider refuses."""
    if act == "refund":
        attempt = refund_payment(
            payment_id=payment.pk,
            amount=usd(amount),
            reason=RefundReason.DAMAGED,
            note="scratch",
            actor=STAFF,
            waits=True,
        )
    else:
        attempt = capturing.request_capture(payment_id=payment.pk, amount=usd(amount), actor=STAFF, waits=True)
    told = fact(act, payment.reference, amount, "declined", key=str(attempt.pk), code="no", message="No funds.")
    facts.learn("signed", [told], source="webhook", actor=STAFF)
    attempt.refresh_from_db()
    assert attempt.state == "declined"
    return attempt


def test_a_refund_that_was_declined_is_tried_again_and_then_needs_nobody(staff):
    payment = captured(order := ordered())
    attempt = declined(payment, "refund", 30)
    before = shown(staff, "refunds-declined")

    said_ = press(staff, "refunds-declined", attempt.pk)

    again = PaymentAttempt.objects.get(act="refund", state="intended")
    attempt.refresh_from_db()
    assert (before, shown(staff, "refunds-declined")) == ([attempt.pk], [])
    assert said_ == ["A worker asks the provider now."]
    assert (again.amount, again.reason, again.note, again.actor["label"]) == (30, "damaged", "scratch", "clerk")
    assert attempt.dealt_with_by["label"] == "clerk"
    calling.carry_out(again.pk)
    assert money(order) == ("partially_refunded", 70, 100, 30, 0)


def test_a_capture_that_was_declined_is_tried_again_or_dealt_with(staff):
    payment = authorized(ordered())
    first = declined(payment, "capture", 60)

    refused = press(staff, "refunds-declined", first.pk)
    dealt_with = press(staff, "captures-declined", first.pk, or_else="")
    second = declined(payment, "capture", 50)
    tried = press(staff, "captures-declined", second.pk)

    assert refused == ["That needs nobody any more."]
    assert (dealt_with, tried) == (["It is dealt with."], ["A worker asks the provider now."])
    assert shown(staff, "captures-declined") == []
    assert PaymentAttempt.objects.get(act="capture", state="intended").amount == 50


def test_an_outcome_that_nobody_knows_needs_somebody_after_a_quarter_of_an_hour(staff):
    payment = authorized(ordered())
    attempt = capturing.request_capture(payment_id=payment.pk, actor=STAFF)
    fresh = shown(staff, "payments-unknown")
    old = PaymentAttempt.objects.get(pk=attempt.pk)
    old.pk = type(old.pk)(int=old.pk.int - ((20 * 60 * 1000) << 80))
    PaymentAttempt.objects.filter(pk=attempt.pk).delete()
    old.save(force_insert=True)

    assert (fresh, shown(staff, "payments-unknown")) == ([], [old.pk])


def test_a_contradiction_is_dealt_with_and_nothing_else_of_it_can_be_changed(staff):
    payment = captured(ordered())
    movement = payment.attempts.get(act="capture").movement
    facts.learn("signed", [fact("capture", payment.reference, 99, movement=movement)], source="webhook", actor=STAFF)
    (pk,) = shown(staff, "payments-contradicted")

    assert press(staff, "payments-contradicted", pk) == ["It is dealt with."]

    event = ProviderEvent.objects.get(pk=pk)
    assert (event.amount, event.problem, event.dealt_with_by["label"]) == (99, "conflict", "clerk")
    assert shown(staff, "payments-contradicted") == []
    good = ProviderEvent.objects.filter(problem="").first()
    for which, change in ((pk, {"dealt_with_at": None}), (good.pk, {"dealt_with_at": timezone.now()})):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            ProviderEvent.objects.filter(pk=which).update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ProviderEvent.objects.filter(pk=pk).update(amount=1, dealt_with_at=timezone.now())


def disputed(payment: Payment, outcome: str, **more: Any) -> None:
    told = {"movement": "du_1", "is_dispute": True, "code": "fraudulent"} | more
    facts.learn("signed", [fact("refund", payment.reference, 40, outcome, **told)], source="webhook", actor=STAFF)


@pytest.mark.parametrize("words", [["pending", "succeeded"], ["succeeded", "pending"]], ids=["in order", "late"])
def test_a_dispute_is_shown_until_somebody_dealt_with_it_and_moves_no_money(staff, words):
    payment = captured(order := ordered())
    before, title = money(order), []

    for outcome in words:
        disputed(payment, outcome, expires_at="2026-12-07T12:00:00+00:00" if outcome == "pending" else None)
        disputed(payment, outcome)  # told again
        answer = staff.get(reverse("console_exceptions"), {"kind": "payments-disputed"})
        title += [(each.matter.title, each.matter.detail) for each in answer.context["page"].matters]
    (pk,) = shown(staff, "payments-disputed")
    on_the_order = staff.get(page("orders_order", order)).content.decode()

    lost, argued = "Lost in a dispute: $40.00 of {}", "Disputed: $40.00 of {}"
    expected = [lost, lost] if words[0] == "succeeded" else [argued, lost]
    assert [each for each, _detail in title] == [each.format(payment.reference) for each in expected]
    assert title[0][1] == ("signed · fraudulent" + (" · answer by Dec. 7, 2026" if words[0] == "pending" else ""))
    assert (money(order), shown(staff, "payments-odd"), shown(staff, "payments-contradicted")) == (before, [], [])
    assert "Its provider says: the customer&#x27;s bank took it back in a dispute." in on_the_order
    assert press(staff, "payments-disputed", pk) == ["It is dealt with."]
    assert shown(staff, "payments-disputed") == []


def test_a_dispute_that_was_won_needs_nobody_and_leaves_no_mark(staff):
    payment = captured(ordered())
    disputed(payment, "pending")
    payment.refresh_from_db()
    was = payment.problem

    disputed(payment, "declined")

    payment.refresh_from_db()
    assert (was, payment.problem, shown(staff, "payments-disputed")) == ("disputed", "", [])


def test_a_dispute_of_a_payment_that_nobody_here_knows_is_somebody_elses(staff):
    facts.learn("signed", [fact("refund", "pay_of_another_shop", is_dispute=True)], source="webhook", actor=STAFF)

    assert (shown(staff, "payments-disputed"), shown(staff, "payments-contradicted")) == ([], [])


def test_a_dead_webhook_is_processed_again(staff, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST_TRIES", 1)
    row = ProviderWebhook.objects.create(provider="signed", event_id="e", body="{", next_try_at=timezone.now())
    webhooks.process(row.pk)
    payment = authorized(order := ordered())
    ProviderWebhook.objects.filter(pk=row.pk).update(
        body=message("e", said("capture", payment.reference, movement="c")).decode()
    )
    before = shown(staff, "payment-webhooks")

    said_ = press(staff, "payment-webhooks", row.pk)
    webhooks.process(row.pk)

    row.refresh_from_db()
    assert (before, said_) == ([row.pk], ["A worker processes it again."])
    assert (row.problem, row.error, row.next_try_at) == ("", "", None)
    assert money(order)[0] == "captured"
    assert shown(staff, "payment-webhooks") == []


def test_a_webhook_of_an_unknown_payment_is_shown_after_a_while_and_not_once_the_payment_is_known(staff):
    session = session_of(ordered())
    reference, session.reference = session.reference, ""
    session.save()
    body = message("e", said("authorize", reference)).decode()
    row = ProviderWebhook.objects.create(provider="signed", event_id="e", body=body, next_try_at=timezone.now())
    webhooks.process(row.pk)
    early = shown(staff, "payment-webhooks")
    ProviderWebhook.objects.update(received_at=timezone.now() - timedelta(hours=1))
    late = shown(staff, "payment-webhooks")

    session.reference = reference
    session.save()
    (due,) = ProviderWebhook.objects.filter(next_try_at__isnull=False).values_list("pk", flat=True)
    webhooks.process(due)

    assert (early, late, shown(staff, "payment-webhooks")) == ([], [row.pk], [])
    assert Payment.objects.get().amount == 100


def test_webhooks_are_processed_again_from_their_list(staff):
    body = message("e").decode()
    row = ProviderWebhook.objects.create(provider="signed", event_id="e", body=body, problem="failed", tries=12)

    answer = staff.post(
        changelist(ProviderWebhook), {"action": "process_again", "_selected_action": [str(row.pk)]}, follow=True
    )

    row.refresh_from_db()
    assert messages_of(answer) == ["Webhooks that a worker processes again: 1."]
    assert (row.tries, row.next_try_at is None) == (0, False)


def test_what_ends_soon_is_captured_and_what_ended_is_let_go(staff):
    payment = authorized(ordered())
    Payment.objects.update(expires_at=timezone.now() + timedelta(hours=10))
    soon = shown(staff, "authorizations"), shown(staff, "authorizations-ended")

    captured_ = press(staff, "authorizations", payment.pk)
    attempt = PaymentAttempt.objects.get(act="capture")
    PaymentAttempt.objects.filter(pk=attempt.pk).delete()
    Payment.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    ended = shown(staff, "authorizations"), shown(staff, "authorizations-ended")
    listed = staff.get(changelist(Payment)).content.decode()
    let_go = press(staff, "authorizations-ended", payment.pk)

    assert (soon, ended) == (([payment.pk], []), ([], [payment.pk]))
    assert ">ended " in listed
    assert captured_ == ["A worker captures $100.00 now."]
    assert let_go == ["A worker tells the provider to let go of it."]
    calling.carry_out(PaymentAttempt.objects.get(act="void").pk)
    assert shown(staff, "authorizations-ended") == []


def test_an_order_that_could_not_be_canceled_is_kept_or_canceled_again(staff):
    payment = captured(order := ordered())

    def refuse() -> None:
        cancel_order(order_id=order, reason=CancelReason.CUSTOMER, actor=STAFF)
        decline(payment)

    refuse()
    before = shown(staff, "cancel-refused"), shown(staff, "orders"), shown(staff, "refunds-declined")
    again = press(staff, "cancel-refused", order, or_else="")
    decline(payment)
    kept = press(staff, "cancel-refused", order)

    assert before == ([order], [], [])
    name = Order.objects.get(pk=order)
    assert again == [f"Order {name} is canceled as soon as its money has gone back."]
    assert kept == [f"Order {name} goes on."]
    assert shown(staff, "cancel-refused") == []
    assert money(order) == ("captured", 100, 100, 0, 0)
    assert name.status == "pending"


def decline(payment: Payment) -> None:
    attempt = PaymentAttempt.objects.get(payment=payment, state="intended")
    told = fact("refund", payment.reference, 100, "declined", key=str(attempt.pk))
    facts.learn("signed", [told], source="webhook", actor=STAFF)


def test_what_is_owed_to_customers_is_shown_until_it_has_gone_back(staff):
    payment = captured(order := ordered())
    facts.learn("signed", [fact("capture", payment.reference, 20, movement="more")], source="webhook", actor=STAFF)
    owed, odd = shown(staff, "owed"), shown(staff, "payments-odd")

    attempt = refund_payment(
        payment_id=payment.pk, amount=usd(20), reason=RefundReason.OVERPAID, actor=STAFF, waits=True
    )
    leaving = shown(staff, "owed")
    payment_of(calling.carry_out(attempt.pk, waited=True))

    assert (owed, odd, leaving) == ([order], [payment.pk], [])
    assert (shown(staff, "owed"), shown(staff, "payments-odd")) == ([], [])
    assert money(order) == ("partially_refunded", 100, 120, 20, 0)
    assert recorded_events(order).count("order.payment_captured") == 2


def test_the_lists_behind_a_payment_are_found_by_provider_and_reference(staff):
    other = session_of(order := ordered())
    payment = captured(order)
    body = message("evt_7", said("refund", payment.reference, 5, movement="r"))
    row = ProviderWebhook.objects.create(
        provider="signed", event_id="evt_7", body=body.decode(), next_try_at=timezone.now()
    )
    webhooks.process(row.pk)
    opened = staff.get(page("payments_payment", payment.pk)).content.decode()

    def found(model: Any, term: str) -> set[Any]:
        return {each.pk for each in staff.get(changelist(model), {"q": term}).context["cl"].result_list}

    by_reference = f"signed {payment.reference}"
    attempts = set(PaymentAttempt.objects.filter(payment=payment).values_list("pk", flat=True))
    events = set(ProviderEvent.objects.filter(reference=payment.reference).values_list("pk", flat=True))
    assert len(attempts) == 3
    assert (found(PaymentAttempt, by_reference), found(ProviderEvent, by_reference)) == (attempts, events)
    assert found(ProviderWebhook, by_reference) == found(ProviderWebhook, "signed evt_7") == {row.pk}
    assert found(PaymentAttempt, f"signed {other.reference}") == set()
    for model in ("paymentattempt", "providerevent", "providerwebhook"):
        assert f"/console/payments/{model}/?q=signed+{payment.reference}" in opened


def test_a_void_that_was_declined_is_tried_again(staff):
    payment = authorized(ordered())
    attempt = voiding.request_void(payment_id=payment.pk, actor=STAFF, waits=True)
    told = fact("void", payment.reference, 100, "declined", key=str(attempt.pk))
    facts.learn("signed", [told], source="webhook", actor=STAFF)

    press(staff, "captures-declined", attempt.pk)

    assert PaymentAttempt.objects.filter(act="void", state="intended").count() == 1
    assert shown(staff, "captures-declined") == []

"""The money of an order's page: what each button will do is said before, and what became of it after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import Order
from orders.services import collecting
from orders.services.refunds import refund_payment
from payments.enums import RefundReason
from payments.models import Payment, PaymentAttempt
from payments.providers.base import Outcome
from payments.services import calling
from tests.bank import Bank, open_bank, pay_by_card
from tests.console import act, messages_of, page
from tests.factories import StaffFactory
from tests.scenarios import STAFF, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clerk(client: Client) -> Iterator[None]:
    client.force_login(StaffFactory(username="clerk"))
    with open_bank():
        yield


def order_of(units: int = 3) -> Order:
    return placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": units})


def shown(client: Client, order: Order) -> Any:
    return client.get(page("orders_order", order.pk))


def step(answer: Any, name: str) -> Any:
    (paid,) = answer.context["payments"]
    return next(each for each in paid["steps"] if each.act == name)


def press(client: Client, order: Order, name: str, **fields: Any) -> Any:
    return client.post(act(order, name), fields, follow=True)


def offered(answer: Any) -> set[str]:
    return {each.act for paid in answer.context["payments"] for each in paid["steps"]}


def test_the_statement_sums_and_what_is_authorized_stands_beside_it(client: Client) -> None:
    order = order_of()
    pay_by_card(order, capture=False)

    answer = shown(client, order)

    assert [(row.label, str(row.amount)) for row in answer.context["money_rows"]] == [
        ("Goods", "$30.00"),
        ("Total", "$30.00"),
        ("Paid", "$0.00"),
        ("authorized, not taken yet", "$30.00"),
    ]
    balance = answer.context["balance"]
    assert (balance["label"], str(balance["amount"])) == ("To be captured", "$30.00")
    assert answer.context["payments"][0]["attempts"][0]["what"] == "Authorize $30.00"


def test_a_part_is_captured_and_the_rest_let_go(client: Client) -> None:
    order = order_of()
    payment = pay_by_card(order, capture=False)
    form = step(shown(client, order), "capture")
    assert (form.fields[0].value, form.effects) == (
        "30.00",
        ["Bank is asked to take this much of what it holds: $30.00."],
    )

    captured = press(client, order, "capture", payment_id=payment.pk, amount="20.00")
    void = step(captured, "void").button
    done = press(client, order, "void", payment_id=payment.pk)

    assert (messages_of(captured), void, messages_of(done)) == (
        ["$20.00 captured (Bank)."],
        "Let go of $10.00",
        ["$10.00 let go (Bank)."],
    )
    assert offered(done) == set()


def test_what_is_on_its_way_back_is_nobodys_to_give_back_again(client: Client) -> None:
    order = order_of()
    payment = pay_by_card(order)
    Bank.answers = [Outcome.PENDING]

    asked = refund_payment(payment_id=payment.pk, reason=RefundReason.DAMAGED, actor=STAFF, waits=True)
    calling.carry_out(asked.pk, waited=True)

    balance = shown(client, order).context["balance"]
    assert (balance["label"], str(balance["amount"]), balance["tone"]) == (
        "On its way back to the customer",
        "$30.00",
        "busy",
    )


def test_what_the_bank_declines_is_said_in_its_words_and_nothing_has_moved(client: Client) -> None:
    order = order_of()
    payment = pay_by_card(order, capture=False)
    Bank.answers = [Outcome.DECLINED]

    answer = press(client, order, "capture", payment_id=payment.pk, amount="30")

    assert messages_of(answer) == ["Nothing was captured. Bank declined $30.00: The bank says no."]
    assert "The bank says no." in answer.content.decode()
    payment.refresh_from_db()
    assert payment.captured == 0


def test_what_nobody_knows_yet_is_said_and_asked_again(client: Client) -> None:
    order = order_of()
    payment = pay_by_card(order, capture=False)
    Bank.answers = [None]

    answer = press(client, order, "capture", payment_id=payment.pk, amount="30")

    assert messages_of(answer) == [
        "Bank has not answered, so nobody knows yet whether $30.00 was captured. It is asked again, and captures "
        "nothing twice."
    ]
    assert offered(answer) == set()
    assert answer.context["payments"][0]["attempts"][0]["retry"] is not None


def test_more_than_is_held_is_refused_and_what_was_typed_is_kept(client: Client) -> None:
    order = order_of()
    payment = pay_by_card(order, capture=False)
    fields = {"form": f"capture-{payment.pk}", "payment_id": payment.pk, "amount": "31"}

    with nothing_moves():
        answer = press(client, order, "capture", **fields)

    form = step(answer, "capture")
    assert (form.is_open, form.fields[0].value) == (True, "31")
    assert form.fields[0].error == "$31.00 cannot be captured: $30.00 of the authorization is left."


def test_a_payment_of_another_order_is_not_captured(client: Client) -> None:
    house = shop({"W1": {"LAMP": 9}})
    order, other = placed_order(house, {"LAMP": 1}), placed_order(house, {"LAMP": 1})
    payment = pay_by_card(other, capture=False)

    with nothing_moves():
        press(client, order, "capture", payment_id=payment.pk, amount="10")


def test_money_in_hand_is_marked_as_paid(client: Client) -> None:
    order = order_of()
    form = shown(client, order).context["paid_step"]

    answer = press(client, order, "mark-paid", amount="12.50", method="cash", note="at the door")

    assert form.fields[0].value == "30.00"
    assert messages_of(answer) == ["$12.50 marked as paid."]
    assert answer.context["paid_step"].fields[0].value == "17.50"
    assert Payment.objects.values_list("provider", "method", "captured").get() == ("manual", "cash", Decimal("12.5"))


def test_an_authorization_that_ended_offers_no_capture_and_says_when(client: Client) -> None:
    order = order_of()
    pay_by_card(order, capture=False)
    Payment.objects.update(expires_at=timezone.now() - timedelta(hours=1))

    answer = shown(client, order)

    assert "capture" not in offered(answer)
    assert answer.context["payments"][0]["expires"].startswith("The authorization ended: ")


def test_canceling_says_through_whom_the_money_goes_back_and_waits_for_it(client: Client) -> None:
    order = order_of()
    pay_by_card(order, "20")
    collecting.mark_as_paid(order_id=order.pk, method="cash", actor=STAFF)
    (form,) = [each for each in shown(client, order).context["steps"] if each.act == "cancel"]

    answer = press(client, order, "cancel", reason="customer")

    assert form.effects[-4:] == [
        "$20.00 goes back (Bank).",
        "$10.00 goes back (cash).",
        "It is canceled when its money has gone back; if that is refused, it is kept for you to decide.",
        "This cannot be undone.",
    ]
    assert sorted(messages_of(answer)) == [
        "$10.00 refunded (Cash, bank transfer, cash on delivery).",
        "$20.00 refunded (Bank).",
        f"Order {order} is canceled.",
    ]


def test_an_order_whose_money_cannot_go_back_is_kept_by_a_button(client: Client) -> None:
    order = order_of()
    pay_by_card(order)
    Bank.answers = [Outcome.DECLINED]

    refused = press(client, order, "cancel", reason="customer")
    kept = press(client, order, "keep")

    assert messages_of(refused)[-1] == f"Order {order} is not canceled, because its money could not be given back."
    assert next(each.act for each in refused.context["steps"]) == "keep"
    assert messages_of(kept) == [f"Order {order} goes on as it is."]
    told = [(entry["action"], entry["details"]) for entry in kept.context["timeline"]]
    assert ("To be canceled when its money has gone back", ["reason: customer changed their mind"]) in told
    assert [action for action, _details in told][:3] == [
        "Kept as it is",
        "Not canceled: its money could not be given back",
        "Refund declined",
    ]


def test_who_may_not_take_or_give_back_money_is_offered_neither(client: Client) -> None:
    order = order_of()
    payment = pay_by_card(order, "20")
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_order", "change_order"]))
    client.force_login(user)

    answer = shown(client, order)

    assert (offered(answer), answer.context["paid_step"], answer.context["may_refund"]) == (set(), None, False)
    with nothing_moves():
        assert client.post(act(order, "capture"), {"payment_id": payment.pk, "amount": 1}).status_code == 403
        assert client.post(act(order, "mark-paid"), {"amount": 1}).status_code == 403


def test_a_page_costs_the_same_whatever_was_tried(client: Client) -> None:
    order = order_of()
    counts = []
    for amount in ("10", "10"):
        pay_by_card(order, amount)
        shown(client, order)
        with CaptureQueriesContext(connection) as queries:
            shown(client, order)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert PaymentAttempt.objects.count() == 4

"""Payments in the console: found by what people know of them, and told whole on their page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from payments.models import Payment
from payments.providers.base import Outcome
from payments.services import capturing
from tests.bank import Bank, carry_out, open_bank, pay_by_card
from tests.console import changelist, page
from tests.factories import StaffFactory
from tests.scenarios import STAFF, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clerk(client: Client) -> Iterator[None]:
    client.force_login(StaffFactory(username="clerk"))
    with open_bank():
        yield


def paid(*, capture: bool = True) -> Payment:
    return pay_by_card(placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 3}), capture=capture)


def listed(client: Client, **query: str) -> set[Any]:
    return {row.pk for row in client.get(changelist(Payment), query).context["cl"].result_list}


def test_a_payment_is_found_by_its_reference_whoever_its_provider_is(client: Client) -> None:
    payment = paid()

    assert listed(client, q=payment.reference) == {payment.pk}
    assert listed(client, q=f"bank {payment.reference}") == {payment.pk}
    assert listed(client, q=f"manual {payment.reference}") == set()
    assert listed(client, q=str(Order.objects.get().number)) == {payment.pk}


def test_the_list_is_narrowed_by_provider_and_by_what_waits(client: Client) -> None:
    held = paid(capture=False)
    order = held.order
    assert order is not None
    Payment.objects.create(order=order, provider="external", currency="USD", amount=5, captured=5)

    assert listed(client, provider="bank") == {held.pk}
    assert listed(client, waits="capture") == {held.pk}
    assert listed(client, waits="open") == set()
    asked = capturing.request_capture(payment_id=held.pk, actor=STAFF, waits=True)
    Bank.answers = [Outcome.PENDING]
    carry_out([asked.pk])
    assert listed(client, waits="open") == {held.pk}
    Payment.objects.filter(pk=held.pk).update(problem="refunded_more_than_captured")
    assert listed(client, waits="problem") == {held.pk}


def test_its_page_tells_amounts_what_was_tried_and_what_was_told(client: Client) -> None:
    payment = paid(capture=False)
    asked = capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)
    Bank.answers = [Outcome.DECLINED]
    carry_out([asked.pk])

    shown = client.get(page("payments_payment", payment.pk)).context

    assert [(label, str(amount)) for label, amount in shown["amounts"]] == [
        ("Authorized", "$30.00"),
        ("Taken", "$0.00"),
        ("Refunded", "$0.00"),
        ("can be captured", "$30.00"),
        ("can be refunded", "$0.00"),
    ]
    assert [(each["what"], each["message"]) for each in shown["attempts"]] == [
        ("Capture $30.00", "The bank says no."),
        ("Authorize $30.00", ""),
    ]
    assert [(each["what"], each["outcome"]) for each in shown["told"]] == [
        ("Capture $30.00", "declined"),
        ("Authorize $30.00", "succeeded"),
    ]


def test_its_page_costs_the_same_whatever_was_tried(client: Client) -> None:
    payment = paid(capture=False)
    counts = []
    for _ in range(2):
        asked = capturing.request_capture(payment_id=payment.pk, actor=STAFF, waits=True)
        Bank.answers = [Outcome.DECLINED]
        carry_out([asked.pk])
        client.get(page("payments_payment", payment.pk))
        with CaptureQueriesContext(connection) as queries:
            client.get(page("payments_payment", payment.pk))
        counts.append(len(queries))

    assert counts[0] == counts[1]

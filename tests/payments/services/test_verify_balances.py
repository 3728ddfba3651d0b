"""Balances are proven by their entries, and what differs is named."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from orders.enums import CancelReason
from orders.services.cancellation import cancel_order
from orders.services.erasure import erase_customer
from orders.services.personal_data import export_customer
from payments.models import GiftCard, Payment
from payments.services import capturing
from payments.services.verify_balances import Difference, verify_balances
from tests.paying import payment_of, usd
from tests.payments.balances import a_card, an_account, an_order, pay
from tests.scenarios import STAFF

pytestmark = pytest.mark.django_db


def _an_order_paid_with_both():
    order_id, made, account = an_order(100), a_card(80), an_account(50)
    by_card = payment_of(pay(order_id, 60, "gift_card", code=made.code))
    pay(order_id, 40, "store_credit", account_id=account.public_id)
    capturing.request_capture(payment_id=by_card.pk, amount=usd(45), actor=STAFF)
    return order_id, made.card, by_card


def _without_triggers(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payments_giftcardentry DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE payments_giftcardentry ENABLE TRIGGER USER")


def test_what_was_paid_let_go_and_given_back_adds_up():
    order_id, *_ = _an_order_paid_with_both()
    paid = verify_balances()

    cancel_order(order_id=order_id, reason=CancelReason.CUSTOMER, actor=STAFF)

    canceled = verify_balances()
    assert (paid.balances, paid.entries, paid.payments, paid.differences) == (2, 4, 2, [])
    assert (canceled.balances, canceled.entries, canceled.payments, canceled.differences) == (2, 7, 2, [])


def test_a_balance_that_was_moved_without_an_entry_is_named():
    _, card, _ = _an_order_paid_with_both()
    GiftCard.objects.filter(pk=card.pk).update(balance=21)

    assert verify_balances().differences == [Difference(card.public_id, "sum of the entries", "20", "21")]


def test_an_entry_that_was_rewritten_is_named_by_its_number():
    _, card, payment = _an_order_paid_with_both()
    _without_triggers("UPDATE payments_giftcardentry SET amount = -61 WHERE number = 2")

    assert verify_balances().differences == [
        Difference(card.public_id, "sum of the entries", "19", "20"),
        Difference(card.public_id, "running balance", "the one before and the amount", "another", 2),
        Difference(payment.reference, "taken by the payment", "60", "61"),
    ]


def test_an_entry_that_was_taken_out_is_noticed():
    _, card, _ = _an_order_paid_with_both()
    _without_triggers("DELETE FROM payments_giftcardentry WHERE number = 1")

    told = [(each.balance, each.what, each.number) for each in verify_balances().differences]

    assert told == [
        (card.public_id, "sum of the entries", None),
        (card.public_id, "number of entries", None),
        (card.public_id, "numbers of the entries without gaps", 2),
        (card.public_id, "running balance", 2),
    ]


def test_a_payment_that_took_something_else_than_it_says_is_named():
    *_, payment = _an_order_paid_with_both()
    Payment.objects.filter(pk=payment.pk).update(amount=59)

    assert verify_balances().differences == [Difference(payment.reference, "taken by the payment", "59", "60")]


def test_the_command_exits_with_0_when_proven_and_1_when_not():
    _, card, _ = _an_order_paid_with_both()
    proven, told = StringIO(), StringIO()

    call_command("verify_balances", stdout=proven)
    GiftCard.objects.filter(pk=card.pk).update(balance=21)
    with pytest.raises(SystemExit) as ended:
        call_command("verify_balances", "--json", stdout=told)

    assert proven.getvalue() == "2 balances, 4 entries, 2 payments: everything adds up.\n"
    assert (ended.value.code, len(json.loads(told.getvalue())["differences"])) == (1, 1)


def test_a_person_is_told_of_their_credit_and_forgotten_without_losing_it():
    account = an_account(50)
    card, other = a_card(5, recipient="Ada@example.com", note="From Bob").card, a_card(5, recipient="Bob").card

    told = export_customer(customer_id=account.customer_id, actor=STAFF)
    erase_customer(customer_id=account.customer_id, actor=STAFF)

    assert [row["id"] for row in told["gift_cards"]] == [card.pk]
    assert card.code_hash not in str(told)
    assert [row["balance"] for row in told["store_credit_accounts"]] == [50]
    assert (len(told["gift_card_entries"]), len(told["store_credit_entries"])) == (1, 1)
    for row, words in ((card, ("", "")), (other, ("Bob", ""))):
        row.refresh_from_db()
        assert (row.recipient, row.note, row.balance) == (*words, 5)
    account.refresh_from_db()
    assert account.balance == 50

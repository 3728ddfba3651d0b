"""Who pays with one balance at the same moment: four processes, real commits."""

from __future__ import annotations

from collections import Counter

from oms.core.ids import new_id
from oms.core.money import Money
from orders.models import Order
from payments.models import GiftCardEntry
from payments.services import sessions
from payments.services.verify_balances import verify_balances
from tests.concurrency import balance_work
from tests.concurrency.workers import COUNT, Workers
from tests.payments.balances import a_card, pay, worth
from tests.scenarios import STAFF, place, shop


def _orders(count: int, total: int = 10) -> list[Order]:
    here = shop({"W1": {"LAMP": 1000}})
    orders = [Order.objects.get(pk=place(here, {"LAMP": total // 10}).order_id) for _ in range(count)]
    for order in orders:
        whole = Money(order.total, "USD")
        sessions.create_collection(amount=whole, order_id=order.pk, actor=STAFF, first=True)
    return orders


def _sessions(orders: list[Order]) -> list:
    return [sessions.create_session(collection_id=each.pk, provider="gift_card", actor=STAFF).pk for each in orders]


def test_of_all_who_pay_with_the_last_ten_at_once_one_does_and_the_others_are_declined(workers: Workers):
    made = a_card(10)

    told = workers.race(balance_work.redeem, _sessions(_orders(COUNT)), made.card.pk)

    assert Counter(told) == {"succeeded": 1, "insufficient_balance": COUNT - 1}
    assert worth(made.card) == (0, 0)
    assert verify_balances().differences == []


def test_without_the_lock_and_the_guard_all_would_pay_with_it(workers: Workers):
    """The control: the harness can lose the race."""
    made = a_card(10)

    told = workers.race(balance_work.redeem_by_reading, _sessions(_orders(COUNT)), made.card.pk)

    assert Counter(told) == {"succeeded": COUNT}
    assert GiftCardEntry.objects.filter(kind="redeemed").count() == COUNT
    assert verify_balances().differences != []


def test_a_call_that_is_made_by_all_at_once_under_one_key_moves_the_balance_once(workers: Workers):
    made = a_card(50)

    told = workers.race(balance_work.same_key, made.card.pk, new_id())

    assert told == [1] * COUNT
    assert worth(made.card) == (40, 40)


def test_a_card_that_is_changed_from_all_sides_at_once_adds_up(workers: Workers):
    made = a_card(100)

    told = workers.race(balance_work.adjust_and_expire, made.card.pk, 12)

    assert {code for each in told for code, _ in each} <= {"done", "gift_card_expired", "insufficient_balance"}
    assert verify_balances().differences == []


def test_orders_that_were_paid_with_the_same_cards_are_canceled_at_once_without_waiting_in_a_circle(workers: Workers):
    cards, rounds = [a_card(200), a_card(200)], 5
    orders = _orders(COUNT * rounds, total=20)
    for number, order in enumerate(orders):
        for made in cards if number % 2 else cards[::-1]:
            pay(order.pk, 10, "gift_card", code=made.code)
    shares = [[order.pk for order in orders[number::COUNT]] for number in range(COUNT)]

    told = workers.race(balance_work.cancel, shares)

    assert Counter(outcome for each in told for outcome in each) == {("done", "canceled"): COUNT * rounds}
    assert [worth(made.card)[0] for made in cards] == [200, 200]
    assert verify_balances().differences == []

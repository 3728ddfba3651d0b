"""A cart that is completed several times at once, also while its provider's news come in, is one order."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

from oms.core.money import Money
from orders.models import Order
from payments.models import Payment, PaymentAttempt
from payments.services import sessions
from tests.concurrency import payment_work
from tests.concurrency.workers import Workers
from tests.payments.signed import message, said
from tests.scenarios import STAFF, recorded_events, shop

ROUNDS = 6


def carts() -> list[tuple[UUID, str]]:
    """Carts of 20.00 with a session to pay each: the collection, and the provider's reference."""
    found = []
    with payment_work.the_provider():
        for _ in range(ROUNDS):
            collection = sessions.create_collection(amount=Money(Decimal(20), "USD"), cart_id=uuid4(), actor=STAFF)
            session = sessions.initiate(
                sessions.create_session(collection_id=collection.pk, provider="signed", actor=STAFF).pk
            )
            found.append((collection.pk, session.reference))
    return found


def test_a_cart_that_four_complete_at_once_is_one_order(workers: Workers) -> None:
    here = shop({"W1": {"LAMP": 50}})
    begun = [collection_id for collection_id, _ in carts()]

    answers = workers.race(payment_work.complete_carts, begun, here.channel.code)

    for same in zip(*answers, strict=True):
        assert len({order_id for order_id, _ in same}) == 1
        assert sorted(existing for _, existing in same) == [False, True, True, True]
    assert (Order.objects.count(), Payment.objects.count(), here.sra("LAMP")) == (ROUNDS, ROUNDS, (50, 12, 38))
    for order in Order.objects.all():
        assert recorded_events(order.pk) == ["order.placed", "order.payment_authorized"]


def test_a_capture_that_is_told_of_three_times_while_its_cart_is_completed_is_one_order_and_one_capture(
    workers: Workers,
) -> None:
    here = shop({"W1": {"LAMP": 50}})
    told = [
        (collection_id, message(f"evt_{reference}", said("capture", reference, 20, movement=f"cap_{reference}")))
        for collection_id, reference in carts()
    ]

    workers.race(payment_work.complete_and_news, told, here.channel.code)

    assert (Order.objects.count(), here.sra("LAMP")) == (ROUNDS, (50, 12, 38))
    assert list(Payment.objects.values_list("amount", "captured", "refunded")) == [(20, 20, 0)] * ROUNDS
    assert PaymentAttempt.objects.filter(act="capture", state="succeeded").count() == ROUNDS
    for order in Order.objects.all():
        assert (order.payment_status, order.balance.amount) == ("captured", 0)
        news = recorded_events(order.pk)
        assert [news.count(name) for name in ("order.placed", "order.payment_captured")] == [1, 1]

"""A cart is paid and becomes an order, once."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from channels.models import SalesChannel
from channels.services.selling import selling
from inventory.errors import InsufficientStock
from oms.core.money import Money
from orders.models import Order
from orders.services.paid_placement import place_paid_order
from payments.enums import CaptureOn
from payments.errors import NoPaymentSession, PaymentDeclined, PaymentPending, ProviderNotReached
from payments.models import Payment, PaymentAttempt, PaymentCollection, PaymentSession
from payments.providers.base import ProviderUnavailable
from payments.services import resuming, sessions
from tests.payments.gateway import Gateway
from tests.scenarios import STAFF, Shop, nothing_moves, recorded_events, request, shop

pytestmark = pytest.mark.django_db


def cart(amount: str = "20", *, provider: str = "manual") -> UUID:
    """A cart's collection, with a session to pay it."""
    collection = sessions.create_collection(amount=Money(Decimal(amount), "USD"), cart_id=uuid4(), actor=STAFF)
    if provider:
        sessions.create_session(collection_id=collection.pk, provider=provider, actor=STAFF)
    return collection.pk


def complete(here: Shop, collection_id: UUID, quantity: int = 2, card: str = "") -> tuple[UUID | None, bool]:
    placed = place_paid_order(
        collection_id=collection_id,
        request=request({"LAMP": quantity}),
        selling=selling(here.channel.code),
        actor=STAFF,
        data={"card": card} if card else None,
    )
    return placed.order_id, placed.existing


def test_a_cart_completed_twice_is_one_order() -> None:
    here = shop({"W1": {"LAMP": 5}})
    collection_id = cart()

    order_id, existing = complete(here, collection_id)
    again = complete(here, collection_id)

    assert (existing, again) == (False, (order_id, True))
    order = Order.objects.get()
    assert (order.payment_status, here.sra("LAMP")) == ("authorized", (5, 2, 3))
    assert list(Payment.objects.values_list("order_id", "amount", "captured")) == [(order.pk, 20, 0)]
    assert recorded_events() == ["order.placed", "order.payment_authorized"]


def test_a_channel_that_takes_its_money_with_the_order_has_it() -> None:
    here = shop({"W1": {"LAMP": 5}})
    SalesChannel.objects.update(capture_on=CaptureOn.PLACEMENT)

    complete(here, cart())

    order = Order.objects.get()
    assert (order.payment_status, order.balance) == ("captured", Money(Decimal(0), "USD"))
    assert recorded_events() == ["order.placed", "order.payment_authorized", "order.payment_captured"]


def test_without_anything_to_pay_with_nothing_is_written() -> None:
    here = shop({"W1": {"LAMP": 5}})

    with pytest.raises(NoPaymentSession):
        complete(here, cart(provider=""))

    assert (Order.objects.count(), PaymentAttempt.objects.count(), here.sra("LAMP")) == (0, 0, (5, 0, 5))


def test_what_cannot_be_placed_lets_go_of_the_money() -> None:
    here = shop({"W1": {"LAMP": 1}})
    collection_id = cart()

    with pytest.raises(InsufficientStock):
        complete(here, collection_id)

    payment = Payment.objects.get()
    assert (payment.order_id, payment.canceled_at is not None, here.sra("LAMP")) == (None, True, (1, 0, 1))
    assert not Order.objects.exists()
    with pytest.raises(NoPaymentSession):  # which it would need anew
        complete(here, collection_id, quantity=1)


def test_a_card_that_is_declined_leaves_nothing_and_the_cart_can_be_paid_again(gateway: Gateway) -> None:
    here = shop({"W1": {"LAMP": 5}})
    collection_id = cart(provider="fake")

    with pytest.raises(PaymentDeclined) as refusal:
        complete(here, collection_id, card="4000 0000 0000 0002")
    after = (Order.objects.count(), Payment.objects.count(), here.sra("LAMP"), recorded_events())
    complete(here, collection_id, card="4242 4242 4242 4242")

    assert str(refusal.value) == "The payment provider declined: The card was declined."
    assert after == (0, 0, (5, 0, 5), [])
    assert (Order.objects.get().payment_status, here.sra("LAMP")) == ("authorized", (5, 2, 3))
    assert [each["authorized"] for each in gateway.books()["payments"]] == [2000]


@pytest.mark.parametrize("fault", ["error_500_before", "error_500_after", "drop_after"])
def test_a_cart_whose_payment_has_no_answer_goes_on_where_it_was(gateway: Gateway, fault: str) -> None:
    here = shop({"W1": {"LAMP": 5}})
    collection_id = cart(provider="fake")
    gateway.script("authorize", fault)

    with pytest.raises(PaymentPending):
        complete(here, collection_id)
    before = Order.objects.count()
    order_id, _existing = complete(here, collection_id)

    assert (before, recorded_events()) == (0, ["order.placed", "order.payment_authorized"])
    assert Payment.objects.get().order_id == order_id
    assert [each["authorized"] for each in gateway.books()["payments"]] == [2000]


def test_a_customer_who_comes_back_from_the_bank_before_its_news_has_an_order(gateway: Gateway) -> None:
    here = shop({"W1": {"LAMP": 5}})
    collection_id = cart(provider="fake")

    with pytest.raises(PaymentPending):
        complete(here, collection_id, card="4000 0000 0000 0036")
    gateway.customer(PaymentSession.objects.get().reference)
    complete(here, collection_id)

    assert (Order.objects.get().payment_status, here.sra("LAMP")) == ("authorized", (5, 2, 3))
    assert [each["authorized"] for each in gateway.books()["payments"]] == [2000]


def test_a_cart_whose_provider_was_not_reached_at_first_is_begun_when_it_is_completed(gateway: Gateway) -> None:
    here = shop({"W1": {"LAMP": 5}})
    gateway.script("initiate", "error_500_before", times=2)
    with pytest.raises(ProviderUnavailable):
        cart(provider="fake")
    collection_id = PaymentCollection.objects.get().pk

    with nothing_moves(), pytest.raises(ProviderNotReached):
        complete(here, collection_id)
    complete(here, collection_id)

    assert (Order.objects.get().payment_status, here.sra("LAMP")) == ("authorized", (5, 2, 3))
    assert [each["authorized"] for each in gateway.books()["payments"]] == [2000]


def test_goods_that_are_gone_let_go_of_the_card(gateway: Gateway) -> None:
    here = shop({"W1": {"LAMP": 1}})
    collection_id = cart(provider="fake")

    with pytest.raises(InsufficientStock):
        complete(here, collection_id)
    for attempt in PaymentAttempt.objects.filter(act="void"):
        resuming.resume(attempt.pk)

    assert Payment.objects.get().canceled_at is not None
    assert [each["voided"] for each in gateway.books()["payments"]] == [True]
    assert not Order.objects.exists()

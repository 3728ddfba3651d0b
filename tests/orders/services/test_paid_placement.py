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
from payments.errors import NoPaymentSession
from payments.models import Payment, PaymentAttempt
from payments.services import sessions
from tests.scenarios import STAFF, Shop, recorded_events, request, shop

pytestmark = pytest.mark.django_db


def cart(amount: str = "20", *, session: bool = True) -> UUID:
    """A cart's collection, with a session to pay it by hand."""
    collection = sessions.create_collection(amount=Money(Decimal(amount), "USD"), cart_id=uuid4(), actor=STAFF)
    if session:
        sessions.create_session(collection_id=collection.pk, provider="manual", actor=STAFF)
    return collection.pk


def complete(here: Shop, collection_id: UUID, quantity: int = 2) -> tuple[UUID | None, bool]:
    placed = place_paid_order(
        collection_id=collection_id,
        request=request({"LAMP": quantity}),
        selling=selling(here.channel.code),
        actor=STAFF,
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
        complete(here, cart(session=False))

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

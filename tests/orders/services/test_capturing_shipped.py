"""A channel that takes its money with the goods takes what they are worth, neither less nor more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from channels.models import SalesChannel
from inventory.models import InventoryItem, StockLocation
from orders.models import Order
from orders.services import fulfilling, refunds, shipping
from orders.services.fulfilling import FulfillItem
from payments.enums import CaptureOn
from payments.models import Payment
from payments.providers.base import Capabilities
from payments.services import calling, sessions
from tests.paying import usd
from tests.payments import signed
from tests.scenarios import STAFF, place, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own provider, which captures once."""
    signed.install(settings)
    monkeypatch.setattr(signed.SignedProvider, "can", Capabilities(several_captures=False))


def an_order(*, ships: bool = True) -> UUID:
    """Two lamps, 20.00."""
    here = shop({"W1": {"LAMP": 50}})
    SalesChannel.objects.update(capture_on=CaptureOn.SHIPMENT)
    InventoryItem.objects.update(requires_shipping=ships)
    order_id = place(here, {"LAMP": 2}).order_id
    assert order_id is not None
    return order_id


def pledge(order_id: UUID, amount: Any, provider: str = "manual") -> Payment:
    collection = sessions.create_collection(amount=usd(20), order_id=order_id, actor=STAFF)
    session = sessions.initiate(
        sessions.create_session(collection_id=collection.pk, provider=provider, amount=usd(amount), actor=STAFF).pk
    )
    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF, waits=True)
    calling.carry_out(attempt.pk, waited=True)
    return Payment.objects.get(session=session)


def pack(order_id: UUID, quantity: int = 1) -> UUID:
    order = Order.objects.get(pk=order_id)
    fulfillment = fulfilling.create_fulfillment(
        order_id=order_id,
        location_id=StockLocation.objects.get().pk,
        items=[FulfillItem(order.lines.get().pk, quantity)],
        actor=STAFF,
    )
    return fulfillment.pk


def ship(order_id: UUID, quantity: int = 1) -> None:
    packed = pack(order_id, quantity)
    shipping.create_shipment(order_id=order_id, fulfillment_id=packed, parcels=[], actor=STAFF)
    for payment in Payment.objects.filter(order=order_id):
        for attempt in payment.attempts.filter(state="intended"):
            calling.carry_out(attempt.pk)


def money(order_id: UUID) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Worth, captured, refunded, balance."""
    order = Order.objects.get(pk=order_id)
    return order.total, order.captured_total, order.refunded_total, order.balance.amount


def test_what_was_given_back_of_the_first_parcel_does_not_make_the_second_one_cheaper() -> None:
    order_id = an_order()
    payment = pledge(order_id, 20)
    ship(order_id)
    refunds.refund_payment(payment_id=payment.pk, amount=usd(4), actor=STAFF)

    ship(order_id)

    assert money(order_id) == (16, 20, 4, 0)


@pytest.mark.usefixtures("once")
def test_one_that_captures_once_takes_no_more_than_other_payments_leave() -> None:
    order_id = an_order()
    pledge(order_id, 8)
    pledge(order_id, 20, "signed")

    ship(order_id)

    assert money(order_id) == (20, 20, 0, 0)
    assert sorted(Payment.objects.values_list("provider", "captured")) == [("manual", 8), ("signed", 12)]


@pytest.mark.usefixtures("once")
def test_what_was_paid_by_a_provider_that_is_not_in_the_settings_any_more_ships(settings: Any) -> None:
    order_id = an_order()
    pledge(order_id, 20, "signed")
    left = {code: path for code, path in settings.OMS["PAYMENT_PROVIDERS"].items() if code != "signed"}
    settings.OMS = settings.OMS | {"PAYMENT_PROVIDERS": left}

    packed = pack(order_id)
    shipping.create_shipment(order_id=order_id, fulfillment_id=packed, parcels=[], actor=STAFF)

    assert money(order_id) == (20, 0, 0, 20)


@pytest.mark.usefixtures("once")
def test_one_that_captures_no_parts_keeps_nobody_from_shipping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed.SignedProvider, "can", Capabilities(partial_capture=False))
    order_id = an_order()
    pledge(order_id, 20, "signed")

    ship(order_id)
    before = money(order_id)
    ship(order_id)

    assert (before, money(order_id)) == ((20, 0, 0, 20), (20, 20, 0, 0))


def test_what_does_not_ship_is_paid_when_it_is_delivered() -> None:
    order_id = an_order(ships=False)
    pledge(order_id, 20)

    captured = []
    for _ in range(2):
        shipping.mark_delivered(order_id=order_id, fulfillment_id=pack(order_id), actor=STAFF)
        captured.append(money(order_id)[1])

    assert captured == [10, 20]

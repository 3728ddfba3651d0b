"""What an order owes is collected by staff, and with its shipments where the channel says so."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import pytest

from channels.models import SalesChannel
from fulfillment.services.fulfillments import Tracking
from inventory.models import InventoryItem
from orders.api.parts import payment_collections
from orders.errors import NothingDue
from orders.models import Order
from orders.requests import LineRequest, PaymentRequest, ShippingRequest
from orders.services import collecting, fulfilling, shipping
from orders.services.fulfilling import FulfillItem
from payments.enums import CaptureOn
from payments.models import Payment, PaymentAttempt
from payments.services import sessions
from tests.paying import usd
from tests.scenarios import STAFF, place, recorded_events, shop

pytestmark = pytest.mark.django_db


def test_money_in_hand_pays_what_is_due_and_no_second_time() -> None:
    order_id = place(shop({"W1": {"LAMP": 5}}), {"LAMP": 2}).order_id
    assert order_id is not None

    collecting.mark_as_paid(order_id=order_id, amount=usd("5"), method="cash", actor=STAFF)
    collecting.mark_as_paid(order_id=order_id, method="cash", actor=STAFF)
    with pytest.raises(NothingDue):
        collecting.mark_as_paid(order_id=order_id, method="cash", actor=STAFF)

    order = Order.objects.get(pk=order_id)
    assert (order.payment_status, order.captured_total, order.balance) == ("captured", 20, usd("0.0000"))
    assert list(order.payments.values_list("method", "amount", "captured")) == [("cash", 5, 5), ("cash", 15, 15)]
    assert recorded_events() == [
        "order.placed",
        *["order.payment_authorized", "order.payment_captured"] * 2,
    ]


def recorded_in_part() -> UUID:
    """20.00, of which 5.00 were paid before it came here."""
    placed = place(shop({"W1": {"LAMP": 5}}), {"LAMP": 2}, payments=[PaymentRequest(amount=Decimal(5))])
    assert placed.order_id is not None
    return placed.order_id


def collections(order_id: UUID) -> list[tuple[str, float, float]]:
    """Status, amount and what was captured of each, as the order shows them."""
    shown = payment_collections(Order.objects.get(pk=order_id))
    return [(each.status, float(each.amount), float(each.captured_amount)) for each in shown]


def test_what_was_paid_before_an_order_came_is_no_part_of_what_is_collected_for_the_rest() -> None:
    order_id = recorded_in_part()

    made = collecting.collect(order_id=order_id, actor=STAFF)
    before = collections(order_id)
    collecting.mark_as_paid(order_id=order_id, collection_id=made.pk, actor=STAFF)

    assert before == [("completed", 5, 5), ("not_paid", 15, 0)]
    assert collections(order_id) == [("completed", 5, 5), ("completed", 15, 15)]


def test_the_rest_of_what_was_paid_in_part_before_is_marked_as_paid() -> None:
    order_id = recorded_in_part()

    collecting.mark_as_paid(order_id=order_id, actor=STAFF)

    assert collections(order_id) == [("completed", 20, 20)]
    assert Order.objects.get().balance == usd("0")


def shipped_in_parts(lines: Sequence[LineRequest], steps: Sequence[dict[int, int]], **fields: object) -> list[Decimal]:
    """What was captured after each parcel of an order whose channel takes its money with the shipment."""
    here = shop({"W1": {"LAMP": 50, "RUG": 50}})
    SalesChannel.objects.update(capture_on=CaptureOn.SHIPMENT)
    InventoryItem.objects.update(requires_shipping=True)
    placed = place(here, lines, **fields)
    assert placed.order_id is not None
    _authorize_all(placed.order_id)
    captured = []
    ordered = list(Order.objects.get(pk=placed.order_id).lines.order_by("position"))
    for step in steps:
        fulfillment = fulfilling.create_fulfillment(
            order_id=placed.order_id,
            location_id=here.locations["W1"].pk,
            items=[FulfillItem(ordered[index].pk, quantity) for index, quantity in step.items()],
            actor=STAFF,
        )
        shipping.create_shipment(
            order_id=placed.order_id, fulfillment_id=fulfillment.pk, parcels=[Tracking(number="T")], actor=STAFF
        )
        captured.append(Order.objects.get(pk=placed.order_id).captured_total)
    return captured


def _authorize_all(order_id: UUID) -> None:
    collection = collecting.collect(order_id=order_id, actor=STAFF)
    session = sessions.create_session(collection_id=collection.pk, provider="manual", actor=STAFF)
    sessions.request_authorization(session_id=session.pk, actor=STAFF)


def test_each_parcel_takes_what_is_in_it_and_the_first_one_the_shipping() -> None:
    lines = [
        LineRequest(sku="LAMP", quantity=3, unit_price=Decimal("3.3333")),
        LineRequest(sku="RUG", quantity=1, unit_price=Decimal(7)),
    ]
    delivery = [ShippingRequest(name="Parcel", amount=Decimal(5))]

    captured = shipped_in_parts(lines, [{0: 1}, {0: 1}, {0: 1, 1: 1}], shipping_methods=delivery)

    assert captured == [Decimal("8.33"), Decimal("11.67"), Decimal("22")]
    assert [attempt.is_last for attempt in PaymentAttempt.objects.filter(act="capture")] == [False, False, True]


def test_a_shipped_order_that_nobody_paid_asks_nobody() -> None:
    here = shop({"W1": {"LAMP": 5}})
    SalesChannel.objects.update(capture_on=CaptureOn.SHIPMENT)
    order_id = place(here, {"LAMP": 1}).order_id
    assert order_id is not None
    order = Order.objects.get(pk=order_id)
    fulfillment = fulfilling.create_fulfillment(
        order_id=order_id,
        location_id=here.locations["W1"].pk,
        items=[FulfillItem(order.lines.get().pk, 1)],
        actor=STAFF,
    )

    shipping.create_shipment(order_id=order_id, fulfillment_id=fulfillment.pk, parcels=[], actor=STAFF)

    assert not Payment.objects.exists()

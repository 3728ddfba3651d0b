"""What is packed leaves with its tracking number, and arrives."""

from __future__ import annotations

import pytest

from fulfillment.models import Parcel
from fulfillment.services.fulfillments import Tracking
from orders import errors
from orders.services.fulfilling import cancel_fulfillment, create_fulfillment
from orders.services.shipping import create_shipment, mark_delivered
from tests.factories import InventoryItemFactory
from tests.scenarios import STAFF, items_of, nothing_moves, placed_order, recorded_events, shop, state

pytestmark = pytest.mark.django_db

PARCELS = [Tracking(number="1Z1", url="https://track.example/1Z1", carrier="UPS"), Tracking(number="1Z2")]


def packed(quantity=1, of=3):
    """An order of so many lamps, a part of them packed."""
    lamps = shop({"W1": {"LAMP": 5}})
    order = placed_order(lamps, {"LAMP": of})
    fulfillment = create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": quantity}), actor=STAFF)
    return lamps, order, {"order_id": order.pk, "fulfillment_id": fulfillment.pk, "actor": STAFF}


def test_a_parcel_is_shipped_with_its_tracking_numbers_and_arrives():
    lamps, order, parcel = packed(3)

    shipped = create_shipment(**parcel, parcels=PARCELS)
    on_its_way = (shipped.status, state(order))
    arrived = mark_delivered(**parcel)

    assert on_its_way == ("shipped", ("pending", "not_paid", "shipped", 0))
    assert (arrived.status, state(order)) == ("delivered", ("pending", "not_paid", "delivered", 0))
    assert list(
        Parcel.objects.order_by("tracking_number").values_list("tracking_number", "carrier", "tracking_url")
    ) == [
        ("1Z1", "UPS", "https://track.example/1Z1"),
        ("1Z2", "", ""),
    ]
    assert lamps.sra("LAMP") == (2, 0, 2)
    assert recorded_events(order.pk)[2:] == ["order.shipment_created", "order.delivered"]
    assert list(order.timeline.order_by("pk").values_list("action", "facts"))[2:] == [
        ("order.shipment_created", {"tracking": ["1Z1", "1Z2"]}),
        ("order.delivered", {}),
    ]


def test_parts_are_told_apart():
    _, order, parcel = packed(1)

    create_shipment(**parcel, parcels=[])
    shipped = state(order)
    mark_delivered(**parcel)

    assert (shipped[2:], state(order)[2:]) == (("partially_shipped", 2), ("partially_delivered", 2))


def test_what_is_shipped_is_not_shipped_again_nor_unpacked_and_arrives_once():
    _, _, parcel = packed()
    create_shipment(**parcel, parcels=PARCELS)

    with nothing_moves(), pytest.raises(errors.FulfillmentAlreadyShipped):
        create_shipment(**parcel, parcels=PARCELS)
    with nothing_moves(), pytest.raises(errors.FulfillmentAlreadyShipped):
        cancel_fulfillment(**parcel)
    mark_delivered(**parcel)
    with nothing_moves(), pytest.raises(errors.FulfillmentAlreadyDelivered):
        mark_delivered(**parcel)
    with nothing_moves(), pytest.raises(errors.FulfillmentAlreadyShipped):
        create_shipment(**parcel, parcels=PARCELS)


def test_what_ships_does_not_arrive_before_it_is_shipped():
    _, _, parcel = packed()

    with nothing_moves(), pytest.raises(errors.FulfillmentNotShipped):
        mark_delivered(**parcel)


def test_what_was_unpacked_neither_ships_nor_arrives():
    _, _, parcel = packed()
    cancel_fulfillment(**parcel)

    with nothing_moves(), pytest.raises(errors.FulfillmentCanceled):
        create_shipment(**parcel, parcels=PARCELS)
    with nothing_moves(), pytest.raises(errors.FulfillmentCanceled):
        mark_delivered(**parcel)


def test_what_does_not_ship_arrives_straight_away_and_is_not_unpacked_then():
    lamps = shop({})
    InventoryItemFactory(sku="MANUAL", is_stocked=False, requires_shipping=False)
    order = placed_order(lamps, {"MANUAL": 2})
    fulfillment = create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    download = {"order_id": order.pk, "fulfillment_id": fulfillment.pk, "actor": STAFF}

    mark_delivered(**download)

    assert state(order) == ("pending", "not_paid", "delivered", 0)
    with nothing_moves(), pytest.raises(errors.FulfillmentAlreadyShipped):
        cancel_fulfillment(**download)


def test_what_does_not_ship_and_was_sent_all_the_same_arrives_once():
    lamps = shop({})
    InventoryItemFactory(sku="MANUAL", is_stocked=False, requires_shipping=False)
    order = placed_order(lamps, {"MANUAL": 2})
    fulfillment = create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    download = {"order_id": order.pk, "fulfillment_id": fulfillment.pk, "actor": STAFF}
    create_shipment(**download, parcels=PARCELS)

    mark_delivered(**download)

    assert state(order) == ("pending", "not_paid", "delivered", 0)

"""Every act on an order stands in its timeline and in its events, numbered without gaps, and names nobody."""

from __future__ import annotations

import json

import pytest

from fulfillment.services.fulfillments import Tracking
from oms.core.models import OutboxEvent
from orders.enums import HoldReason
from orders.requests import AddressRequest, CustomerRequest
from orders.services import cancellation, fulfilling, holds, notes, shipping
from tests.scenarios import STAFF, items_of, placed_order, shop

pytestmark = pytest.mark.django_db

PERSON = {
    "email": "annabel@example.com",
    "phone": "+44 555 0100",
    "customer": CustomerRequest(external_id="person-77", first_name="Annabel", last_name="Ravenscroft"),
    "shipping_address": AddressRequest(first_name="Annabel", address_1="1 Hidden Lane", postal_code="ZZ9 9ZZ"),
    "notes": ["Annabel rang"],
}


def a_whole_life():
    """Placed, noted, held, released, packed, unpacked, packed, shipped, delivered; and another one canceled."""
    lamps = shop({"W1": {"LAMP": 9}})
    order, other = (placed_order(lamps, {"LAMP": 2}, **PERSON) for _ in range(2))
    who = {"order_id": order.pk, "actor": STAFF}
    notes.add_note(**who, body="Annabel Ravenscroft, Hidden Lane")
    notes.set_tags(**who, tags=["gift"])
    hold = holds.place_hold(**who, reason=HoldReason.ADDRESS, note="Hidden Lane?")
    holds.release_hold(**who, hold_id=hold.pk)
    first = fulfilling.create_fulfillment(**who, items=items_of(order))
    fulfilling.cancel_fulfillment(**who, fulfillment_id=first.pk)
    second = fulfilling.create_fulfillment(**who, items=items_of(order))
    shipping.create_shipment(**who, fulfillment_id=second.pk, parcels=[Tracking(number="1Z")])
    shipping.mark_delivered(**who, fulfillment_id=second.pk)
    cancellation.cancel_order(order_id=other.pk, reason="customer", actor=STAFF)
    return order, other


def test_events_and_timeline_tell_the_same_in_the_same_order_without_gaps():
    order, other = a_whole_life()

    names = [
        *("order.placed", "order.updated", "order.updated", "order.hold_placed", "order.hold_released"),
        *("order.fulfillment_created", "order.fulfillment_canceled", "order.fulfillment_created"),
        *("order.shipment_created", "order.delivered"),
    ]
    events = OutboxEvent.objects.filter(stream=order.pk).order_by("sequence")
    assert list(events.values_list("sequence", "name")) == list(enumerate(names, start=1))
    assert list(order.timeline.order_by("pk").values_list("action", flat=True)) == names
    assert list(OutboxEvent.objects.filter(stream=other.pk).order_by("sequence").values_list("name", flat=True)) == [
        *("order.placed", "order.canceled")
    ]
    for each in (order, other):
        each.refresh_from_db()
    assert (order.event_seq, order.revision, other.event_seq, other.revision) == (10, 10, 2, 2)


def test_who_did_it_stands_in_both():
    order, _ = a_whole_life()

    actors = [*OutboxEvent.objects.values_list("actor", flat=True), *order.timeline.values_list("actor", flat=True)]
    assert all(actor == STAFF.as_dict() for actor in actors)


def test_no_event_says_anything_of_the_person():
    a_whole_life()

    told = json.dumps(list(OutboxEvent.objects.values_list("data", flat=True)))
    for word in ("nnabel", "avenscroft", "example.com", "0100", "idden", "ZZ9", "person-77"):
        assert word not in told


def test_an_event_names_its_things_by_their_public_ids():
    order, _ = a_whole_life()

    shipped = OutboxEvent.objects.get(stream=order.pk, name="order.shipment_created")
    fulfillment = order.fulfillments.get(canceled_at=None)
    assert shipped.data == {
        "order_id": order.public_id,
        "fulfillment_id": fulfillment.public_id,
        "tracking_numbers": ["1Z"],
    }

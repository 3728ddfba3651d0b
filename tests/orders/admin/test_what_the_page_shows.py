"""What the page of an order tells at a glance, at the same cost whatever its size."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfillment.services.fulfillments import Tracking
from inventory.models import Reservation
from inventory.services.counts import apply_count, create_count
from inventory.services.manual_reservations import delete_reservation
from inventory.services.papers import Line
from orders.enums import CancelReason
from orders.models import Order, TimelineEntry
from orders.requests import CustomerRequest, LineRequest
from orders.services import fulfilling, notes, shipping
from orders.services.cancellation import cancel_order
from tests.console import changelist, page
from tests.factories import StaffFactory
from tests.scenarios import STAFF, items_of, kit, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clerk(client):
    client.force_login(StaffFactory(username="clerk"))


def shown(client, order, **query):
    answer = client.get(page("orders_order", order.pk), query)
    assert answer.status_code == 200
    return answer


def places(answer):
    """By sku: where its units are, as the page says it."""
    return {
        row.line.sku: [(place.quantity, place.state, place.location) for place in row.places]
        for row in answer.context["page"].goods
    }


def test_each_line_says_where_its_units_are(client):
    """Of six lamps: two shipped, one packed, two held in two places, one waits for goods that a count did not find."""
    house = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 1, "MUG": 1}})
    order = placed_order(house, {"LAMP": 6, "MUG": 1})
    for quantity in (2, 1):
        fulfilling.create_fulfillment(
            order_id=order.pk,
            items=items_of(order, {"LAMP": quantity}),
            location_id=house.locations["W1"].pk,
            actor=STAFF,
        )
    first = order.fulfillments.order_by("pk")[0]
    shipping.create_shipment(order_id=order.pk, fulfillment_id=first.pk, parcels=[Tracking(number="1")], actor=STAFF)
    found = create_count(location_id=house.locations["W1"].pk, lines=[Line(house.items["LAMP"].pk, 1)], actor=STAFF)
    apply_count(count_id=found.pk, actor=STAFF)

    answer = shown(client, order)

    assert places(answer) == {
        "LAMP": [
            (2, "shipped", "W1"),
            (1, "packed", "W1"),
            (1, "reserved", "W1"),
            (1, "backordered", "W1"),
            (1, "reserved", "W2"),
        ],
        "MUG": [(1, "reserved", "W2")],
    }
    assert "1 backordered · W1" in answer.content.decode()


def test_what_nothing_is_held_for_and_what_was_canceled_is_said(client):
    house = shop({"W1": {"LAMP": 2, "BULB": 4}})
    kit(house, "GIFT", {"LAMP": 1, "BULB": 2})
    order = placed_order(house, {"GIFT": 2})
    whole = places(shown(client, order))["GIFT"]
    for held in Reservation.objects.all():
        delete_reservation(reservation_id=held.pk, actor=STAFF)

    bare = places(shown(client, order))["GIFT"]
    cancel_order(order_id=order.pk, reason=CancelReason.OTHER, actor=STAFF)

    assert [(units, state) for units, state, _place in whole] == [(2, "reserved"), (4, "reserved")]
    assert bare == [(2, "unreserved", "")]
    assert places(shown(client, order))["GIFT"] == [(2, "canceled", "")]


def test_the_buttons_say_from_where_what_is_taken_and_which_parcel_ships(client):
    house = shop({"W1": {"LAMP": 4, "BULB": 4}})
    kit(house, "GIFT", {"LAMP": 1, "BULB": 2})
    order = placed_order(house, {"GIFT": 2, "LAMP": 1})
    offered = shown(client, order).context["steps"][0]
    fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)

    parcel = shown(client, order).context["steps"][0]

    assert (offered.act, offered.title, list(offered.effects)) == (
        "fulfill",
        "Fulfill from W1",
        [
            "Takes 3 units off the shelf at W1, as one parcel to be shipped.",
            "Of kits what they consist of: 2 × LAMP, 4 × BULB",
        ],
    )
    assert (parcel.act, parcel.title, parcel.effects[0]) == (
        "ship",
        "Ship 3 units · W1",
        "This parcel: 2 × GIFT, 1 × LAMP",
    )


def test_goods_are_moved_only_where_there_is_another_location(client):
    alone = placed_order(shop({"W1": {"LAMP": 4}}), {"LAMP": 1})

    assert "move" not in {step.act for step in shown(client, alone).context["steps"]}


def test_the_timeline_is_paged_the_newest_first_and_says_who_when_from_and_to(client):
    order = placed_order(shop({"W1": {"LAMP": 4}}), {"LAMP": 1})
    TimelineEntry.objects.filter(order=order).update(occurred_at=timezone.now() - timedelta(days=2))
    earlier = timezone.now() - timedelta(days=1)
    TimelineEntry.objects.bulk_create(
        TimelineEntry(order=order, actor=STAFF.as_dict(), action="order.delivered", occurred_at=earlier)
        for _ in range(30)
    )
    notes.change_tags(order_id=order.pk, add=["vip"], actor=STAFF)

    pages = [shown(client, order, timeline=number).context for number in (1, 2, 3, 99999, "x")]

    assert [len(each["timeline"]) for each in pages] == [25, 7, 0, 0, 25]
    first = pages[0]["timeline"][0]
    assert (first["action"], first["by"], first["details"]) == ("Tags changed", "clerk", ["tags: nothing → vip"])
    assert pages[1]["timeline"][-1]["action"] == "Order placed"
    beside = [(each["page"].timeline.newer, each["page"].timeline.older) for each in pages[:3]]
    assert beside == [(None, 2), (1, None), (2, None)]


def test_the_customers_other_orders_are_counted_and_linked(client):
    house = shop({"W1": {"LAMP": 90}})
    jane = {"customer": CustomerRequest(last_name="Doe"), "email": "jane@example.com"}
    order = placed_order(house, {"LAMP": 1}, **jane)
    alone = shown(client, order).context
    others = [placed_order(house, {"LAMP": 1}, **jane) for _ in range(7)]
    placed_order(house, {"LAMP": 1}, email="bo@example.com")

    context = shown(client, order).context
    listed = client.get(changelist(Order), {"customer__id__exact": str(order.customer_id)}).context["cl"]

    assert (alone["others"], alone["others_count"]) == ([], 0)
    assert [each["order"].pk for each in context["others"]] == [each.pk for each in reversed(others[2:])]
    assert context["others_count"] == 7
    assert listed.result_count == 8


def test_a_page_costs_the_same_whatever_its_size(client):
    house = shop({"W1": {f"S{number}": 9 for number in range(200)}, "W2": {"S1": 9}})
    kit(house, "KIT", {"S1": 1, "S2": 1})

    def queries(lines):
        sold = [LineRequest(sku=f"S{number}", quantity=2, unit_price=Decimal(1)) for number in range(lines)]
        order = placed_order(house, [*sold, LineRequest(sku="KIT", quantity=1, unit_price=Decimal(1))])
        fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order, {"S0": 1}), actor=STAFF)
        for _ in range(lines // 50):
            notes.add_note(order_id=order.pk, body="x", actor=STAFF)
        with CaptureQueriesContext(connection) as captured:
            answer = shown(client, order)
        return len(captured), len(answer.context["steps"])

    queries(1)
    few, some, many = queries(1), queries(3), queries(200)

    assert few == some == many
    assert few[0] <= 25


def test_a_long_order_draws_up_folded_forms_when_they_are_asked_for(client):
    house = shop({"W1": {f"S{number}": 9 for number in range(30)}, "W2": {"S1": 9}})
    order = placed_order(house, {f"S{number}": 1 for number in range(30)})

    def inputs(**query):
        steps = shown(client, order, **query).context["steps"]
        return {step.key: (len(step.units), step.is_open) for step in steps if step.key in {"by-hand", "move"}}

    assert inputs() == {"by-hand": (0, False), "move": (0, False)}
    assert inputs(form="by-hand") == {"by-hand": (30, True), "move": (0, False)}
    assert inputs(form="move") == {"by-hand": (0, False), "move": (30, True)}

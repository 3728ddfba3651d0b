"""The list of orders: found by what a person has at hand, and done many at once, each for itself."""

from __future__ import annotations

import pytest

from fulfillment.models import Fulfillment
from orders.enums import HoldReason
from orders.models import Hold, Order
from orders.requests import CustomerRequest
from orders.services import fulfilling, holds
from tests.console import a_house, changelist, furnish, messages_of
from tests.factories import StaffFactory
from tests.scenarios import STAFF, items_of, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clerk(client):
    client.force_login(StaffFactory())


def _listed(client, **query):
    response = client.get(changelist(Order), query)
    assert response.status_code == 200
    return {order.external_id for order in response.context["cl"].result_list}


def _do(client, action, *orders):
    chosen = {"action": action, "_selected_action": [str(order.pk) for order in orders]}
    return client.post(changelist(Order), chosen, follow=True)


def test_an_order_is_found_by_whatever_a_person_has_at_hand(client):
    house = a_house()
    furnish(house, 7)
    wanted = Order.objects.get()
    placed_order(
        house,
        {"LAMP": 1},
        external_id="B-1",
        email="bo@example.com",
        customer=CustomerRequest(last_name="Bo", company_name="Bo Ltd"),
    )

    for term in (f"#{wanted.number}", str(wanted.number), "WEB-7", "WEB", wanted.public_id, "JANE@example.com"):
        assert _listed(client, q=term) == {"WEB-7"}, term
    for term in ("TRACK-7", "track-7", "doe"):
        assert _listed(client, q=term) == {"WEB-7"}, term
    assert _listed(client, q="bo lt") == {"B-1"}
    assert _listed(client, q="lamp") == {"WEB-7", "B-1"}
    assert _listed(client, q="nothing like it") == set()
    assert _listed(client, q="'%_\\") == set()


def test_lists_are_narrowed_by_next_step_status_and_date(client):
    house = shop({"W1": {"LAMP": 10}})
    ready, held, sent = (placed_order(house, {"LAMP": 1}, external_id=name) for name in ("ready", "held", "sent"))
    holds.place_hold(order_id=held.pk, reason=HoldReason.OTHER, actor=STAFF)
    fulfilling.create_fulfillment(order_id=sent.pk, items=items_of(sent), actor=STAFF)

    assert _listed(client) == {"ready", "held", "sent"}
    assert _listed(client, next="fulfill") == {"ready"}
    assert _listed(client, next="hold") == {"held"}
    assert _listed(client, next="action") == set()
    assert _listed(client, fulfillment_status__exact="fulfilled") == {"sent"}
    assert _listed(client, status__exact="pending", channel__id__exact=str(house.channel.pk)) == {
        "ready",
        "held",
        "sent",
    }
    assert _listed(client, placed_at_from="2999-01-01") == set()
    assert ready.status == "pending"


def test_many_are_fulfilled_at_once_and_each_refusal_is_told(client):
    house = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 2}})
    split = placed_order(house, {"LAMP": 2})
    house.level("LAMP", "W2")
    held = placed_order(house, {"LAMP": 1})
    holds.place_hold(order_id=held.pk, reason=HoldReason.FRAUD, actor=STAFF)

    answer = _do(client, "fulfill_as_proposed", split, held)

    assert messages_of(answer) == [
        "Fulfilled: 1 orders.",
        f"{held}: Order {held} is on hold (suspected fraud). Release it first.",
    ]
    assert set(Fulfillment.objects.values_list("order_id", flat=True)) == {split.pk}
    split.refresh_from_db()
    assert split.fulfillment_status == "fulfilled"


def test_many_are_held_and_released_at_once(client):
    house = shop({"W1": {"LAMP": 10}})
    orders = [placed_order(house, {"LAMP": 1}) for _ in range(2)]

    _do(client, "place_holds", *orders)
    assert Hold.objects.filter(released_at=None).count() == 2

    _do(client, "release_holds", *orders)
    assert Hold.objects.filter(released_at=None).count() == 0
    assert list(Order.objects.values_list("open_holds", flat=True)) == [0, 0]


def test_nothing_is_done_to_orders_that_were_not_ticked(client):
    house = shop({"W1": {"LAMP": 10}})
    ticked, other = placed_order(house, {"LAMP": 1}), placed_order(house, {"LAMP": 1})

    chosen = {"action": "place_holds", "_selected_action": [str(ticked.pk)], "select_across": "1"}
    client.post(changelist(Order), chosen)

    assert list(Hold.objects.values_list("order_id", flat=True)) == [ticked.pk]
    assert other.open_holds == 0


def test_no_more_than_ten_refusals_are_told_one_by_one(client):
    house = shop({"W1": {"LAMP": 20}})
    orders = [placed_order(house, {"LAMP": 1}) for _ in range(12)]
    for order in orders:
        holds.place_hold(order_id=order.pk, reason=HoldReason.OTHER, actor=STAFF)

    told = messages_of(_do(client, "fulfill_as_proposed", *orders))

    assert len(told) == 11
    assert told[-1] == "… and 2 more were refused."

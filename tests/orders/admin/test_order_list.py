"""The list of orders: found by what a person has at hand."""

from __future__ import annotations

import pytest

from orders.enums import HoldReason
from orders.models import Order
from orders.requests import CustomerRequest
from orders.services import fulfilling, holds
from tests.console import a_house, changelist, furnish, page
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
        assert _listed(client, q=term, p=1) == {"WEB-7"}, term
    for term in ("TRACK-7", "track-7", "doe"):
        assert _listed(client, q=term, p=1) == {"WEB-7"}, term
    assert _listed(client, q="bo lt", p=1) == {"B-1"}
    assert _listed(client, q="lamp") == {"WEB-7", "B-1"}
    assert _listed(client, q="nothing like it") == set()
    assert _listed(client, q="'%_\\") == set()


def test_a_search_that_finds_one_order_leads_to_its_page_and_one_that_finds_more_lists_them(client):
    house = shop({"W1": {"LAMP": 10}})
    one, _other = (placed_order(house, {"LAMP": 1}, external_id=name) for name in ("A-1", "A-2"))

    single, both, narrowed = (
        client.get(changelist(Order), given) for given in ({"q": "A-1"}, {"q": "A-"}, {"q": "A-1", "next": "fulfill"})
    )

    assert (single.status_code, single.get("Location")) == (302, page("orders_order", one.pk))
    assert (both.status_code, narrowed.status_code) == (200, 200)


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

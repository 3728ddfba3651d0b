"""The public SDK of the contract, unmodified, runs the back office: what each of its calls came to, in their order."""

from __future__ import annotations

import pytest

from orders.models import Order, TimelineEntry
from tests.factories import StaffFactory
from tests.scenarios import shop

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SIGNED_IN = {
    "orders before login": 401,
    "wrong password": 401,
    "token is kept": True,
    "token is refreshed": True,
}
LOCATIONS = {
    "location created": ["Annex", "1 Quay", "us"],
    "location updated": ["Annex, upstairs", "1 Quay"],
    "channel created": ["Till", "At the door", False],
    "channel updated": ["Till 1", "At the door", True],
    "channels listed": [1, 2],
    "channel linked": True,
    "locations listed": ["Annex, upstairs"],
    "no such location": 404,
}
STOCK = {
    "item created": ["MUG", 350, 10, 1],
    "sku twice": 400,
    "item updated": ["Mug, blue", {"shelf": "B2"}, True],
    "items found": [["MUG"], 1],
    "levels changed together": [1, 1, 0],
    "levels listed": [[12, 0, 12]],
    "level counted": 12,
    "count below zero": 400,
    "level in use deleted": 400,
    "level deleted": True,
}
RESERVATIONS = {
    "reserved": [1, "set aside", None],
    "reservation raised": [3, 3],
    "reservation raised too far": 400,
    "reserved too much": 400,
    "reservations listed": [True],
    "reservation read": 3,
    "reservation deleted": True,
    "no such reservation": 404,
}
ORDERS = {
    "orders placed": 4,
    "orders listed": [2, 4, 2, 1],
    "orders by status": ["SDK-1"],
    "orders by id": ["SDK-2", "SDK-3"],
    "orders by e-mail": ["SDK-3"],
    "orders since": ["SDK-4"],
    "order with fields": [2, 34],
    "order read": ["pending", "authorized", "not_fulfilled", 34, 34],
    "no such order": 404,
    "order updated": ["lovelace@example.com", "Ada", "Paddington", "fr", {"gift": True}],
    "sent to another country": 400,
}
FULFILLED = {
    "packed": ["pending", "authorized", "partially_fulfilled", {"box": "S"}, 1],
    "packed too many": 400,
    "unpacked": ["pending", "authorized", "not_fulfilled", True],
    "shipped": ["pending", "authorized", "shipped", "1Z999"],
    "shipped twice": 400,
    "unpacked after shipping": 400,
    "delivered": ["pending", "authorized", "delivered", 1],
    "delivered twice": 400,
    "found by tracking number": [True],
}
CLOSED = {
    "completed": "completed",
    "completed twice": 400,
    "archived": "archived",
    "canceled": ["canceled", "canceled", 0],
    "canceled twice": 400,
    "payments listed": [34, [], 1],
    "payment read": "gbp",
}
PAID = {
    "providers listed": True,
    "collection created": ["not_paid", 20, "gbp"],
    "collected more than due": 400,
    "session authorized": ["pending", "authorized", 20],
    "captured": [[15], None],
    "captured too much": 400,
    "captured the rest": [[15, 5], True],
    "refunded too much": 400,
    "refunded": [[4, "Late", "goodwill"]],
    "collection deleted": True,
    "marked as paid": ["completed", [14]],
    "order settled": ["partially_refunded", 30, 0],
    "its collections": [["completed", 20, 4], ["canceled", 0, 0], ["completed", 14, 0]],
}
PEOPLE = {
    "customer created": ["grace@example.com", "Grace", False],
    "customer twice": 400,
    "customer updated": ["Grace", "Hopper", {"club": True}],
    "customers found": [[True], 1],
    "no such customer": 404,
}
KEYS = {
    "a key opens": 1,
    "key updated": "Shop",
    "key read": ["Shop", "", "secret", True],
    "keys listed": ["Shop"],
    "key revoked": True,
    "key deleted": True,
    "a key that is gone": 401,
}
OTHER_LOGINS = {
    "orders after logout": 401,
    "session reads": "SDK-3",
    "session writes": "canceled",
    "after the session's logout": 401,
    "a token in memory": 1,
    "an ended token": 401,
}


@pytest.mark.django_db(transaction=True)
def test_the_sdk_runs_the_back_office(node, live_server):
    ada = StaffFactory(username="ada", email="ada@example.com")
    ada.set_password("a-lantern-in-the-window")
    ada.save()
    house = shop({"W1": {"LAMP": 20}})

    told = node(
        "backoffice.cjs",
        SERVER=live_server.url,
        EMAIL="ada@example.com",
        PASSWORD="a-lantern-in-the-window",
        CHANNEL=house.channel.public_id,
        LOCATION=house.locations["W1"].public_id,
    )

    goods = LOCATIONS | STOCK | RESERVATIONS
    assert told == SIGNED_IN | goods | ORDERS | FULFILLED | CLOSED | PAID | PEOPLE | KEYS | OTHER_LOGINS
    assert sorted(Order.objects.values_list("external_id", "status")) == [
        ("SDK-1", "archived"),
        ("SDK-2", "canceled"),
        ("SDK-3", "canceled"),
        ("SDK-4", "pending"),
    ]
    assert (house.sra("LAMP"), house.level("LAMP").backordered) == ((18, 2, 16), 0)
    by = set(TimelineEntry.objects.values_list("actor__kind", "actor__label"))
    assert by == {("staff", "ada")}

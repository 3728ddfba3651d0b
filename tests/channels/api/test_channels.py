from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.models import ChannelLocation
from oms.web.scopes import Scope
from tests.api import Api, key, order_body, pointers, problem
from tests.factories import InventoryItemFactory, InventoryLevelFactory, SalesChannelFactory, StockLocationFactory
from tests.scenarios import place, shop


def test_a_channel_is_made_linked_and_sells(db):
    api, level = Api(), InventoryLevelFactory(on_hand=2)
    channel = api.post("/admin/sales-channels", {"name": "Till 1"}).json()["sales_channel"]
    link = f"/admin/stock-locations/{level.location.public_id}/sales-channels"
    body = order_body({level.item.sku: 1}, sales_channel=channel["code"])

    unlinked = api.post("/admin/orders", body)
    linked = api.post(link, {"add": [channel["id"]]})
    api.post(link, {"add": [channel["id"]]})
    placed = api.post("/admin/orders", body)
    api.post(link, {"remove": [channel["id"]]})
    removed = api.post("/admin/orders", body)

    assert (channel["code"], channel["is_disabled"]) == ("till-1", False)
    assert problem(unlinked) == (400, "not_allowed", "no_stock_location")
    assert linked.json()["stock_location"]["id"] == level.location.public_id
    assert placed.status_code == 200
    assert problem(removed) == (400, "not_allowed", "no_stock_location")
    assert ChannelLocation.objects.count() == 0


def test_a_code_that_is_taken_is_refused_and_a_free_one_is_made(db):
    api = Api()
    SalesChannelFactory(code="web")

    refused = api.post("/admin/sales-channels", {"name": "Web", "code": "web"})
    made = api.post("/admin/sales-channels", {"name": "Web"})

    assert (problem(refused), pointers(refused)) == ((400, "invalid_data", "invalid_input"), ["/code"])
    assert made.json()["sales_channel"]["code"] == "web-2"


def test_a_channel_that_does_not_exist_cannot_be_linked(db):
    location = StockLocationFactory()

    refused = Api().post(
        f"/admin/stock-locations/{location.public_id}/sales-channels",
        {"add": [SalesChannelFactory().public_id, "sc_01arz3ndektsv4rrffq69g5fav"]},
    )

    assert (problem(refused), pointers(refused)) == ((400, "invalid_data", "invalid_input"), ["/add/1"])
    assert ChannelLocation.objects.count() == 0


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_the_same_queries_whatever_its_length(db, rows):
    api = Api()
    for _ in range(rows):
        SalesChannelFactory()

    with CaptureQueriesContext(connection) as captured:
        answer = api.get("/admin/sales-channels")

    assert (len(captured), answer.json()["count"]) == (3, rows)
    one = answer.json()["sales_channels"][0]
    assert api.get(f"/admin/sales-channels/{one['id']}").json()["sales_channel"] == one


def test_a_channel_says_what_it_can_sell_of_each_item(db):
    here = shop({"W1": {"LAMP": 5, "BULB": 1}, "W2": {"LAMP": 2}})
    InventoryItemFactory(sku="MANUAL", is_stocked=False)
    place(here, {"LAMP": 1})
    lone = SalesChannelFactory(locations=[here.locations["W2"]])
    api = Api(key(Scope.INVENTORY_READ))

    everything = api.get(f"/admin/sales-channels/{here.channel.public_id}/stock").json()
    lamps = api.get(f"/admin/sales-channels/{lone.public_id}/stock?sku[]=LAMP&sku[]=NONE").json()
    second = api.get(f"/admin/sales-channels/{lone.public_id}/stock?limit=1&offset=1").json()

    bulb, lamp = ({"inventory_item_id": here.items[sku].public_id, "sku": sku} for sku in ("BULB", "LAMP"))
    assert everything == {"stock": [bulb | {"available": 1}, lamp | {"available": 6}]} | _page(2)
    assert lamps == {"stock": [lamp | {"available": 2}]} | _page(1)
    assert second == {"stock": [lamp | {"available": 2}]} | _page(2, limit=1, offset=1)


def test_the_stock_of_a_channel_is_for_those_who_may_read_stock(db):
    here = shop({"W1": {"LAMP": 5}})

    refused = Api(key(Scope.CHANNELS_READ)).get(f"/admin/sales-channels/{here.channel.public_id}/stock")
    unknown = Api().get("/admin/sales-channels/sc_01arz3ndektsv4rrffq69g5fav/stock")
    misspelt = Api().get(f"/admin/sales-channels/{here.channel.public_id}/stock?skus[]=LAMP")

    assert (refused.status_code, problem(unknown)) == (403, (404, "not_found", "not_found"))
    assert problem(misspelt) == (400, "invalid_data", "invalid_input")


@pytest.mark.parametrize("items", [1, 3])
def test_the_stock_of_a_channel_takes_the_same_queries_whatever_its_length(db, items):
    here, api = shop({"W1": {f"LAMP-{number}": 5 for number in range(items)}}), Api()

    with CaptureQueriesContext(connection) as captured:
        answer = api.get(f"/admin/sales-channels/{here.channel.public_id}/stock")

    assert (len(captured), answer.json()["count"]) == (5, items)


def _page(count, limit=20, offset=0):
    return {"count": count, "limit": limit, "offset": offset}

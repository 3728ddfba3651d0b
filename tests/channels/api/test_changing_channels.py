from __future__ import annotations

import pytest

from channels.models import SalesChannel
from tests.api import Api, order_body, pointers, problem
from tests.factories import SalesChannelFactory
from tests.scenarios import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return shop({"W1": {"LAMP": 9}})


def test_a_channel_that_is_disabled_takes_no_orders_until_it_is_enabled_again(here):
    api, path = Api(), f"/admin/sales-channels/{here.channel.public_id}"
    body = order_body({"LAMP": 1}, sales_channel=here.channel.code)

    disabled = api.post(path, {"name": " Till ", "description": "At the door", "is_disabled": True}).json()
    refused = api.post("/admin/orders", body)
    enabled = api.post(path, {"is_disabled": False, "description": None, "metadata": {"floor": 1}}).json()

    assert (disabled["sales_channel"]["name"], disabled["sales_channel"]["is_disabled"]) == ("Till", True)
    assert problem(refused)[0] == 400
    assert enabled["sales_channel"] == api.get(path).json()["sales_channel"]
    assert (enabled["sales_channel"]["description"], enabled["sales_channel"]["metadata"]) == (None, {"floor": 1})
    assert api.post("/admin/orders", body).status_code == 200


def test_the_same_again_changes_nothing(here):
    path = f"/admin/sales-channels/{here.channel.public_id}"
    before = SalesChannel.objects.values().get()

    assert Api().post(path, {"name": here.channel.name, "is_disabled": False}).status_code == 200
    assert SalesChannel.objects.values().get() == before


def test_a_channel_keeps_a_name_and_there_must_be_one(here):
    refused = Api().post(f"/admin/sales-channels/{here.channel.public_id}", {"name": "  "})
    unknown = Api().post("/admin/sales-channels/sc_01arz3ndektsv4rrffq69g5fav", {"name": "Till"})

    assert problem(refused)[:2] == (400, "invalid_data")
    assert pointers(refused) == ["/name"]
    assert problem(unknown) == (404, "not_found", "not_found")


def test_channels_and_locations_are_found_by_a_part_of_their_names(here):
    SalesChannelFactory(code="till-2", name="Till at the door", is_active=False)
    api = Api()

    def codes(kind, query):
        return [each["code"] for each in api.get(f"/admin/{kind.replace('_', '-')}?{query}").json()[kind]]

    assert codes("sales_channels", "q=DOOR") == ["till-2"]
    assert codes("sales_channels", "q=till&is_disabled=false") == []
    assert codes("sales_channels", "is_disabled=true") == ["till-2"]
    assert codes("stock_locations", "q=1") == ["w1"]
    assert codes("stock_locations", "q=%25") == []

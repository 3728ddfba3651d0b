from __future__ import annotations

import pytest

from channels.selectors import available_in_channel
from inventory.selectors import available_at
from inventory.services.adjustments import set_safety_stock
from inventory.services.locations import update_location
from tests.factories import SalesChannelFactory
from tests.scenarios import STAFF, place, shop

pytestmark = pytest.mark.django_db


def test_a_channel_sees_what_its_active_locations_can_promise(django_assert_num_queries):
    here = shop({"W1": {"LAMP": 5, "BULB": 1}, "W2": {"LAMP": 2, "BULB": 3}, "W3": {"LAMP": 9}})
    lamp, bulb = here.items["LAMP"].pk, here.items["BULB"].pk
    place(here, {"LAMP": 1})
    set_safety_stock(item_id=bulb, location_id=here.locations["W1"].pk, safety_stock=4, actor=STAFF)
    update_location(location_id=here.locations["W3"].pk, changes={"is_active": False})
    second = SalesChannelFactory(locations=[here.locations["W2"]])

    with django_assert_num_queries(1):
        first_sees = available_in_channel(here.channel.pk, [lamp, bulb])

    assert first_sees == {lamp: 6, bulb: 3}
    assert available_in_channel(second.pk, [lamp, bulb]) == {lamp: 2, bulb: 3}
    assert available_in_channel(SalesChannelFactory().pk, [lamp]) == {lamp: 0}
    assert available_at([lamp], [here.locations["W1"].pk]) == {lamp: 4}

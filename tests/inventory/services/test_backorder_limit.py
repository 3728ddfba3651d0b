"""No more units wait for goods than can be counted."""

from __future__ import annotations

import pytest

from inventory.errors import TooManyBackordered
from inventory.models import InventoryLevel
from tests.api import Api, order_body, problem
from tests.scenarios import nothing_moves, place, placed_order, shop

NEARLY = 2_147_483_000


def _crowded():
    house = shop({"W1": {"LAMP": 0}}, allow_backorder=True)
    InventoryLevel.objects.update(backordered=NEARLY)
    return house


def test_an_order_that_would_wait_beyond_what_can_be_counted_is_refused(db):
    house = _crowded()

    with nothing_moves(), pytest.raises(TooManyBackordered) as refused:
        place(house, {"LAMP": 1000})

    assert [(error.pointer, error.code) for error in refused.value.errors] == [
        ("/items/0/quantity", "too_many_backordered")
    ]
    assert placed_order(house, {"LAMP": 600}).units_open == 600
    assert house.level("LAMP").backordered == NEARLY + 600


def test_the_orders_of_a_batch_are_counted_together(db):
    house, api = _crowded(), Api()
    rows = [order_body({"LAMP": 400}, sales_channel=house.channel.code) for _ in range(2)]

    answer = api.post("/admin/orders/batch", {"orders": rows}).json()
    alone = api.post("/admin/orders", rows[0])

    assert [each["status"] for each in answer["results"]] == ["created", "refused"]
    assert problem(alone) == (400, "invalid_data", "too_many_backordered")
    assert house.level("LAMP").backordered == NEARLY + 400

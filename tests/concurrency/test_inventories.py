"""Every inventory when many change it at the same moment: four processes, real commits, and a control that loses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from channels.services.selling import selling
from inventory import providers
from orders.models import Order, OrderLine
from tests.concurrency import inventory_work as work
from tests.concurrency.test_backorder_races import assert_told_without_gaps
from tests.concurrency.test_stock_races import outcomes
from tests.concurrency.workers import Workers
from tests.contracts.inventories import HOUSES, House
from tests.scenarios import placed_order, recorded_events

RACES = 15  # for the last unit


@pytest.fixture(params=sorted(HOUSES))
def house(request, settings, workers: Workers) -> Iterator[House]:
    found = HOUSES[request.param]
    settings.OMS = settings.OMS | {"INVENTORY": found.path}
    yield found
    assert providers.current().verify().differences == []


def units_held() -> Counter[str]:
    """What all orders together hold of each sku, and wait for."""
    skus = dict(OrderLine.objects.values_list("pk", "sku"))
    found: Counter[str] = Counter()
    for order_id in Order.objects.values_list("pk", flat=True):
        for each in providers.current().holds(order_id):
            found[skus[each.line_id]] += each.quantity + each.backordered
    return found


def test_of_fifty_orders_for_ten_units_ten_are_placed_and_forty_are_told(house: House, workers: Workers):
    """Scenario 7."""
    here = house.open({"LAMP": 10})

    found = outcomes(workers.race(work.place_many, house.path, here.channel.code, [["LAMP"]] * 50))

    refused = [facts for code, facts in found if code == "insufficient_stock"]
    assert Counter(code for code, _ in found) == {"done": 10, "insufficient_stock": 40}
    assert refused == [{"sku": "LAMP", "requested": 1, "available": 0}] * 40
    assert (house.books("LAMP"), Order.objects.count()) == ((10, 10, 0), 10)
    assert recorded_events().count("order.placed") == 10


def test_orders_that_are_held_anew_up_and_down_hold_what_was_agreed_last(house: House, workers: Workers):
    """Scenario 31's reservations."""
    here = house.open({"LAMP": 20, "BULB": 20})
    orders = [placed_order(here, {"LAMP": 1, "BULB": 1}) for _ in range(8)]
    lines = [(order.pk, {line.sku: line.pk for line in order.lines.all()}) for order in orders]
    items = {sku: item.pk for sku, item in here.items.items()}
    places = selling(here.channel.code).location_ids

    found = outcomes(workers.race(work.hold_anew, house.path, lines, items, places, 24))

    assert set(Counter(code for code, _ in found)) <= {"done", "insufficient_stock"}
    held = units_held()
    assert held["LAMP"] == held["BULB"] <= 20
    assert (house.books("LAMP"), house.books("BULB")) == ((20, held["LAMP"], 0), (20, held["BULB"], 0))


def test_goods_come_while_orders_are_placed_packed_and_canceled(house: House, workers: Workers):
    """Scenario 14, by many at once."""
    here = house.open({"LAMP": 4}, allow_backorder=True)
    orders = [placed_order(here, {"LAMP": 2}) for _ in range(12)]
    lines = [(order.pk, order.lines.get().pk) for order in orders]

    found = outcomes(workers.race(work.bring_place_pack_and_cancel, house, here.channel.code, lines, 16))
    providers.current().fill_backorders()

    assert set(Counter(code for code, _ in found)) <= {"done", "insufficient_stock", "invalid_input"}
    packed = sum(OrderLine.objects.values_list("quantity_fulfilled", flat=True))
    on_hand, reserved, backordered = house.books("LAMP")
    assert on_hand == 4 + 32 - packed
    assert reserved + backordered == units_held()["LAMP"]
    assert not (backordered and on_hand > reserved)
    assert_told_without_gaps()


def test_the_race_for_the_last_unit_is_lost_by_one_that_does_not_lock(house: House, workers: Workers):
    """The control: that this suite can fail."""
    skus = [f"LAST-{number}" for number in range(2 * RACES)]
    here = house.open(dict.fromkeys(skus, 1))

    def lost(path: str, of: list[str]) -> int:
        answers = workers.race(work.place_each, path, here.channel.code, of)
        fair = {"done": 1, "insufficient_stock": 3}
        return sum(Counter(code for code, _ in attempts) != fair for attempts in zip(*answers, strict=True))

    assert lost(house.path, skus[:RACES]) == 0
    assert lost(house.careless, skus[RACES:]) > 0

"""News of an order reaches the receivers of other apps in a real Celery worker, whatever happens to it and the broker.

Three kinds of processes: this one, which looks; one that places orders; and the workers, which are killed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from orders.models import Order
from tests.flows.broker import broker
from tests.flows.house import House, complaints, everything_is_delivered, wait_until
from tests.scenarios import shop

NOTHING = {"missed": [], "out of order": [], "never happened": []}
PATIENCE = 600  # until something hangs; a machine that others use too may be slow


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[House]:
    with broker(tmp_path) as own:
        house = House(shop({"W1": {"LAMP": 10_000}}), own, tmp_path)
        yield house
        house.close()


def test_receivers_of_another_app_hear_of_an_order_in_the_worker_at_once_without_beat(house):
    worker = house.start_worker()
    wait_until(house.broker.has_a_worker, seconds=120)  # a nudge is worth something for half a minute only

    assert house.start_shopping(1).wait() == 0
    wait_until(lambda: len(house.heard()) >= 5, seconds=60)

    order = Order.objects.get()
    assert sorted((each["receiver"], each["event"], each["sequence"], each["order"]) for each in house.heard()) == [
        ("loose", "order.hold_placed", 2, order.public_id),
        ("plain", "order.placed", 1, order.public_id),
        ("short", "order.hold_placed", 2, order.public_id),
        ("short", "order.hold_released", 3, order.public_id),
        ("short", "order.placed", 1, order.public_id),
    ]
    groups = {os.getpgid(each["pid"]) for each in house.heard()}
    assert groups == {worker.pid}


@pytest.mark.parametrize(
    ("orders", "rounds"),
    [(30, 2), pytest.param(2000, 20, marks=pytest.mark.soak)],
    ids=["short", "long"],
)
@pytest.mark.slow
def test_workers_that_are_killed_and_a_broker_that_is_emptied_lose_nothing_and_keep_the_order(house, orders, rounds):
    """Each round kills a worker, and empties the broker: under the running worker, or before the next one starts."""
    house.environment["LISTENING_FAILURES"] = "0.05"
    worker = house.start_worker()
    shopping = house.start_shopping(orders)

    flushed = 0
    for number in range(1, rounds + 1):
        share = 5 * orders * number // (rounds + 1)
        wait_until(lambda enough=share: len(house.heard()) >= enough, meanwhile=house.beat, seconds=PATIENCE)
        if number % 2:
            flushed += house.broker.flush()
            wait_until(lambda more=share + 3: len(house.heard()) >= more, meanwhile=house.beat, seconds=PATIENCE)
        house.kill(worker)
        if not number % 2:
            flushed += house.broker.flush()
        worker = house.start_worker()
    assert shopping.wait() == 0
    wait_until(everything_is_delivered, meanwhile=house.beat, seconds=PATIENCE)

    assert complaints(house) == NOTHING
    assert (Order.objects.count(), len(house.regretted())) == (orders, (orders + 2) // 3)
    assert len({each["pid"] for each in house.heard()}) > rounds
    assert flushed > 0


@pytest.mark.slow
def test_a_relay_that_forgets_the_order_is_caught_by_the_same_test(house):
    house.environment["LISTENING_FAILURES"] = "0.3"
    house.start_worker("tests.flows.careless")

    assert house.start_shopping(15).wait() == 0
    wait_until(lambda: complaints(house)["out of order"] != [], meanwhile=house.beat, seconds=120)

    found = complaints(house)
    assert {receiver for receiver, _ in found["out of order"]} == {"short"}
    assert found["never happened"] == []

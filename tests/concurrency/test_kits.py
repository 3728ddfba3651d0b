"""Kits that share an item, sold by four processes at the same moment, and the expired reservations in their way."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.utils import timezone

from inventory.models import Reservation
from inventory.services.manual_reservations import create_reservation
from orders.models import Order
from tests.concurrency import work
from tests.concurrency.test_stock_races import assert_proven, outcomes
from tests.concurrency.workers import Workers
from tests.scenarios import STAFF, kit, recorded_events, shop


def test_kits_that_share_an_item_are_never_sold_beyond_it(workers: Workers):
    here = shop({"W1": {"LAMP": 60, "BULB": 100, "VASE": 100}})
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    kit(here, "SET", {"VASE": 1, "LAMP": 1})
    orders = [["GIFT", "SET"], ["SET", "GIFT"], ["LAMP", "GIFT"], ["GIFT"]] * 10

    found = outcomes(workers.race(work.place_many, here.channel.code, orders))

    sold = Counter(Order.objects.values_list("lines__sku", flat=True))
    lamps = 2 * sold["GIFT"] + sold["SET"] + sold["LAMP"]
    assert set(Counter(code for code, _ in found)) == {"done", "insufficient_stock"}
    assert here.sra("LAMP") == (60, lamps, 60 - lamps)
    assert lamps >= 59  # an order of one kit takes the last two
    assert here.sra("BULB") == (100, sold["GIFT"], 100 - sold["GIFT"])
    assert here.sra("VASE") == (100, sold["SET"], 100 - sold["SET"])
    assert_proven()


def test_of_four_who_sell_what_has_expired_each_unit_goes_to_one(workers: Workers):
    here = shop({"W1": {"LAMP": 10}})
    for _ in range(10):
        create_reservation(
            item_id=here.items["LAMP"].pk,
            location_id=here.locations["W1"].pk,
            quantity=1,
            expires_at=timezone.now() + timedelta(hours=1),
            actor=STAFF,
        )
    Reservation.objects.update(expires_at=timezone.now() - timedelta(hours=1))

    found = outcomes(workers.race(work.place_many, here.channel.code, [["LAMP"]] * 40))

    assert Counter(code for code, _ in found) == {"done": 10, "insufficient_stock": 30}
    assert here.sra("LAMP") == (10, 10, 0)
    assert recorded_events().count("reservation.released") == 10
    assert_proven()

"""The ledger read backwards: what lay where at a past instant, and every movement once, page by page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import InventoryLevel, StockMovement
from inventory.services import arrivals
from inventory.services.adjustments import adjust_stock
from inventory.services.papers import Line
from inventory.services.verify import stock_at
from inventory.stock_history import Place, Then, Wanted, ledger, stock_then
from tests.scenarios import STAFF, place, shop

pytestmark = pytest.mark.django_db


def _house():
    """Stock that was adjusted, promised, waited for and announced."""
    house = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 1}}, allow_backorder=True)
    lamp, here = house.items["LAMP"].pk, house.locations["W1"].pk
    place(house, {"LAMP": 9})
    arrivals.create_arrival(location_id=here, lines=[Line(lamp, 7)], actor=STAFF)
    adjust_stock(item_id=lamp, location_id=here, delta=2, reason="found", actor=STAFF)
    return house


def test_what_lay_there_at_every_moment_is_what_the_ledger_sums_up_to():
    _house()
    levels = dict(InventoryLevel.objects.values_list("pk", "location__code"))
    moments = list(StockMovement.objects.order_by("occurred_at").values_list("occurred_at", flat=True))

    for at in [moments[0] - timedelta(seconds=1), *moments]:
        summed = {past.location: (past.on_hand, past.reserved, past.backordered) for past in stock_at(at)}
        then = stock_then(levels, at)

        assert {levels[pk]: (past.on_hand, past.reserved, past.backordered) for pk, past in then.items()} == summed, at


def test_now_is_the_end_of_the_history():
    house = _house()
    level = house.level("LAMP")
    last = StockMovement.objects.order_by("-occurred_at").values_list("occurred_at", flat=True)[0]

    then = stock_then([level.pk], last)

    assert then == {level.pk: Then(level.on_hand, level.reserved, level.backordered, level.incoming)}
    assert level.incoming == 7


def test_pages_of_the_ledger_hold_every_movement_once_and_run_on_for_each_level():
    _house()
    levels = list(InventoryLevel.objects.values_list("pk", flat=True))
    seen, before = [], None

    while page := ledger(levels, Wanted(before=before), limit=2):
        seen += page
        before = Place.read(str(Place.of(page[-1])))

    assert sorted(row.pk for row in seen) == sorted(StockMovement.objects.values_list("pk", flat=True))
    assert [row.occurred_at for row in seen] == sorted((row.occurred_at for row in seen), reverse=True)
    for level in levels:
        numbers = [row.seq for row in seen if row.level_id == level]
        assert numbers == list(range(len(numbers), 0, -1))


def test_the_ledger_is_narrowed_by_kind_and_time():
    house = _house()
    level = house.level("LAMP").pk
    rows = list(StockMovement.objects.filter(level=level).order_by("seq"))

    expected = ledger([level], Wanted(kinds=["incoming"]), limit=10)
    between = ledger([level], Wanted(since=rows[1].occurred_at, until=rows[3].occurred_at), limit=10)

    assert [row.delta_incoming for row in expected] == [7]
    assert [row.seq for row in between] == [3, 2]


def test_what_is_no_place_is_none():
    assert [Place.read(text) for text in ("", "x", "2026-01-01_1_z", "2026-01-01T00:00:00_1_" + "0" * 32)] == [None] * 4


def test_a_long_ledger_takes_as_many_queries_as_a_short_one():
    house = _house()
    levels = list(InventoryLevel.objects.values_list("pk", flat=True))

    def queries():
        with CaptureQueriesContext(connection) as told:
            ledger(levels, Wanted(), limit=50)
            stock_then(levels, StockMovement.objects.latest("occurred_at").occurred_at)
        return len(told)

    short = queries()
    for _ in range(20):
        adjust_stock(
            item_id=house.items["LAMP"].pk,
            location_id=house.locations["W2"].pk,
            delta=1,
            reason="found",
            actor=STAFF,
        )

    assert queries() == short == 4

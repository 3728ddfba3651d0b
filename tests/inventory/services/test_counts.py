"""Stocktakes: the books follow what was found, and nobody is promised what is not there."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.errors import NegativeStock, NotPossibleNow
from inventory.models import Reservation, StockMovement, StockShortage
from inventory.services.adjustments import adjust_stock
from inventory.services.counts import apply_count, cancel_count, create_count, record_counted, settle_shortage
from inventory.services.manual_reservations import create_reservation
from inventory.services.papers import Line
from inventory.services.verify import verify_stock
from oms.core.errors import InvalidInput
from tests.scenarios import STAFF, nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


def counted(here, **units):
    lines = [Line(here.items[sku].pk, found) for sku, found in units.items()]
    return create_count(location_id=here.locations["W1"].pk, lines=lines, reference="Spring", actor=STAFF)


def adjust(here, delta, sku="LAMP"):
    adjust_stock(
        item_id=here.items[sku].pk,
        location_id=here.locations["W1"].pk,
        delta=delta,
        reason="correction",
        actor=STAFF,
    )


def held():
    return list(Reservation.objects.order_by("pk").values_list("order_id", "quantity", "backordered"))


def test_a_count_brings_the_books_to_what_was_found():
    here = shop({"W1": {"LAMP": 5, "BULB": 5, "MUG": 5}})
    count = counted(here, LAMP=7, BULB=3, MUG=5)

    before = [here.sra(sku) for sku in ("LAMP", "BULB", "MUG")]
    apply_count(count_id=count.pk, actor=STAFF)

    rows = StockMovement.objects.filter(cause_id=count.pk).order_by("delta_on_hand")
    assert before == [(5, 0, 5)] * 3
    assert [here.sra(sku) for sku in ("LAMP", "BULB", "MUG")] == [(7, 0, 7), (3, 0, 3), (5, 0, 5)]
    assert list(rows.values_list("kind", "delta_on_hand", "note")) == [("count", -2, "Spring"), ("count", 2, "Spring")]
    assert verify_stock().differences == []


def test_what_happens_between_counting_and_applying_is_kept():
    here = shop({"W1": {"LAMP": 10}})
    count = counted(here, LAMP=8)
    adjust(here, 5)

    apply_count(count_id=count.pk, actor=STAFF)

    assert here.sra("LAMP") == (13, 0, 13)


def test_counted_again_the_later_figure_goes():
    here = shop({"W1": {"LAMP": 10}})
    count = counted(here, LAMP=8)
    adjust(here, -1)

    record_counted(count_id=count.pk, lines=[Line(here.items["LAMP"].pk, 12)])
    apply_count(count_id=count.pk, actor=STAFF)

    line = count.lines.get()
    assert (line.quantity_expected, line.quantity_counted, line.difference) == (9, 12, 3)
    assert here.sra("LAMP") == (12, 0, 12)


def test_below_what_is_reserved_the_newest_wait_and_staff_are_told():
    """Though the item may not be backordered: what is not there cannot be held."""
    here = shop({"W1": {"LAMP": 6}})
    first, second, third = (placed_order(here, {"LAMP": 2}) for _ in range(3))

    apply_count(count_id=counted(here, LAMP=3).pk, actor=STAFF)

    shortages = StockShortage.objects.order_by("-quantity").values_list("order_id", "quantity", "settled_at")
    assert held() == [(first.pk, 2, 0), (second.pk, 1, 1), (third.pk, 0, 2)]
    assert (here.sra("LAMP"), here.level("LAMP").backordered) == ((3, 3, 0), 3)
    assert list(shortages) == [(third.pk, 2, None), (second.pk, 1, None)]
    assert recorded_events(first.pk) == ["order.placed"]
    assert recorded_events(third.pk) == ["order.placed", "order.updated"]
    assert third.timeline.get(action="order.updated").facts == {
        "act": "inventory.stock_missing",
        "missing": "2 x LAMP",
        "location": "W1",
    }
    assert verify_stock().differences == []


def test_goods_that_come_settle_the_shortage():
    here = shop({"W1": {"LAMP": 2}})
    order = placed_order(here, {"LAMP": 2})
    apply_count(count_id=counted(here, LAMP=0).pk, actor=STAFF)

    adjust(here, 1)
    open_after_one = StockShortage.objects.filter(settled_at=None).count()
    adjust(here, 1)

    assert open_after_one == 1
    assert held() == [(order.pk, 2, 0)]
    assert StockShortage.objects.get().settled_by["label"] == "clerk"


def test_what_was_set_aside_by_hand_waits_too():
    here = shop({"W1": {"LAMP": 3}})
    create_reservation(
        item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk, quantity=3, actor=STAFF, description="fair"
    )

    apply_count(count_id=counted(here, LAMP=1).pk, actor=STAFF)
    short = held()
    adjust(here, 5)

    assert short == [(None, 1, 2)]
    assert held() == [(None, 3, 0)]
    assert here.sra("LAMP") == (6, 3, 3)
    assert verify_stock().differences == []


def test_staff_settle_a_shortage_once():
    here = shop({"W1": {"LAMP": 1}})
    placed_order(here, {"LAMP": 1})
    apply_count(count_id=counted(here, LAMP=0).pk, actor=STAFF)
    shortage = StockShortage.objects.get()

    first = settle_shortage(shortage_id=shortage.pk, note="Customer agreed to wait", actor=STAFF)
    again = settle_shortage(shortage_id=shortage.pk, note="no", actor=STAFF)

    assert (again.settled_at, again.note) == (first.settled_at, "Customer agreed to wait")


def test_a_count_is_applied_once_and_not_when_canceled_or_empty():
    here = shop({"W1": {"LAMP": 5}})
    applied, canceled, empty = counted(here, LAMP=4), counted(here, LAMP=4), counted(here)
    apply_count(count_id=applied.pk, actor=STAFF)
    cancel_count(count_id=canceled.pk)

    for count in (applied, canceled):
        with nothing_moves(), pytest.raises(NotPossibleNow):
            apply_count(count_id=count.pk, actor=STAFF)
    with nothing_moves(), pytest.raises(InvalidInput):
        apply_count(count_id=empty.pk, actor=STAFF)

    assert here.sra("LAMP") == (4, 0, 4)


def test_what_has_left_since_cannot_be_counted_away():
    here = shop({"W1": {"LAMP": 10}})
    count = counted(here, LAMP=2)
    adjust(here, -5)

    with nothing_moves(), pytest.raises(NegativeStock):
        apply_count(count_id=count.pk, actor=STAFF)


def test_many_items_that_are_short_take_as_many_statements_as_one():
    skus = [f"SKU-{number}" for number in range(12)]
    here = shop({"W1": dict.fromkeys(skus, 2)})
    placed_order(here, dict.fromkeys(skus, 2))

    statements = []
    for few in (skus[:1], skus[1:]):
        count = counted(here, **dict.fromkeys(few, 1))
        with CaptureQueriesContext(connection) as captured:
            apply_count(count_id=count.pk, actor=STAFF)
        statements.append(len(captured))

    assert statements[0] == statements[1]
    assert StockShortage.objects.count() == 12
    assert verify_stock().differences == []

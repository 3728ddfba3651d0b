"""Goods expected from outside, received in parts, and closed short."""

from __future__ import annotations

import pytest

from inventory.errors import NotOnDocument, NotPossibleNow
from inventory.models import Reservation, StockMovement
from inventory.services.arrivals import close_arrival, create_arrival, receive_arrival
from inventory.services.papers import Line, Part
from inventory.services.verify import verify_stock
from oms.core.errors import InvalidInput
from tests.factories import InventoryItemFactory
from tests.scenarios import STAFF, nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


def expect(here, units, sku="LAMP"):
    return create_arrival(
        location_id=here.locations["W1"].pk,
        lines=[Line(here.items[sku].pk, units)],
        reference="PO-7",
        actor=STAFF,
    )


def receive(arrival, quantity, damaged=0):
    parts = [Part(arrival.lines.get().pk, quantity, damaged)]
    return receive_arrival(arrival_id=arrival.pk, parts=parts, actor=STAFF)


def state(here, arrival):
    """On hand, available and incoming; status; received, damaged and outstanding."""
    level, line = here.level("LAMP"), arrival.lines.get()
    arrival.refresh_from_db()
    figures = (line.quantity_received, line.quantity_damaged, line.outstanding)
    return (level.on_hand, level.available, level.incoming), arrival.status, figures


def test_what_is_expected_is_incoming_and_not_available():
    here = shop({"W1": {"LAMP": 1}})

    arrival = expect(here, 10)

    row = StockMovement.objects.order_by("seq").last()
    assert state(here, arrival) == ((1, 1, 10), "expected", (0, 0, 10))
    assert (row.kind, row.delta_incoming, row.cause, row.cause_id) == ("incoming", 10, "arrival", arrival.pk)
    assert verify_stock().differences == []


def test_goods_come_in_parts_some_damaged_and_more_than_expected():
    here = shop({"W1": {"LAMP": 0}})
    arrival = expect(here, 10)

    steps = []
    for quantity, damaged in [(4, 1), (7, 0)]:
        receive(arrival, quantity, damaged)
        steps.append(state(here, arrival))

    assert steps == [
        ((4, 4, 5), "receiving", (4, 1, 5)),
        ((11, 11, 0), "received", (11, 1, 0)),
    ]
    assert verify_stock().differences == []


def test_an_arrival_that_stays_short_is_closed():
    here = shop({"W1": {"LAMP": 0}})
    arrival = expect(here, 10)
    receive(arrival, 4)

    close_arrival(arrival_id=arrival.pk, actor=STAFF)

    assert state(here, arrival) == ((4, 4, 0), "closed", (4, 0, 0))
    assert verify_stock().differences == []
    with nothing_moves(), pytest.raises(NotPossibleNow):
        receive(arrival, 1)
    with nothing_moves(), pytest.raises(NotPossibleNow):
        close_arrival(arrival_id=arrival.pk, actor=STAFF)


def test_only_damaged_goods_leave_the_shelf_as_it_was():
    here = shop({"W1": {"LAMP": 0}})
    arrival = expect(here, 2)

    receive(arrival, 0, 2)

    assert state(here, arrival) == ((0, 0, 0), "received", (0, 2, 0))


def test_what_is_received_goes_to_the_oldest_that_wait():
    here = shop({"W1": {"LAMP": 0}}, allow_backorder=True)
    first, second = placed_order(here, {"LAMP": 1}), placed_order(here, {"LAMP": 1})
    arrival = expect(here, 3)

    receive(arrival, 1)
    after_one = list(Reservation.objects.order_by("pk").values_list("order_id", "quantity", "backordered"))
    receive(arrival, 2)

    assert after_one == [(first.pk, 1, 0), (second.pk, 0, 1)]
    assert (here.sra("LAMP"), here.level("LAMP").backordered) == ((3, 2, 1), 0)
    assert recorded_events(here.level("LAMP").pk) == ["inventory.level_changed"] * 3
    assert recorded_events(second.pk) == ["order.placed", "inventory.backorder_filled"]
    assert verify_stock().differences == []


def test_what_is_wrong_is_told_at_once():
    here = shop({"W1": {"LAMP": 0}})
    service = InventoryItemFactory(is_stocked=False)
    lamp = here.items["LAMP"].pk
    lines = [Line(lamp, 0), Line(lamp, 2), Line(service.pk, 1), Line(here.locations["W1"].pk, 1)]

    with nothing_moves(), pytest.raises(InvalidInput) as refused:
        create_arrival(location_id=here.locations["W1"].pk, lines=lines, actor=STAFF)

    assert [error.pointer for error in refused.value.errors] == [
        "/items/0/quantity",
        "/items/1/inventory_item_id",
        "/items/2/inventory_item_id",
        "/items/3/inventory_item_id",
    ]


@pytest.mark.parametrize(
    ("part", "refusal"), [((5, -1), InvalidInput), ((0, 0), InvalidInput), ((None, 1), NotOnDocument)]
)
def test_what_cannot_have_come_is_refused(part, refusal):
    here = shop({"W1": {"LAMP": 0}})
    arrival = expect(here, 2)
    line = arrival.lines.get().pk if part[0] is not None else arrival.pk

    with nothing_moves(), pytest.raises(refusal):
        receive_arrival(arrival_id=arrival.pk, parts=[Part(line, part[0] or 0, part[1])], actor=STAFF)

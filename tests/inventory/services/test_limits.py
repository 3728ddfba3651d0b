"""Counters are kept in four bytes. What does not fit is refused by name, and big figures stop no sale."""

from __future__ import annotations

import pytest

from inventory.errors import NegativeStock, TooManyBackordered, TooMuchStock
from inventory.models import InventoryLevel
from inventory.selectors import available_at, kits_by_location
from inventory.services.adjustments import set_on_hand, set_safety_stock
from inventory.services.arrivals import create_arrival, receive_arrival
from inventory.services.counts import apply_count, create_count
from inventory.services.levels import MOST
from inventory.services.papers import Line, Part
from inventory.services.transfers import create_transfer, receive_transfer, send_transfer
from inventory.services.verify import verify_stock
from orders.services.fulfilling import cancel_fulfillment, create_fulfillment
from tests.scenarios import STAFF, Shop, items_of, kit, nothing_moves, place, placed_order, shop

pytestmark = pytest.mark.django_db
BILLION = 1_000_000_000


@pytest.fixture(autouse=True)
def _the_books_add_up():
    yield
    assert verify_stock().differences == []


def lie(here: Shop, units: int, location: str = "W1") -> InventoryLevel:
    return set_on_hand(
        item_id=here.items["LAMP"].pk,
        location_id=here.locations[location].pk,
        on_hand=units,
        reason="count",
        actor=STAFF,
    )


def expect(here: Shop, units: int):
    return create_arrival(location_id=here.locations["W1"].pk, lines=[Line(here.items["LAMP"].pk, units)], actor=STAFF)


def send(here: Shop, units: int):
    places = {"source_id": here.locations["W1"].pk, "target_id": here.locations["W2"].pk}
    made = create_transfer(**places, lines=[Line(here.items["LAMP"].pk, units)], actor=STAFF)
    return send_transfer(transfer_id=made.pk, actor=STAFF)


def test_a_level_that_owes_a_huge_safety_stock_and_goods_besides_is_read_and_sold_from():
    here = shop({"W1": {"LAMP": 0}, "W2": {"LAMP": 3}}, allow_backorder=True)
    gift = kit(here, "GIFT", {"LAMP": 1})
    lamp, places = here.items["LAMP"].pk, [place.pk for place in here.locations.values()]
    place(here, {"LAMP": 5})
    set_safety_stock(item_id=lamp, location_id=places[0], safety_stock=MOST, actor=STAFF)
    lie(here, 5, "W2")

    placed_order(here, {"LAMP": 1})

    assert available_at([lamp, gift.pk], places) == {lamp: 1, gift.pk: 1}
    assert kits_by_location([gift.pk]) == {gift.pk: {places[0]: 0, places[1]: 1}}


def test_the_sum_over_locations_may_be_more_than_one_of_them_holds():
    here = shop({"W1": {"LAMP": MOST}, "W2": {"LAMP": MOST}})
    lamp, places = here.items["LAMP"].pk, [place.pk for place in here.locations.values()]

    assert available_at([lamp], places) == {lamp: 2 * MOST}


def test_more_than_a_level_can_expect_is_refused():
    here = shop({"W1": {"LAMP": 0}})
    for _ in range(2):
        expect(here, BILLION)

    with nothing_moves(), pytest.raises(TooMuchStock, match="LAMP at W1: 3000000000") as refused:
        expect(here, BILLION)

    assert [each.pointer for each in refused.value.errors] == ["/items/0/quantity"]


def test_more_than_a_shelf_can_hold_is_not_received():
    here = shop({"W1": {"LAMP": MOST}, "W2": {"LAMP": 0}})
    arrival, transfer = expect(here, 5), send(here, 5)
    lie(here, MOST)
    lie(here, MOST - 4, "W2")

    with nothing_moves(), pytest.raises(TooMuchStock) as refused:
        receive_arrival(arrival_id=arrival.pk, parts=[Part(arrival.lines.get().pk, 1)], actor=STAFF)
    with nothing_moves(), pytest.raises(TooMuchStock):
        receive_transfer(transfer_id=transfer.pk, parts=[Part(transfer.lines.get().pk, 5)], actor=STAFF)

    assert [each.pointer for each in refused.value.errors] == ["/items/0/quantity"]


def test_more_than_a_line_can_note_is_not_received():
    here = shop({"W1": {"LAMP": 0}})
    arrival = expect(here, 10)
    arrival.lines.update(quantity_received=MOST - 1)

    with nothing_moves(), pytest.raises(TooMuchStock):
        receive_arrival(arrival_id=arrival.pk, parts=[Part(arrival.lines.get().pk, 2)], actor=STAFF)


def test_what_was_packed_is_not_put_back_on_a_shelf_that_is_full():
    here = shop({"W1": {"LAMP": 2}})
    order = placed_order(here, {"LAMP": 2})
    packed = create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    lie(here, MOST - 1)

    with nothing_moves(), pytest.raises(TooMuchStock):
        cancel_fulfillment(order_id=order.pk, fulfillment_id=packed.pk, actor=STAFF)


def test_no_more_is_made_to_wait_by_a_count_than_can_be_counted():
    here = shop({"W1": {"LAMP": 2}}, allow_backorder=True)
    placed_order(here, {"LAMP": 2})
    for units in (2_000_000_000, MOST - 2_000_000_000):
        placed_order(here, {"LAMP": units})
    lines = [Line(here.items["LAMP"].pk, 0)]
    count = create_count(location_id=here.locations["W1"].pk, lines=lines, actor=STAFF)

    with nothing_moves(), pytest.raises(TooManyBackordered):
        apply_count(count_id=count.pk, actor=STAFF)
    with nothing_moves(), pytest.raises(NegativeStock):
        lie(here, MOST + 1)

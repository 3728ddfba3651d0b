from __future__ import annotations

from decimal import Decimal

import pytest

from inventory.errors import InsufficientStock, NoStockLocation
from inventory.models import InventoryLevel, Reservation, SourcingDecision, StockMovement
from inventory.services.verify import verify_stock
from orders.models import Order
from orders.requests import LineRequest
from orders.services.fulfilling import proposals
from tests.factories import InventoryItemFactory, SalesChannelFactory, StockLocationFactory
from tests.scenarios import Shop, place, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


def assert_nothing_moved(here: Shop, **expected: tuple[int, int, int]) -> None:
    assert {name: here.sra("LAMP", name) for name in expected} == expected
    assert (Order.objects.count(), Reservation.objects.count(), SourcingDecision.objects.count()) == (0, 0, 0)
    assert not StockMovement.objects.exclude(kind="opening").exists()
    assert recorded_events() == []


def test_too_little_is_refused_with_what_was_asked_and_what_there_is():
    here = shop({"W1": {"LAMP": 2}})

    with pytest.raises(InsufficientStock, match="Not enough stock for LAMP: 3 asked, 2 available") as refused:
        place(here, {"LAMP": 3})

    (error,) = refused.value.errors
    assert (error.pointer, error.facts) == ("/items/0/quantity", {"sku": "LAMP", "requested": 3, "available": 2})
    assert_nothing_moved(here, W1=(2, 0, 2))


def test_all_shortages_of_an_order_come_in_one_error():
    here = shop({"W1": {"LAMP": 2, "BULB": 0, "VASE": 5}})

    with pytest.raises(InsufficientStock) as refused:
        place(here, {"LAMP": 3, "VASE": 1, "BULB": 1})

    assert [(error.pointer, error.facts["available"]) for error in refused.value.errors] == [
        ("/items/0/quantity", 2),
        ("/items/2/quantity", 0),
    ]
    assert_nothing_moved(here, W1=(2, 0, 2))


def test_a_shortage_that_may_wait_is_backordered():
    here = shop({"W1": {"LAMP": 2}}, allow_backorder=True)

    order = placed_order(here, {"LAMP": 3})

    held = Reservation.objects.get(order_id=order.pk)
    assert (held.quantity, held.backordered) == (2, 1)
    assert (here.sra("LAMP"), here.level("LAMP").backordered) == ((2, 2, 0), 1)
    assert verify_stock().differences == []


def test_a_backordered_item_that_lies_nowhere_waits_at_the_first_active_location():
    item = InventoryItemFactory(sku="LAMP", allow_backorder=True)
    off, second, first = (
        StockLocationFactory(code="off", priority=1, is_active=False),
        StockLocationFactory(code="b", priority=3),
        StockLocationFactory(code="a", priority=2),
    )
    here = Shop(SalesChannelFactory(locations=[off, second, first]), {"first": first}, {"LAMP": item})

    place(here, {"LAMP": 2})

    assert list(InventoryLevel.objects.values_list("location__code", "backordered")) == [("a", 2)]
    assert verify_stock().differences == []


@pytest.mark.parametrize("allow_backorder", [False, True])
def test_a_channel_without_an_active_location_sells_nothing_from_stock(allow_backorder):
    InventoryItemFactory(sku="LAMP", allow_backorder=allow_backorder)
    InventoryItemFactory(sku="GIFT", is_stocked=False)
    nowhere = Shop(SalesChannelFactory(), {}, {})
    switched_off = Shop(SalesChannelFactory(locations=[StockLocationFactory(is_active=False)]), {}, {})

    for here in (nowhere, switched_off):
        with pytest.raises(NoStockLocation, match="no active stock location, so LAMP"):
            place(here, {"LAMP": 1})
        place(here, {"GIFT": 1})

    assert Reservation.objects.count() == 0
    assert not InventoryLevel.objects.exists()


def test_a_line_is_split_over_locations_and_two_fulfillments_are_proposed():
    here = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 1}})

    order = placed_order(here, {"LAMP": 2})

    line = order.lines.get()
    assert (here.sra("LAMP", "W1"), here.sra("LAMP", "W2")) == ((1, 1, 0), (1, 1, 0))
    assert [
        (proposal.location_id, [(item.line_id, item.quantity) for item in proposal.items])
        for proposal in proposals(order, [line])
    ] == [(here.locations["W1"].pk, [(line.pk, 1)]), (here.locations["W2"].pk, [(line.pk, 1)])]


def test_the_decision_is_kept_with_the_numbers_and_the_reason_of_every_candidate():
    here = shop({"W1": {"LAMP": 3}, "W2": {"LAMP": 6}, "W3": {"LAMP": 0}})

    order = placed_order(here, {"LAMP": 5})

    decision = SourcingDecision.objects.get(order_id=order.pk)
    assert (decision.strategy, decision.parcels) == ("fewest_parcels", 1)
    told = [
        (
            each["code"],
            each["units_available"],
            each["items_covered"],
            each["units_taken"],
            each["chosen"],
            each["reason"],
        )
        for each in decision.candidates
    ]
    assert told == [
        ("w1", 3, 0, 0, False, "would_need_more_parcels"),
        ("w2", 5, 1, 5, True, "has_everything"),
        ("w3", 0, 0, 0, False, "has_nothing"),
    ]


def test_lines_that_share_an_item_are_summed_before_the_check():
    here = shop({"W1": {"LAMP": 3}})
    lines = [LineRequest(sku="LAMP", quantity=2, unit_price=Decimal(price)) for price in (10, 8)]

    with pytest.raises(InsufficientStock, match="4 asked, 3 available") as refused:
        place(here, lines)

    assert [error.pointer for error in refused.value.errors] == ["/items/0/quantity"]
    assert_nothing_moved(here, W1=(3, 0, 3))


def test_lines_that_share_an_item_hold_each_their_own():
    here = shop({"W1": {"LAMP": 3}, "W2": {"LAMP": 1}})
    lines = [LineRequest(sku="LAMP", quantity=2, unit_price=Decimal(price)) for price in (10, 8)]

    order = placed_order(here, lines)

    held = Reservation.objects.filter(order_id=order.pk).order_by("level__location__code", "quantity")
    first, second = order.lines.order_by("position")
    assert sorted((each.line_id, each.level.location.name, each.quantity) for each in held) == sorted(
        [(first.pk, "W1", 2), (second.pk, "W1", 1), (second.pk, "W2", 1)]
    )
    rows = StockMovement.objects.filter(kind="reserve").values_list("level__location__name", "delta_reserved")
    assert sorted(rows) == [("W1", 3), ("W2", 1)]


def test_only_the_locations_of_the_channel_count():
    here = shop({"W1": {"LAMP": 1}})
    shop({"Elsewhere": {"LAMP2": 9}})
    other = StockLocationFactory(code="other")
    InventoryLevel.objects.create(item=here.items["LAMP"], location=other, on_hand=9)

    with pytest.raises(InsufficientStock, match="2 asked, 1 available"):
        place(here, {"LAMP": 2})

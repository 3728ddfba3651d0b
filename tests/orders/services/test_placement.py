"""Placing: an order is there with everything that belongs to it, or nothing is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.errors import InsufficientStock, NoStockLocation, UnknownSku
from inventory.models import Reservation, SourcingDecision, StockMovement
from oms.core.transactions import atomic
from orders.errors import SalesChannelDisabled
from orders.models import Customer, Order, OrderLine
from orders.requests import DiscountRequest, LineRequest, TaxRequest
from orders.services.fulfilling import FulfillItem, Proposal, proposals
from orders.services.placement import Stock
from orders.totals import DiscountExceedsPrice
from tests.factories import InventoryItemFactory, StockLocationFactory
from tests.scenarios import nothing_moves, place, place_all, placed_order, recorded_events, request, shop, state

pytestmark = pytest.mark.django_db


def held(order_id) -> list[tuple[str, str, int, int]]:
    rows = Reservation.objects.filter(order_id=order_id).order_by("level__location__priority", "level__item__sku")
    return list(rows.values_list("level__location__name", "level__item__sku", "quantity", "backordered"))


# --- stock -----------------------------------------------------------------------------------------------------------


def test_a_unit_that_is_sold_is_held_and_priced_with_discount_and_tax():
    lamps = shop({"W1": {"LAMP": 2}})
    line = LineRequest(
        sku="LAMP",
        quantity=1,
        unit_price=Decimal(100),
        discounts=[DiscountRequest(code="TEN", amount=Decimal(10))],
        tax_lines=[TaxRequest(name="VAT", rate=Decimal(6))],
    )

    order = placed_order(lamps, [line])

    assert (order.item_subtotal, order.discount_total, order.tax_total, order.total) == (
        100,
        10,
        Decimal("5.40"),
        Decimal("95.40"),
    )
    assert lamps.sra("LAMP") == (2, 1, 1)
    assert held(order.pk) == [("W1", "LAMP", 1, 0)]
    assert recorded_events(order.pk) == ["order.placed"]
    assert state(order) == ("pending", "not_paid", "not_fulfilled", 1)


def test_more_than_there_is_is_refused_with_what_was_asked_and_what_is_available():
    lamps = shop({"W1": {"LAMP": 2}})

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        place(lamps, {"LAMP": 3}, email="ann@example.com")

    assert [(error.pointer, error.facts) for error in refusal.value.errors] == [
        ("/items/0/quantity", {"sku": "LAMP", "requested": 3, "available": 2})
    ]
    assert str(refusal.value) == "Not enough stock for LAMP: 3 asked, 2 available."


def test_all_that_is_short_is_told_at_once_and_lines_of_one_sku_are_summed():
    lamps = shop({"W1": {"LAMP": 2, "BULB": 1, "CORD": 5}})
    lines = [LineRequest(sku=sku, quantity=2, unit_price=Decimal(1)) for sku in ("LAMP", "CORD", "BULB", "LAMP")]

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        place(lamps, lines)

    assert [(error.pointer, error.facts["requested"], error.facts["available"]) for error in refusal.value.errors] == [
        ("/items/0/quantity", 4, 2),
        ("/items/2/quantity", 2, 1),
    ]


def test_what_may_be_backordered_holds_what_there_is_and_waits_for_the_rest():
    lamps = shop({"W1": {"LAMP": 2}}, allow_backorder=True)

    order = placed_order(lamps, {"LAMP": 3})

    assert held(order.pk) == [("W1", "LAMP", 2, 1)]
    assert (lamps.sra("LAMP"), lamps.level("LAMP").backordered) == ((2, 2, 0), 1)


def test_what_lies_nowhere_yet_waits_at_the_first_active_location():
    lamps = shop({"W0": {}, "W1": {}, "W2": {"BULB": 1}}, allow_backorder=True)
    lamps.locations["W0"].is_active = False
    lamps.locations["W0"].save()
    InventoryItemFactory(sku="LAMP", allow_backorder=True)

    order = placed_order(lamps, {"LAMP": 3})

    assert held(order.pk) == [("W1", "LAMP", 0, 3)]


def test_the_shortage_waits_where_the_item_is_kept_also_when_others_of_the_order_lie_elsewhere():
    lamps = shop({"W1": {"BULB": 5}, "W2": {"LAMP": 1}}, allow_backorder=True)

    order = placed_order(lamps, {"LAMP": 3, "BULB": 1})

    assert held(order.pk) == [("W1", "BULB", 1, 0), ("W2", "LAMP", 1, 2)]


@pytest.mark.parametrize("allow_backorder", [False, True])
def test_a_channel_without_a_location_does_not_sell_from_stock(allow_backorder):
    nowhere = shop({})
    InventoryItemFactory(sku="LAMP", allow_backorder=allow_backorder)

    with nothing_moves(), pytest.raises(NoStockLocation) as refusal:
        place(nowhere, {"LAMP": 1})

    assert refusal.value.facts == {"sku": "LAMP"}


def test_a_channel_without_a_location_sells_what_is_not_stocked():
    nowhere = shop({})
    InventoryItemFactory(sku="ADVICE", is_stocked=False, requires_shipping=False)

    order = placed_order(nowhere, {"ADVICE": 1})

    assert (state(order), held(order.pk), StockMovement.objects.count()) == (
        ("pending", "not_paid", "not_fulfilled", 1),
        [],
        0,
    )


def test_stock_of_a_location_that_is_not_linked_or_not_active_is_not_seen():
    lamps = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 5}})
    lamps.locations["W2"].is_active = False
    lamps.locations["W2"].save()
    StockLocationFactory()

    with pytest.raises(InsufficientStock) as refusal:
        place(lamps, {"LAMP": 2})

    assert refusal.value.facts["available"] == 1


def test_a_line_is_split_over_locations_and_two_fulfillments_are_proposed():
    lamps = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 1}})

    order = placed_order(lamps, {"LAMP": 2})

    (line,) = order.lines.all()
    assert held(order.pk) == [("W1", "LAMP", 1, 0), ("W2", "LAMP", 1, 0)]
    assert proposals(order, [line]) == [
        Proposal(lamps.locations[name].pk, [FulfillItem(line.pk, 1)]) for name in ("W1", "W2")
    ]
    decision = SourcingDecision.objects.get(order_id=order.pk)
    assert (decision.parcels, [(each["code"], each["units_taken"]) for each in decision.candidates]) == (
        2,
        [("w1", 1), ("w2", 1)],
    )


def test_goods_that_ship_services_and_free_text_are_proposed_together_as_far_as_they_ship():
    lamps = shop({"W1": {"LAMP": 1}})
    InventoryItemFactory(sku="ADVICE", is_stocked=False, requires_shipping=False)
    lines = [
        LineRequest(sku="LAMP", quantity=1, unit_price=Decimal(9)),
        LineRequest(sku="ADVICE", quantity=1, unit_price=Decimal(9)),
        LineRequest(title="Ribbon", quantity=2, unit_price=Decimal(1)),
        LineRequest(title="Handling", quantity=1, unit_price=Decimal(1), kind="fee"),
        LineRequest(title="Voucher", quantity=1, unit_price=Decimal(50), kind="gift_card"),
    ]

    order = placed_order(lamps, lines)

    lamp, advice, ribbon, _, voucher = order.lines.all()
    assert proposals(order, [lamp, advice, ribbon, voucher]) == [
        Proposal(lamps.locations["W1"].pk, [FulfillItem(lamp.pk, 1), FulfillItem(ribbon.pk, 2)]),
        Proposal(None, [FulfillItem(advice.pk, 1), FulfillItem(voucher.pk, 1)], ships=False),
    ]
    assert order.units_open == 5


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_channel_that_is_switched_off_takes_no_orders():
    lamps = shop({"W1": {"LAMP": 2}})
    lamps.channel.is_active = False
    lamps.channel.save()

    with nothing_moves(), pytest.raises(SalesChannelDisabled):
        place(lamps, {"LAMP": 1})


def test_skus_that_nobody_knows_are_named_all_of_them():
    lamps = shop({"W1": {"LAMP": 2}})

    with nothing_moves(), pytest.raises(UnknownSku) as refusal:
        place(lamps, {"LAMP": 1, "LAMB": 1, "lamp": 1})

    assert [(error.pointer, error.facts) for error in refusal.value.errors] == [
        ("/items/1/sku", {"sku": "LAMB"}),
        ("/items/2/sku", {"sku": "lamp"}),
    ]


def test_an_import_keeps_a_sku_that_nobody_knows_as_a_line_without_stock():
    lamps = shop({"W1": {"LAMP": 2}})

    (placed,) = place_all(lamps, request({"LAMP": 1, "LAMB": 3}), keep_unknown_skus=True)

    lines = OrderLine.objects.filter(order_id=placed.order_id).values_list("sku", "title", "is_stocked", "quantity")
    assert list(lines) == [("LAMP", "Thing LAMP", True, 1), ("LAMB", "LAMB", False, 3)]


# --- the same again --------------------------------------------------------------------------------------------------


def test_an_external_id_is_placed_once_in_its_channel():
    lamps, other = shop({"W1": {"LAMP": 2}}), shop({"W2": {"BULB": 2}})
    first = place(lamps, {"LAMP": 1}, external_id="A-1")

    with nothing_moves():
        again = place(lamps, {"LAMP": 1}, external_id="A-1")
    elsewhere = place(other, {"BULB": 1}, external_id="A-1")

    assert (first.existing, again.existing, again.order_id, again.number) == (False, True, first.order_id, first.number)
    assert (elsewhere.existing, Order.objects.count(), lamps.sra("LAMP")) == (False, 2, (2, 1, 1))


@pytest.mark.parametrize("copy", [False, True])
def test_a_batch_places_what_it_can_and_says_of_the_rest_why(copy):
    lamps = shop({"W1": {"LAMP": 3, "BULB": 100}})
    seen = place(lamps, {"BULB": 1}, external_id="seen")
    dear = LineRequest(sku="BULB", quantity=1, unit_price=Decimal(1), discounts=[DiscountRequest(amount=Decimal(2))])

    outcome = place_all(
        lamps,
        request({"LAMP": 2}, external_id="first", email="first@example.com"),
        request({"BULB": 1}, external_id="seen"),
        request({"LAMB": 1}, external_id="unknown", email="unknown@example.com"),
        request({"LAMP": 2}, external_id="short", email="short@example.com"),
        request({"LAMP": 1}, external_id="last"),
        request({"LAMP": 1}, external_id="first"),
        request({"BULB": 1}, external_id="unknown"),
        request([dear]),
        copy=copy,
    )

    assert [type(placed.refusal).__name__ if placed.refusal else placed.existing for placed in outcome] == [
        *(False, True, "UnknownSku", "InsufficientStock", False, True, False, "DiscountExceedsPrice"),
    ]
    assert (outcome[1].order_id, outcome[5].order_id) == (seen.order_id, outcome[0].order_id)
    assert [placed.order_id for placed in outcome if placed.refusal] == [None, None, None]
    assert lamps.sra("LAMP") == (3, 3, 0)
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["first", "last", "seen", "unknown"]
    assert list(Customer.objects.values_list("email", flat=True)) == ["first@example.com"]


def test_a_batch_placed_again_creates_nothing():
    lamps = shop({"W1": {"LAMP": 100}})
    requests = [
        request({"LAMP": 1}, external_id=str(number), email=f"{number % 5}@example.com") for number in range(20)
    ]
    first = place_all(lamps, *requests)

    with nothing_moves():
        again = place_all(lamps, *requests)

    assert [placed.existing for placed in first + again] == [False] * 20 + [True] * 20
    assert [placed.order_id for placed in again] == [placed.order_id for placed in first]


def test_a_batch_within_a_transaction_of_the_caller_leaves_what_was_written_there():
    lamps = shop({"W1": {"LAMP": 1}})

    with atomic():
        Customer.objects.create(email="before@example.com")
        outcome = place_all(lamps, request({"LAMP": 5}), request({"LAMP": 1}))

    assert [placed.refusal is None for placed in outcome] == [False, True]
    assert (Customer.objects.count(), Order.objects.count()) == (1, 1)


def test_sales_of_the_past_leave_stock_as_it_is_and_are_not_announced():
    lamps = shop({"W1": {"LAMP": 1}})

    outcome = place_all(lamps, request({"LAMP": 50}), stock=Stock.SKIP, announce=False)

    assert [placed.refusal for placed in outcome] == [None]
    assert (lamps.sra("LAMP"), recorded_events(outcome[0].order_id)) == ((1, 0, 1), [])


def test_levels_for_what_waits_are_made_before_any_level_is_locked():
    lamps = shop({"W1": {"BULB": 5}}, allow_backorder=True)
    InventoryItemFactory(sku="LAMP", allow_backorder=True)

    with CaptureQueriesContext(connection) as captured:
        place(lamps, {"BULB": 1, "LAMP": 1})

    statements = [query["sql"] for query in captured.captured_queries]
    (made,) = [index for index, sql in enumerate(statements) if "INSERT INTO inventory_inventorylevel" in sql]
    assert made < min(index for index, sql in enumerate(statements) if "FOR UPDATE OF level" in sql)


def test_a_discount_that_is_too_large_is_refused_before_anything_is_written():
    lamps = shop({"W1": {"LAMP": 1}})

    with nothing_moves(), pytest.raises(DiscountExceedsPrice):
        place(lamps, {"LAMP": 1}, email="ann@example.com", discounts=[DiscountRequest(amount=Decimal("10.01"))])

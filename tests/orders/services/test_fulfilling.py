"""Packing takes goods off the shelf, unpacking puts them back; what cannot be packed moves nothing."""

from __future__ import annotations

import time
from decimal import Decimal
from uuid import uuid4

import pytest

from fulfillment.models import Fulfillment
from fulfillment.providers.manual import ManualProvider
from inventory.errors import InsufficientStock
from inventory.models import Reservation, StockMovement
from oms.core.errors import InvalidInput, NotFound
from oms.core.outside import CalledInsideTransaction
from oms.core.providers import UnknownProvider
from orders import errors
from orders.enums import HoldReason
from orders.requests import LineRequest
from orders.services.cancellation import cancel_order
from orders.services.closing import archive_order, complete_order
from orders.services.fulfilling import FulfillItem, cancel_fulfillment, create_fulfillment
from orders.services.holds import place_hold, release_hold
from tests.factories import InventoryItemFactory
from tests.scenarios import STAFF, items_of, nothing_moves, placed_order, recorded_events, shop, state

pytestmark = pytest.mark.django_db


def fulfil(order, quantities=None, **where) -> Fulfillment:
    return create_fulfillment(order_id=order.pk, items=items_of(order, quantities), actor=STAFF, **where)


def unpack(order, fulfillment) -> Fulfillment:
    return cancel_fulfillment(order_id=order.pk, fulfillment_id=fulfillment.pk, actor=STAFF)


def held(order) -> dict[tuple[str, str], tuple[int, int]]:
    rows = Reservation.objects.filter(order_id=order.pk).select_related("level__item", "level__location")
    return {(row.level.item.sku, row.level.location.name): (row.quantity, row.backordered) for row in rows}


def moves() -> list[tuple[str, int, int, int]]:
    rows = StockMovement.objects.exclude(kind="opening").order_by("pk")
    return list(rows.values_list("kind", "delta_on_hand", "delta_reserved", "delta_backordered"))


def test_packing_takes_the_goods_off_the_shelf_and_unpacking_puts_them_back_reserved():
    lamps = shop({"W1": {"LAMP": 2}})
    order = placed_order(lamps, {"LAMP": 1})

    fulfillment = fulfil(order)
    packed = (lamps.sra("LAMP"), held(order), state(order))
    unpack(order, fulfillment)

    assert packed == ((1, 0, 1), {}, ("pending", "not_paid", "fulfilled", 0))
    assert (lamps.sra("LAMP"), held(order)) == ((2, 1, 1), {("LAMP", "W1"): (1, 0)})
    assert state(order) == ("pending", "not_paid", "not_fulfilled", 1)
    assert moves() == [("reserve", 0, 1, 0), ("consume", -1, -1, 0), ("unconsume", 1, 1, 0)]
    assert recorded_events(order.pk) == ["order.placed", "order.fulfillment_created", "order.fulfillment_canceled"]
    assert Fulfillment.objects.get().status == "canceled"


def test_a_part_is_packed_and_more_than_the_rest_is_refused():
    lamps = shop({"W1": {"LAMP": 3}})
    order = placed_order(lamps, {"LAMP": 3})

    fulfil(order, {"LAMP": 1})

    assert (lamps.sra("LAMP"), state(order)) == ((2, 2, 0), ("pending", "not_paid", "partially_fulfilled", 2))
    with nothing_moves(), pytest.raises(errors.FulfillsMoreThanOrdered) as refusal:
        fulfil(order, {"LAMP": 3})
    assert [(error.pointer, error.facts) for error in refusal.value.errors] == [
        ("/items/0/quantity", {"sku": "LAMP", "requested": 3, "open": 2})
    ]


def test_packing_one_line_leaves_what_the_other_holds_alone():
    lamps = shop({"W1": {"LAMP": 2, "BULB": 2}})
    order = placed_order(lamps, {"LAMP": 1, "BULB": 2})

    fulfil(order, {"LAMP": 1})

    assert (held(order), lamps.sra("BULB"), lamps.sra("LAMP")) == ({("BULB", "W1"): (2, 0)}, (2, 2, 0), (1, 0, 1))


def test_two_lines_of_one_item_take_each_what_is_theirs():
    lamps = shop({"W1": {"LAMP": 5}})
    lines = [LineRequest(sku="LAMP", quantity=quantity, unit_price=Decimal(1)) for quantity in (2, 3)]
    order = placed_order(lamps, lines)
    second = order.lines.get(position=1)

    create_fulfillment(order_id=order.pk, items=[FulfillItem(second.pk, 3)], actor=STAFF)

    (left,) = Reservation.objects.all()
    assert (left.line_id == second.pk, left.quantity, lamps.sra("LAMP")) == (False, 2, (2, 2, 0))


def test_what_ships_and_what_does_not_are_two_fulfillments():
    lamps = shop({"W1": {"LAMP": 2}})
    InventoryItemFactory(sku="MANUAL", is_stocked=False, requires_shipping=False)
    order = placed_order(lamps, {"LAMP": 1, "MANUAL": 1})

    with nothing_moves(), pytest.raises(errors.MixedShippingRequirements, match="Make two"):
        fulfil(order)
    digital = fulfil(order, {"MANUAL": 1})
    goods = fulfil(order, {"LAMP": 1})

    assert (digital.location_id, digital.requires_shipping) == (None, False)
    assert (goods.location_id, goods.requires_shipping) == (lamps.locations["W1"].pk, True)
    assert state(order)[2:] == ("fulfilled", 0)


def test_a_held_order_is_not_packed_until_its_last_hold_is_lifted():
    lamps = shop({"W1": {"LAMP": 2}})
    order = placed_order(lamps, {"LAMP": 1})
    reasons = (HoldReason.FRAUD, HoldReason.ADDRESS)
    holds = [place_hold(order_id=order.pk, reason=reason, actor=STAFF) for reason in reasons]
    release_hold(order_id=order.pk, hold_id=holds[0].pk, actor=STAFF)

    with nothing_moves(), pytest.raises(errors.OrderOnHold) as refusal:
        fulfil(order)
    release_hold(order_id=order.pk, hold_id=holds[1].pk, actor=STAFF)
    fulfil(order)

    assert refusal.value.facts == {"number": order.number, "reasons": "address to be checked"}
    assert state(order)[2:] == ("fulfilled", 0)


def test_an_order_that_is_canceled_is_not_packed():
    lamps = shop({"W1": {"LAMP": 2}})
    order = placed_order(lamps, {"LAMP": 1})
    items = items_of(order)
    cancel_order(order_id=order.pk, reason="customer", actor=STAFF)

    with nothing_moves(), pytest.raises(errors.OrderNotOpen):
        create_fulfillment(order_id=order.pk, items=items, actor=STAFF)


def test_without_a_location_it_is_the_one_that_holds_most_of_it():
    lamps = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 4, "BULB": 4}})
    order = placed_order(lamps, {"BULB": 4, "LAMP": 5})

    fulfillment = fulfil(order, {"LAMP": 4})

    assert fulfillment.location_id == lamps.locations["W2"].pk
    assert held(order) == {("LAMP", "W1"): (1, 0), ("BULB", "W2"): (4, 0)}


def test_from_another_location_than_reserved_it_is_taken_there_and_let_go_here():
    lamps = shop({"W1": {"LAMP": 2}, "W2": {"LAMP": 2}})
    order = placed_order(lamps, {"LAMP": 2})

    fulfillment = fulfil(order, location_id=lamps.locations["W2"].pk)
    packed = (lamps.sra("LAMP", "W1"), lamps.sra("LAMP", "W2"), held(order))
    unpack(order, fulfillment)

    assert packed == ((2, 0, 2), (0, 0, 0), {})
    assert (lamps.sra("LAMP", "W1"), lamps.sra("LAMP", "W2")) == ((2, 0, 2), (2, 2, 0))


def test_from_a_location_that_has_not_enough_it_is_refused_and_nothing_moves():
    lamps = shop({"W1": {"LAMP": 3, "BULB": 1}, "W2": {"LAMP": 1}})
    order = placed_order(lamps, {"LAMP": 3, "BULB": 1})

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        fulfil(order, location_id=lamps.locations["W2"].pk)

    assert [(error.pointer, error.facts) for error in refusal.value.errors] == [
        ("/items/0/quantity", {"sku": "LAMP", "requested": 3, "available": 1}),
        ("/items/1/quantity", {"sku": "BULB", "requested": 1, "available": 0}),
    ]


def test_a_shortage_names_the_item_of_the_request_though_an_earlier_one_came_twice():
    lamps = shop({"W1": {"LAMP": 3, "BULB": 1}, "W2": {"LAMP": 3}})
    order = placed_order(lamps, {"LAMP": 2, "BULB": 1})
    lamp, bulb = order.lines.order_by("position")
    items = [FulfillItem(lamp.pk, 1), FulfillItem(lamp.pk, 1), FulfillItem(bulb.pk, 1)]

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        create_fulfillment(order_id=order.pk, items=items, location_id=lamps.locations["W2"].pk, actor=STAFF)

    assert [(error.pointer, error.facts["sku"]) for error in refusal.value.errors] == [("/items/2/quantity", "BULB")]


def test_a_line_that_is_asked_ten_thousand_times_is_summed_at_once():
    order = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1})
    items = [FulfillItem(order.lines.get().pk, 1)] * 10_000
    started = time.process_time()

    with nothing_moves(), pytest.raises(errors.FulfillsMoreThanOrdered, match="10000 asked"):
        create_fulfillment(order_id=order.pk, items=items, actor=STAFF)

    assert time.process_time() - started < 1


def test_what_waits_for_goods_is_not_packed_before_they_are_there():
    lamps = shop({"W1": {"LAMP": 2}}, allow_backorder=True)
    order = placed_order(lamps, {"LAMP": 3})

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        fulfil(order)
    fulfil(order, {"LAMP": 2})

    assert refusal.value.facts == {"sku": "LAMP", "requested": 3, "available": 2}
    assert (held(order), lamps.sra("LAMP"), lamps.level("LAMP").backordered) == ({("LAMP", "W1"): (0, 1)}, (0, 0, 0), 1)


def test_what_waited_is_packed_from_what_another_order_let_go():
    lamps = shop({"W1": {"LAMP": 2}}, allow_backorder=True)
    first, second = placed_order(lamps, {"LAMP": 2}), placed_order(lamps, {"LAMP": 2})
    cancel_order(order_id=first.pk, reason="customer", actor=STAFF)

    fulfil(second, {"LAMP": 1}, location_id=lamps.locations["W1"].pk)

    assert (held(second), lamps.sra("LAMP"), lamps.level("LAMP").backordered) == (
        {("LAMP", "W1"): (0, 1)},
        (1, 0, 1),
        1,
    )
    assert moves()[-1] == ("consume", -1, 0, -1)


def test_stock_that_is_another_orders_is_not_taken():
    lamps = shop({"W1": {"LAMP": 2}}, allow_backorder=True)
    first, second = placed_order(lamps, {"LAMP": 2}), placed_order(lamps, {"LAMP": 1})

    with nothing_moves(), pytest.raises(InsufficientStock):
        fulfil(second, location_id=lamps.locations["W1"].pk)

    assert held(first) == {("LAMP", "W1"): (2, 0)}


@pytest.mark.parametrize(
    ("items", "refusal", "pointers"),
    [
        (lambda order: [], errors.NothingToFulfill, []),
        (lambda order: [FulfillItem(uuid4(), 1)], errors.NotThisOrders, ["/items/0/id"]),
        (
            lambda order: [FulfillItem(uuid4(), 1), *items_of(order, {"LAMP": 1}), FulfillItem(uuid4(), 1)],
            errors.NotThisOrders,
            ["/items/0/id", "/items/2/id"],
        ),
        (
            lambda order: [FulfillItem(line.pk, 1) for line in order.lines.filter(kind="fee")],
            errors.NotThisOrders,
            ["/items/0/id"],
        ),
        (
            lambda order: [FulfillItem(order.lines.first().pk, quantity) for quantity in (5, -3, 0)],
            InvalidInput,
            ["/items/1/quantity", "/items/2/quantity"],
        ),
        (
            lambda order: [FulfillItem(order.lines.first().pk, 1) for _ in range(3)],
            errors.FulfillsMoreThanOrdered,
            ["/items/0/quantity"],
        ),
    ],
)
def test_what_cannot_be_packed_is_refused_naming_the_items(items, refusal, pointers):
    lamps = shop({"W1": {"LAMP": 9}})
    fee = LineRequest(title="Handling", quantity=1, unit_price=Decimal(1), kind="fee")
    order = placed_order(lamps, [LineRequest(sku="LAMP", quantity=2, unit_price=Decimal(1)), fee])
    asked = items(order)

    with nothing_moves(), pytest.raises(refusal) as refused:
        create_fulfillment(order_id=order.pk, items=asked, actor=STAFF)

    assert [error.pointer for error in refused.value.errors] == pointers


def test_a_location_a_provider_and_an_order_must_exist():
    lamps = shop({"W1": {"LAMP": 9}})
    order = placed_order(lamps, {"LAMP": 1})

    with nothing_moves(), pytest.raises(NotFound, match="stock location"):
        fulfil(order, location_id=uuid4())
    with nothing_moves(), pytest.raises(UnknownProvider, match="Known: manual"):
        fulfil(order, provider="pigeon")
    with nothing_moves(), pytest.raises(NotFound, match="order"):
        create_fulfillment(order_id=uuid4(), items=items_of(order), actor=STAFF)


def test_a_fulfillment_is_unpacked_once_and_only_through_its_own_order():
    lamps = shop({"W1": {"LAMP": 9}})
    order, other = placed_order(lamps, {"LAMP": 1}), placed_order(lamps, {"LAMP": 1})
    fulfillment = fulfil(order)

    with nothing_moves(), pytest.raises(NotFound, match=f"No fulfillment with id {fulfillment.public_id}"):
        unpack(other, fulfillment)
    unpack(order, fulfillment)
    with nothing_moves(), pytest.raises(errors.FulfillmentCanceled):
        unpack(order, fulfillment)

    assert lamps.sra("LAMP") == (9, 2, 7)


def test_a_completed_order_is_open_again_when_it_is_unpacked():
    lamps = shop({"W1": {"LAMP": 2}})
    order = placed_order(lamps, {"LAMP": 1})
    fulfillment = fulfil(order)
    complete_order(order_id=order.pk, actor=STAFF)

    unpack(order, fulfillment)

    assert (state(order), order.completed_at) == (("pending", "not_paid", "not_fulfilled", 1), None)
    assert (lamps.sra("LAMP"), held(order)) == ((2, 1, 1), {("LAMP", "W1"): (1, 0)})
    assert order.timeline.order_by("pk").last().changes == {
        "fulfillment_status": ["fulfilled", "not_fulfilled"],
        "units_open": ["0", "1"],
        "status": ["completed", "pending"],
    }
    fulfil(order)
    complete_order(order_id=order.pk, actor=STAFF)
    assert state(order) == ("completed", "not_paid", "fulfilled", 0)


def test_an_archived_order_is_not_unpacked():
    lamps = shop({"W1": {"LAMP": 2}})
    order = placed_order(lamps, {"LAMP": 1})
    fulfillment = fulfil(order)
    complete_order(order_id=order.pk, actor=STAFF)
    archive_order(order_id=order.pk, actor=STAFF)

    with nothing_moves(), pytest.raises(errors.OrderNotOpen, match="archived"):
        unpack(order, fulfillment)


def test_sales_that_were_never_reserved_are_packed_from_what_is_available():
    lamps = shop({"W1": {"LAMP": 9}})
    order = placed_order(lamps, {"LAMP": 2})
    Reservation.objects.all().delete()
    level = lamps.level("LAMP")
    level.reserved = 0
    level.save(update_fields=["reserved"])

    with nothing_moves(), pytest.raises(InvalidInput, match="say from where"):
        fulfil(order)
    fulfil(order, location_id=lamps.locations["W1"].pk)

    assert lamps.sra("LAMP") == (7, 0, 7)


def test_each_step_is_one_revision_and_one_event():
    lamps = shop({"W1": {"LAMP": 9}})
    order = placed_order(lamps, {"LAMP": 2})

    fulfillment = fulfil(order, {"LAMP": 1})
    unpack(order, fulfillment)

    order.refresh_from_db()
    assert (order.revision, order.version, order.event_seq) == (3, 1, 3)
    assert list(order.timeline.order_by("pk").values_list("action", "changes")) == [
        ("order.placed", {}),
        (
            "order.fulfillment_created",
            {"fulfillment_status": ["not_fulfilled", "partially_fulfilled"], "units_open": ["2", "1"]},
        ),
        (
            "order.fulfillment_canceled",
            {"fulfillment_status": ["partially_fulfilled", "not_fulfilled"], "units_open": ["1", "2"]},
        ),
    ]


class Courier(ManualProvider):
    """Somebody else's people."""

    code = "courier"
    local = False


def test_nobody_outside_is_called_while_an_order_is_packed_or_unpacked(settings):
    settings.OMS = settings.OMS | {"FULFILLMENT_PROVIDERS": {"manual": Courier.__module__ + ".Courier"}}
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})

    with nothing_moves(), pytest.raises(CalledInsideTransaction, match="the fulfillment provider manual is called"):
        fulfil(order)

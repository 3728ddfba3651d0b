from __future__ import annotations

from decimal import Decimal

import pytest

from inventory.errors import InsufficientStock
from inventory.models import Reservation, StockMovement
from inventory.services.adjustments import adjust_stock
from inventory.services.verify import verify_stock
from orders.errors import FulfillsMoreThanOrdered
from orders.models import Order
from orders.requests import LineRequest
from orders.services.fulfilling import cancel_fulfillment, create_fulfillment
from tests.scenarios import STAFF, Shop, items_of, placed_order, shop

pytestmark = pytest.mark.django_db


def fulfill(here: Shop, order: Order, quantities: dict[str, int] | None = None, location: str = "W1"):
    return create_fulfillment(
        order_id=order.pk,
        items=items_of(order, quantities),
        location_id=here.locations[location].pk,
        actor=STAFF,
    )


def test_packing_takes_goods_and_reservation_and_unpacking_puts_both_back():
    here = shop({"W1": {"LAMP": 2}})
    order = placed_order(here, {"LAMP": 1})

    fulfillment = fulfill(here, order)
    packed = here.sra("LAMP")
    cancel_fulfillment(order_id=order.pk, fulfillment_id=fulfillment.pk, actor=STAFF)

    assert packed == (1, 0, 1)
    assert here.sra("LAMP") == (2, 1, 1)
    held = Reservation.objects.get()
    assert (held.order_id, held.line_id, held.quantity) == (order.pk, order.lines.get().pk, 1)
    rows = StockMovement.objects.order_by("seq").values_list("kind", "delta_on_hand", "delta_reserved", "cause_id")
    assert list(rows)[1:] == [
        ("reserve", 0, 1, order.pk),
        ("consume", -1, -1, fulfillment.pk),
        ("unconsume", 1, 1, fulfillment.pk),
    ]
    assert verify_stock().differences == []


def test_a_part_is_packed_and_more_than_the_rest_is_refused():
    here = shop({"W1": {"LAMP": 9}})
    order = placed_order(here, {"LAMP": 3})

    fulfill(here, order, {"LAMP": 1})
    with pytest.raises(FulfillsMoreThanOrdered, match="LAMP: 3 asked, 2 still to be fulfilled"):
        fulfill(here, order, {"LAMP": 3})

    order.refresh_from_db()
    assert order.fulfillment_status == "partially_fulfilled"
    assert here.sra("LAMP") == (8, 2, 6)


def test_packing_one_line_leaves_the_reservation_of_the_other():
    here = shop({"W1": {"LAMP": 2, "BULB": 2}})
    order = placed_order(here, {"LAMP": 1, "BULB": 2})

    fulfill(here, order, {"LAMP": 1})

    assert (here.sra("LAMP"), here.sra("BULB")) == ((1, 0, 1), (2, 2, 0))
    assert list(Reservation.objects.values_list("level__item__sku", "quantity")) == [("BULB", 2)]


def test_two_lines_of_the_same_item_are_told_apart():
    here = shop({"W1": {"LAMP": 5}})
    order = placed_order(here, [LineRequest(sku="LAMP", quantity=units, unit_price=Decimal(10)) for units in (2, 3)])
    first, second = order.lines.order_by("position")

    create_fulfillment(
        order_id=order.pk,
        items=[item for item in items_of(order) if item.line_id == first.pk],
        location_id=here.locations["W1"].pk,
        actor=STAFF,
    )

    assert here.sra("LAMP") == (3, 3, 0)
    assert list(Reservation.objects.values_list("line_id", "quantity")) == [(second.pk, 3)]


def test_packing_elsewhere_lets_go_where_it_was_reserved():
    here = shop({"W1": {"LAMP": 2}, "W2": {"LAMP": 3}})
    order = placed_order(here, {"LAMP": 2})

    fulfillment = fulfill(here, order, location="W2")
    packed = (here.sra("LAMP", "W1"), here.sra("LAMP", "W2"))
    cancel_fulfillment(order_id=order.pk, fulfillment_id=fulfillment.pk, actor=STAFF)

    assert packed == ((2, 0, 2), (1, 0, 1))
    assert (here.sra("LAMP", "W1"), here.sra("LAMP", "W2")) == ((2, 0, 2), (3, 2, 1))
    assert verify_stock().differences == []


def test_packing_elsewhere_is_refused_where_it_is_short_and_nothing_moves():
    here = shop({"W1": {"LAMP": 3, "BULB": 3}, "W2": {"LAMP": 2}})
    placed = placed_order(here, {"LAMP": 3, "BULB": 1})

    with pytest.raises(InsufficientStock, match="LAMP: 3 asked, 2 available") as refused:
        fulfill(here, placed, location="W2")

    assert [(error.facts["sku"], error.facts["available"]) for error in refused.value.errors] == [
        ("LAMP", 2),
        ("BULB", 0),
    ]
    assert (here.sra("LAMP", "W1"), here.sra("LAMP", "W2")) == ((3, 3, 0), (2, 0, 2))
    assert not StockMovement.objects.filter(kind="consume").exists()


def test_the_goods_of_others_are_not_taken():
    here = shop({"W1": {"LAMP": 2}, "W2": {"LAMP": 2}})
    others, mine = placed_order(here, {"LAMP": 2}), placed_order(here, {"LAMP": 1})

    with pytest.raises(InsufficientStock, match="1 asked, 0 available"):
        fulfill(here, mine, location="W1")

    assert Reservation.objects.filter(order_id=others.pk).get().quantity == 2
    assert here.sra("LAMP", "W1") == (2, 2, 0)


def test_a_backordered_unit_is_packed_once_it_is_there():
    here = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 0}}, allow_backorder=True)
    order = placed_order(here, {"LAMP": 2})
    with pytest.raises(InsufficientStock, match="2 asked, 1 available"):
        fulfill(here, order)
    adjust_stock(
        item_id=here.items["LAMP"].pk,
        location_id=here.locations["W1"].pk,
        delta=3,
        reason="received",
        actor=STAFF,
    )

    fulfill(here, order)

    assert (here.sra("LAMP"), here.level("LAMP").backordered) == ((2, 0, 2), 0)
    assert not Reservation.objects.exists()
    assert verify_stock().differences == []

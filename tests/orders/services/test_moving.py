"""Goods that an order holds are held at another location: there they are reserved, here let go of."""

from __future__ import annotations

import pytest

from inventory.errors import InsufficientStock
from inventory.models import Reservation, StockMovement
from inventory.services.verify import verify_stock
from oms.core.errors import InvalidInput, NotFound
from oms.core.ids import new_id
from oms.core.models import OutboxEvent
from orders.enums import CancelReason
from orders.errors import MovesMoreThanHeld, OrderNotOpen
from orders.models import Order
from orders.services.cancellation import cancel_order
from orders.services.moving import move_reserved
from tests.scenarios import STAFF, Shop, items_of, kit, nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_add_up():
    yield
    assert verify_stock().differences == []


def move(here: Shop, order: Order, quantities: dict[str, int], source: str = "W1", target: str = "W2") -> Order:
    return move_reserved(
        order_id=order.pk,
        items=items_of(order, quantities),
        source_id=here.locations[source].pk,
        target_id=here.locations[target].pk,
        actor=STAFF,
    )


def held() -> list[tuple[str, str, int]]:
    rows = Reservation.objects.order_by("level__location__code", "level__item__sku")
    return list(rows.values_list("level__location__name", "level__item__sku", "quantity"))


def test_a_part_is_moved_then_the_rest_and_everybody_hears_of_it():
    here = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 3}})
    order = placed_order(here, {"LAMP": 3})

    move(here, order, {"LAMP": 1})
    after_one = (here.sra("LAMP"), here.sra("LAMP", "W2"), held())
    move(here, order, {"LAMP": 2})

    assert after_one == ((5, 2, 3), (3, 1, 2), [("W1", "LAMP", 2), ("W2", "LAMP", 1)])
    assert (here.sra("LAMP"), here.sra("LAMP", "W2"), held()) == ((5, 0, 5), (3, 3, 0), [("W2", "LAMP", 3)])
    rows = StockMovement.objects.filter(cause_id=order.pk).order_by("id").values_list("kind", "delta_reserved")
    assert sorted(rows) == [("release", -2), ("release", -1), ("reserve", 1), ("reserve", 2), ("reserve", 3)]
    assert recorded_events(order.pk) == ["order.placed", "order.updated", "order.updated"]
    told = OutboxEvent.objects.filter(name__startswith="reservation").order_by("id")
    assert [(event.name, event.data["quantity"]) for event in told] == [
        ("reservation.updated", 2),
        ("reservation.created", 1),
        ("reservation.released", 2),
        ("reservation.updated", 3),
    ]
    newest = order.timeline.first()
    assert newest.facts == {"act": "reservation.moved", "items": ["2 x LAMP"], "from": "W1", "to": "W2"}
    order.refresh_from_db()
    assert order.revision == 3


def test_all_that_the_other_location_lacks_is_told_and_nothing_moves():
    here = shop({"W1": {"LAMP": 5, "BULB": 5, "VASE": 5}, "W2": {"LAMP": 2, "VASE": 9}})
    order = placed_order(here, {"LAMP": 3, "BULB": 1, "VASE": 1})

    with nothing_moves(), pytest.raises(InsufficientStock) as refused:
        move(here, order, {"LAMP": 3, "BULB": 1, "VASE": 1})

    assert [(error.pointer, error.facts) for error in refused.value.errors] == [
        ("/items/0/quantity", {"sku": "LAMP", "requested": 3, "available": 2}),
        ("/items/1/quantity", {"sku": "BULB", "requested": 1, "available": 0}),
    ]


def test_a_kit_moves_with_all_that_it_consists_of():
    here = shop({"W1": {"LAMP": 6, "BULB": 3}, "W2": {"LAMP": 3, "BULB": 9}})
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    order = placed_order(here, {"GIFT": 3})

    with nothing_moves(), pytest.raises(InsufficientStock, match=r"GIFT: 2 asked, 1 available \(LAMP: 4 needed, 3"):
        move(here, order, {"GIFT": 2})
    move(here, order, {"GIFT": 1})

    assert held() == [("W1", "BULB", 2), ("W1", "LAMP", 4), ("W2", "BULB", 1), ("W2", "LAMP", 2)]


def test_no_more_is_moved_than_is_held_there():
    here = shop({"W1": {"LAMP": 2}, "W2": {"LAMP": 9}}, allow_backorder=True)
    order = placed_order(here, {"LAMP": 11})
    more = placed_order(here, {"LAMP": 4})

    with nothing_moves(), pytest.raises(MovesMoreThanHeld, match="LAMP: 3 asked to be moved, 2 held there"):
        move(here, order, {"LAMP": 3})
    with nothing_moves(), pytest.raises(MovesMoreThanHeld, match="4 asked to be moved, 0 held"):
        move(here, more, {"LAMP": 4})


def test_nowhere_nothing_and_a_closed_order_are_refused():
    here = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 5}})
    order, gone = placed_order(here, {"LAMP": 1}), placed_order(here, {"LAMP": 1})
    cancel_order(order_id=gone.pk, reason=CancelReason.OTHER, actor=STAFF)
    w1 = here.locations["W1"].pk

    with nothing_moves():
        with pytest.raises(InvalidInput, match="lies there already"):
            move(here, order, {"LAMP": 1}, target="W1")
        with pytest.raises(NotFound):
            move_reserved(order_id=order.pk, items=items_of(order), source_id=w1, target_id=new_id(), actor=STAFF)
        with pytest.raises(OrderNotOpen):
            move(here, gone, {"LAMP": 1})

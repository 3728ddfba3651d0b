"""What a revision does to the stock that an order holds, and to its place among those who wait."""

from __future__ import annotations

import pytest

from channels.services.selling import selling
from inventory.models import Reservation, StockMovement
from inventory.services import levels, promises
from inventory.services.adjustments import adjust_stock, set_safety_stock
from inventory.services.counts import apply_count, create_count
from inventory.services.kits import Part, set_components
from inventory.services.papers import Line
from inventory.services.verify import verify_stock
from oms.core import locks
from orders.models import Order
from orders.services.moving import move_reserved
from orders.services.placement import Options, Stock, place_order
from orders.services.revisions import revise_order
from tests.factories import InventoryItemFactory
from tests.scenarios import STAFF, Shop, items_of, kit, placed_order, request, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_add_up():
    yield
    promises.fill_everywhere()
    assert verify_stock().differences == []


def revise(here: Shop, order: Order, lines: dict[str, int], stock: Stock = Stock.RESERVE, **fields: object) -> Order:
    return revise_order(
        order_id=order.pk,
        request=request(lines, **fields),
        digest="later",
        selling=selling(here.channel.code),
        options=Options(stock=stock),
        actor=STAFF,
    )


def held(*orders: Order) -> list[list[tuple[str, str, int, int]]]:
    """Where each order holds, and waits for, how many of what."""
    found = []
    for order in orders:
        rows = Reservation.objects.filter(order_id=order.pk).order_by("level__location__code", "level__item__sku")
        found.append(list(rows.values_list("level__location__name", "level__item__sku", "quantity", "backordered")))
    return found


def bring(here: Shop, units: int, sku: str = "LAMP") -> None:
    adjust_stock(
        item_id=here.items[sku].pk,
        location_id=here.locations["W1"].pk,
        delta=units,
        reason="received",
        actor=STAFF,
    )


def test_a_revision_that_leaves_the_goods_alone_leaves_the_stock_alone():
    here = shop({"W1": {"LAMP": 2}, "W2": {"LAMP": 9}})
    order = placed_order(here, {"LAMP": 2})
    w1, w2 = here.locations["W1"].pk, here.locations["W2"].pk
    move_reserved(order_id=order.pk, items=items_of(order, {"LAMP": 1}), source_id=w1, target_id=w2, actor=STAFF)
    rows = list(Reservation.objects.order_by("pk").values()), StockMovement.objects.count()

    revise(here, order, {"LAMP": 2}, email="new@example.com")

    order.refresh_from_db()
    assert order.email == "new@example.com"
    assert (list(Reservation.objects.order_by("pk").values()), StockMovement.objects.count()) == rows


@pytest.mark.parametrize("units", [5, 4])
def test_what_an_order_holds_is_not_lost_to_those_who_wait(units):
    here = shop({"W1": {"LAMP": 5}}, allow_backorder=True)
    first, second = placed_order(here, {"LAMP": 5}), placed_order(here, {"LAMP": 3})

    revise(here, first, {"LAMP": units})
    promises.fill_everywhere()

    assert held(first, second) == [[("W1", "LAMP", units, 0)], [("W1", "LAMP", 5 - units, units - 2)]]


def test_what_an_order_asks_for_beyond_what_it_held_comes_after_those_who_wait():
    here = shop({"W1": {"LAMP": 4}}, allow_backorder=True)
    first, second, third = (placed_order(here, {"LAMP": 2}) for _ in range(3))

    revise(here, first, {"LAMP": 3})
    bring(here, 2)

    assert held(first, second, third) == [[("W1", "LAMP", 3, 0)], [("W1", "LAMP", 2, 0)], [("W1", "LAMP", 1, 1)]]


def test_what_an_order_holds_is_not_lost_to_a_safety_stock_that_was_set_since():
    here = shop({"W1": {"LAMP": 5}})
    order = placed_order(here, {"LAMP": 5})
    set_safety_stock(item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk, safety_stock=3, actor=STAFF)

    revise(here, order, {"LAMP": 4})

    assert held(order) == [[("W1", "LAMP", 4, 0)]]
    assert here.sra("LAMP") == (5, 4, -2)


def test_an_order_that_waits_keeps_its_place_when_it_is_revised():
    here = shop({"W1": {"LAMP": 0}}, allow_backorder=True)
    first, second = placed_order(here, {"LAMP": 2}), placed_order(here, {"LAMP": 2})

    revise(here, first, {"LAMP": 1})
    bring(here, 1)

    assert held(first, second) == [[("W1", "LAMP", 1, 0)], [("W1", "LAMP", 0, 2)]]


@pytest.mark.parametrize("stock", [Stock.RESERVE, Stock.SKIP])
@pytest.mark.parametrize("units", [3, 2])
def test_what_was_made_to_wait_goes_on_waiting_though_its_goods_may_not(stock, units):
    """Forced by an import, or missing after a count."""
    here = shop({"W1": {"LAMP": 1, "BULB": 3}})
    forced = place_order(
        request=request({"LAMP": 3}),
        selling=selling(here.channel.code),
        actor=STAFF,
        options=Options(stock=Stock.FORCE),
    )
    missing = placed_order(here, {"BULB": 3})
    line = [Line(here.items["BULB"].pk, 1)]
    counted = create_count(location_id=here.locations["W1"].pk, lines=line, actor=STAFF)
    apply_count(count_id=counted.pk, actor=STAFF)
    order = Order.objects.get(pk=forced.order_id)

    revise(here, order, {"LAMP": units}, stock)
    revise(here, missing, {"BULB": units}, stock)

    assert held(order, missing) == [[("W1", "LAMP", 1, units - 1)], [("W1", "BULB", 1, units - 1)]]


def test_kits_that_wait_keep_what_they_hold_and_their_place():
    here = shop({"W1": {"LAMP": 3, "BULB": 9}})
    here.items["LAMP"].allow_backorder = True
    here.items["LAMP"].save()
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    first, second = placed_order(here, {"GIFT": 2}), placed_order(here, {"GIFT": 1})

    revise(here, first, {"GIFT": 3})
    bring(here, 4)

    assert held(first, second) == [
        [("W1", "BULB", 3, 0), ("W1", "LAMP", 6, 0)],
        [("W1", "BULB", 1, 0), ("W1", "LAMP", 1, 1)],
    ]


def test_a_line_that_never_held_what_is_a_kit_by_now_holds_what_the_kit_consists_of():
    here = shop({"W1": {"LAMP": 0, "BULB": 5}})
    past = place_order(
        request=request({"LAMP": 2}),
        selling=selling(here.channel.code),
        actor=STAFF,
        options=Options(stock=Stock.SKIP),
    )
    order = Order.objects.get(pk=past.order_id)
    set_components(item_id=here.items["LAMP"].pk, components=[Part(here.items["BULB"].pk, 1)])

    revise(here, order, {"LAMP": 2}, Stock.FORCE)

    assert held(order) == [[("W1", "BULB", 2, 0)]]
    assert not here.items["LAMP"].levels.kept().exists()


def test_levels_to_wait_at_are_made_before_any_level_is_locked(monkeypatch):
    """Who makes one waits for whoever makes the same, and that one may be waiting for the levels held here."""
    here = shop({"W1": {"LAMP": 2}})
    InventoryItemFactory(sku="VASE", allow_backorder=True)
    order = placed_order(here, {"LAMP": 2})
    making, while_locked = levels.ensure, []

    def ensure(pairs):
        if pairs:
            while_locked.append(bool(locks.held_locks().get(locks.Rank.LEVEL)))
        making(pairs)

    monkeypatch.setattr(levels, "ensure", ensure)
    revise(here, order, {"LAMP": 2, "VASE": 1})

    assert while_locked == [False]
    assert held(order) == [[("W1", "LAMP", 2, 0), ("W1", "VASE", 0, 1)]]

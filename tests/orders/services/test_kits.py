"""A kit is sold as one thing, and held, packed and put back as what it consists of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from channels.services.selling import selling
from inventory.errors import InsufficientStock, KitHeldTogether
from inventory.models import Reservation, StockMovement
from inventory.services.adjustments import adjust_stock
from inventory.services.kits import Part, set_components
from inventory.services.manual_reservations import create_reservation, delete_reservation, update_reservation
from inventory.services.verify import verify_stock
from orders.enums import CancelReason
from orders.errors import HoldsMoreThanOrdered, ReservesOtherGoods
from orders.models import Order
from orders.requests import LineRequest
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import cancel_fulfillment, create_fulfillment, proposals
from orders.services.placement import Options, Stock, place_orders
from tests.channels.importing import bring_in, ndjson_file, order, retail
from tests.scenarios import STAFF, Shop, items_of, kit, nothing_moves, place, placed_order, request, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_add_up():
    yield
    assert verify_stock().differences == []


def held(order: Order) -> list[tuple[str, str, int, int]]:
    rows = Reservation.objects.filter(order_id=order.pk).order_by("level__location__code", "level__item__sku")
    return list(rows.values_list("level__location__name", "level__item__sku", "quantity", "backordered"))


def pack(here: Shop, sold: Order, quantities: dict[str, int] | None = None, location: str | None = "W1"):
    return create_fulfillment(
        order_id=sold.pk,
        items=items_of(sold, quantities),
        location_id=here.locations[location].pk if location else None,
        actor=STAFF,
    )


def test_selling_a_kit_holds_its_components_and_packing_takes_one_kits_worth():
    here = shop({"W1": {"LAMP": 10, "BULB": 5}})
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})

    sold = placed_order(here, {"GIFT": 3})
    as_sold = (here.sra("LAMP"), here.sra("BULB"), held(sold))
    first = pack(here, sold, {"GIFT": 1})
    after_one = (here.sra("LAMP"), here.sra("BULB"), held(sold))
    cancel_fulfillment(order_id=sold.pk, fulfillment_id=first.pk, actor=STAFF)
    after_unpacking = (here.sra("LAMP"), here.sra("BULB"), held(sold))
    cancel_order(order_id=sold.pk, reason=CancelReason.CUSTOMER, actor=STAFF)

    assert as_sold == ((10, 6, 4), (5, 3, 2), [("W1", "BULB", 3, 0), ("W1", "LAMP", 6, 0)])
    assert after_one == ((8, 4, 4), (4, 2, 2), [("W1", "BULB", 2, 0), ("W1", "LAMP", 4, 0)])
    assert after_unpacking == as_sold
    assert (here.sra("LAMP"), here.sra("BULB"), held(sold)) == ((10, 0, 10), (5, 0, 5), [])


def test_a_shortage_of_a_kit_names_what_was_asked_and_what_its_components_have():
    here = shop({"W1": {"LAMP": 5, "BULB": 9, "VASE": 0}})
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})

    with nothing_moves(), pytest.raises(InsufficientStock) as refused:
        place(here, {"GIFT": 3, "VASE": 1})

    first, second = refused.value.errors
    assert (first.pointer, first.code, first.facts) == (
        "/items/0/quantity",
        "insufficient_stock",
        {
            "sku": "GIFT",
            "requested": 3,
            "available": 2,
            "why": "LAMP: 6 needed, 5 there",
            "components": [
                {"sku": "LAMP", "requested": 6, "available": 5},
                {"sku": "BULB", "requested": 3, "available": 9},
            ],
        },
    )
    assert (second.pointer, second.facts) == ("/items/1/quantity", {"sku": "VASE", "requested": 1, "available": 0})
    assert str(refused.value).startswith(
        "Not enough stock for GIFT: 3 asked, 2 available (LAMP: 6 needed, 5 there). Not enough stock for VASE"
    )


def test_kits_and_lines_that_share_an_item_are_summed_before_the_check():
    here = shop({"W1": {"LAMP": 4, "BULB": 9, "VASE": 9}})
    kit(here, "GIFT", {"LAMP": 1, "BULB": 1})
    kit(here, "SET", {"LAMP": 2, "VASE": 1})

    with nothing_moves(), pytest.raises(InsufficientStock, match="LAMP: 5 asked, 4 available"):
        place(here, {"GIFT": 1, "SET": 1, "LAMP": 2})
    with nothing_moves(), pytest.raises(InsufficientStock, match=r"SET: 2 asked, 1 available \(LAMP: 5 needed"):
        place(here, {"GIFT": 1, "SET": 2})
    sold = placed_order(here, {"GIFT": 1, "SET": 1, "LAMP": 1})

    assert (here.sra("LAMP"), here.sra("BULB"), here.sra("VASE")) == ((4, 4, 0), (9, 1, 8), (9, 1, 8))
    by_line = {
        line.sku: sorted(Reservation.objects.filter(line_id=line.pk).values_list("level__item__sku", "quantity"))
        for line in sold.lines.all()
    }
    assert by_line == {"GIFT": [("BULB", 1), ("LAMP", 1)], "SET": [("LAMP", 2), ("VASE", 1)], "LAMP": [("LAMP", 1)]}


def test_two_lines_of_the_same_kit_are_summed_and_hold_each_their_own():
    here = shop({"W1": {"LAMP": 3}})
    kit(here, "GIFT", {"LAMP": 1})
    lines = [LineRequest(sku="GIFT", quantity=units, unit_price=Decimal(10)) for units in (2, 2)]

    with nothing_moves(), pytest.raises(InsufficientStock, match="GIFT: 4 asked, 3 available"):
        place(here, lines)
    sold = placed_order(here, [*lines[:1], LineRequest(sku="GIFT", quantity=1, unit_price=Decimal(8))])

    assert sorted(Reservation.objects.values_list("quantity", flat=True)) == [1, 2]
    assert [line.quantity for line in sold.lines.all()] == [2, 1]


def test_a_line_of_kits_is_split_over_locations_by_whole_kits():
    here = shop({"W1": {"LAMP": 1, "BULB": 5}, "W2": {"LAMP": 5, "BULB": 1}})
    kit(here, "GIFT", {"LAMP": 1, "BULB": 1})

    sold = placed_order(here, {"GIFT": 2})

    offered = proposals(sold, list(sold.lines.all()))
    assert held(sold) == [("W1", "BULB", 1, 0), ("W1", "LAMP", 1, 0), ("W2", "BULB", 1, 0), ("W2", "LAMP", 1, 0)]
    assert [(each.location_id, [item.quantity for item in each.items]) for each in offered] == [
        (here.locations["W1"].pk, [1]),
        (here.locations["W2"].pk, [1]),
    ]
    with nothing_moves(), pytest.raises(InsufficientStock, match=r"no location has all"):
        place(here, {"GIFT": 1})
    pack(here, sold, {"GIFT": 1}, location=None)
    pack(here, sold, location=None)
    assert (here.sra("LAMP", "W1"), here.sra("LAMP", "W2")) == ((0, 0, 0), (4, 0, 4))


def test_packing_kits_elsewhere_is_refused_with_what_the_components_lack():
    here = shop({"W1": {"LAMP": 4, "BULB": 4}, "W2": {"LAMP": 3, "BULB": 9}})
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    sold = placed_order(here, {"GIFT": 2})

    with nothing_moves(), pytest.raises(InsufficientStock, match=r"GIFT: 2 asked, 1 available \(LAMP: 4 needed, 3"):
        pack(here, sold, location="W2")
    pack(here, sold, {"GIFT": 1}, location="W2")

    assert (here.sra("LAMP", "W1"), here.sra("LAMP", "W2"), here.sra("BULB", "W2")) == ((4, 2, 2), (1, 0, 1), (8, 0, 8))
    assert held(sold) == [("W1", "BULB", 1, 0), ("W1", "LAMP", 2, 0)]


def test_an_order_keeps_the_recipe_it_was_placed_with():
    here = shop({"W1": {"LAMP": 9, "BULB": 9}})
    gift = kit(here, "GIFT", {"LAMP": 2})
    before = placed_order(here, {"GIFT": 2})
    set_components(item_id=gift.pk, components=[Part(here.items["BULB"].pk, 1)])
    after = placed_order(here, {"GIFT": 2})

    packed = pack(here, before, {"GIFT": 1})
    cancel_fulfillment(order_id=before.pk, fulfillment_id=packed.pk, actor=STAFF)
    set_components(item_id=gift.pk, components=[])
    pack(here, before)
    pack(here, after, {"GIFT": 1})

    assert held(after) == [("W1", "BULB", 1, 0)]
    assert (here.sra("LAMP"), here.sra("BULB")) == ((5, 0, 5), (8, 1, 7))
    consumed = (
        StockMovement.objects.filter(kind="consume")
        .order_by("id")
        .values_list("level__item__sku", "delta_on_hand", "delta_reserved")
    )
    assert list(consumed) == [("LAMP", -2, -2), ("LAMP", -4, -4), ("BULB", -1, -1)]


def test_a_kit_waits_where_its_components_may_wait():
    here = shop({"W1": {"LAMP": 3, "BULB": 1}})
    here.items["BULB"].allow_backorder = True
    here.items["BULB"].save()
    kit(here, "GIFT", {"LAMP": 1, "BULB": 1})

    sold = placed_order(here, {"GIFT": 3})
    with nothing_moves(), pytest.raises(InsufficientStock, match="GIFT: 1 asked, 0 available"):
        place(here, {"GIFT": 1})
    as_sold = held(sold)
    with nothing_moves(), pytest.raises(InsufficientStock, match="BULB: 3 needed, 1 there"):
        pack(here, sold)
    adjust_stock(
        item_id=here.items["BULB"].pk, location_id=here.locations["W1"].pk, delta=4, reason="received", actor=STAFF
    )
    pack(here, sold)

    assert as_sold == [("W1", "BULB", 1, 2), ("W1", "LAMP", 3, 0)]
    assert (here.sra("LAMP"), here.sra("BULB"), here.level("BULB").backordered) == ((0, 0, 0), (2, 0, 2), 0)


def test_many_orders_of_kits_are_placed_like_one():
    here = shop({"W1": {"LAMP": 5, "BULB": 5}})
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    wanted = [{"GIFT": 1}, {"GIFT": 2, "BULB": 1}, {"GIFT": 1}, {"LAMP": 1}]

    placed = place_orders(
        requests=[request(lines) for lines in wanted],
        selling=selling(here.channel.code),
        actor=STAFF,
        options=Options(stock=Stock.RESERVE, copy=True),
    )

    assert [each.refusal.code if each.refusal else "" for each in placed] == ["", "insufficient_stock", "", ""]
    assert (here.sra("LAMP"), here.sra("BULB")) == ((5, 5, 0), (5, 2, 3))


def test_units_are_reserved_by_hand_for_the_components_of_a_kits_line():
    here = shop({"W1": {"LAMP": 9, "BULB": 9}})
    kit(here, "GIFT", {"LAMP": 2})
    sold = placed_order(here, {"GIFT": 2})
    line, place_id = sold.lines.get(), here.locations["W1"].pk
    delete_reservation(reservation_id=Reservation.objects.get().pk, actor=STAFF)
    mine = {"location_id": place_id, "line_id": line.pk, "actor": STAFF}

    with nothing_moves(), pytest.raises(ReservesOtherGoods):
        create_reservation(item_id=here.items["BULB"].pk, quantity=1, **mine)
    with nothing_moves(), pytest.raises(HoldsMoreThanOrdered, match="LAMP: 5 would be reserved, 4 still"):
        create_reservation(item_id=here.items["LAMP"].pk, quantity=5, **mine)
    create_reservation(item_id=here.items["LAMP"].pk, quantity=4, **mine)

    assert held(sold) == [("W1", "LAMP", 4, 0)]


def test_a_component_is_not_moved_away_from_the_rest_of_its_kit():
    here = shop({"W1": {"LAMP": 1, "BULB": 2}, "W2": {"LAMP": 1, "BULB": 2}})
    kit(here, "GIFT", {"LAMP": 1, "BULB": 2})
    sold = placed_order(here, {"GIFT": 1})
    lamp = Reservation.objects.get(level__item__sku="LAMP")
    there = here.locations["W2"].pk

    with nothing_moves(), pytest.raises(KitHeldTogether, match=r"LAMP is held for a kit.* only this part .* at W2"):
        update_reservation(reservation_id=lamp.pk, location_id=there, actor=STAFF)
    assert held(sold) == [("W1", "BULB", 2, 0), ("W1", "LAMP", 1, 0)]


def test_a_component_that_was_reserved_apart_from_its_kit_is_moved_back_to_it():
    here = shop({"W1": {"LAMP": 1, "BULB": 2}, "W2": {"LAMP": 1}})
    kit(here, "GIFT", {"LAMP": 1, "BULB": 2})
    sold = placed_order(here, {"GIFT": 1})
    delete_reservation(reservation_id=Reservation.objects.get(level__item__sku="LAMP").pk, actor=STAFF)
    apart = create_reservation(
        item_id=here.items["LAMP"].pk,
        location_id=here.locations["W2"].pk,
        quantity=1,
        line_id=sold.lines.get().pk,
        actor=STAFF,
    )

    update_reservation(reservation_id=apart.pk, location_id=here.locations["W1"].pk, actor=STAFF)

    assert held(sold) == [("W1", "BULB", 2, 0), ("W1", "LAMP", 1, 0)]


def test_a_revision_of_an_imported_order_keeps_the_recipe_of_lines_that_stay(tmp_path):
    here = shop({"W1": {"LAMP": 9, "BULB": 9}})
    retail(locations=here.locations.values())
    gift = kit(here, "GIFT", {"LAMP": 2})
    bring = {"stock": "update"}
    line = {"sku": "GIFT", "unit_price": "10"}
    bring_in(ndjson_file(tmp_path / "1.ndjson", order("1", items=[line | {"quantity": 1}])), **bring)
    sold = Order.objects.get()
    as_sold = held(sold)
    set_components(item_id=gift.pk, components=[Part(here.items["BULB"].pk, 1)])

    code, answer = bring_in(
        ndjson_file(
            tmp_path / "2.ndjson", order("1", items=[line | {"quantity": 2}, line | {"quantity": 1, "unit_price": "9"}])
        ),
        **bring,
    )

    assert as_sold == [("W1", "LAMP", 2, 0)]
    assert (code, answer["revised"]) == (0, 1)
    assert held(sold) == [("W1", "BULB", 1, 0), ("W1", "LAMP", 4, 0)]

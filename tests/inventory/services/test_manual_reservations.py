from __future__ import annotations

from decimal import Decimal

import pytest

from inventory import holdings, providers
from inventory.errors import AlreadyReserved, NotStocked, ReservationExceedsStock
from inventory.models import Reservation, StockMovement
from inventory.services.adjustments import adjust_stock
from inventory.services.manual_reservations import create_reservation, delete_reservation, update_reservation
from inventory.services.verify import verify_stock
from oms.core import ids
from oms.core.errors import InvalidInput, NotFound
from oms.core.models import OutboxEvent
from orders.enums import CancelReason
from orders.errors import HoldsMoreThanOrdered, LineNotStocked, NotThisOrders, OrderNotOpen, ReservesOtherGoods
from orders.requests import LineRequest
from orders.services.cancellation import cancel_order
from tests.factories import InventoryItemFactory
from tests.scenarios import STAFF, Shop, nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


def reserve(here: Shop, quantity: int, *, sku: str = "LAMP", location: str = "W1", **fields: object) -> Reservation:
    return create_reservation(
        item_id=here.items[sku].pk,
        location_id=here.locations[location].pk,
        quantity=quantity,
        actor=STAFF,
        **fields,
    )


def test_a_reservation_is_made_raised_and_deleted():
    here = shop({"W1": {"LAMP": 100}})

    held = reserve(here, 1, description="set aside")
    after_one = here.sra("LAMP")
    update_reservation(reservation_id=held.pk, quantity=3, actor=STAFF)
    after_three = here.sra("LAMP")
    with pytest.raises(ReservationExceedsStock, match="100000 asked, 100 available"):
        update_reservation(reservation_id=held.pk, quantity=100_000, actor=STAFF)
    after_refusal = here.sra("LAMP")
    delete_reservation(reservation_id=held.pk, actor=STAFF)

    assert (after_one, after_three, after_refusal) == ((100, 1, 99), (100, 3, 97), (100, 3, 97))
    assert here.sra("LAMP") == (100, 0, 100)
    assert recorded_events() == ["reservation.created", "reservation.updated", "reservation.released"]
    ledger = StockMovement.objects.filter(seq__gt=1).order_by("seq").values_list("kind", "delta_reserved", "cause")
    assert list(ledger) == [
        ("reserve", 1, "reservation"),
        ("reserve", 2, "reservation"),
        ("release", -3, "reservation"),
    ]
    assert verify_stock().differences == []
    with pytest.raises(NotFound):
        delete_reservation(reservation_id=held.pk, actor=STAFF)


def test_the_news_of_a_reservation_stands_in_the_stream_of_its_level():
    here = shop({"W1": {"LAMP": 5}})

    held = reserve(here, 2)

    (event,) = OutboxEvent.objects.all()
    assert (event.stream, event.sequence) == (here.level("LAMP").pk, 2)
    assert event.data == {
        "reservation_id": held.public_id,
        "item_id": here.items["LAMP"].public_id,
        "location_id": here.locations["W1"].public_id,
        "sku": "LAMP",
        "quantity": 2,
        "order_id": None,
    }


def test_what_is_reserved_follows_when_a_reservation_moves():
    here = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 3}, "W3": {"LAMP": 1}})
    held = reserve(here, 2)

    update_reservation(reservation_id=held.pk, location_id=here.locations["W2"].pk, quantity=3, actor=STAFF)
    with pytest.raises(ReservationExceedsStock, match="3 asked, 1 available"):
        update_reservation(reservation_id=held.pk, location_id=here.locations["W3"].pk, actor=STAFF)

    assert (here.sra("LAMP", "W1"), here.sra("LAMP", "W2")) == ((5, 0, 5), (3, 3, 0))
    assert here.sra("LAMP", "W3") == (1, 0, 1)
    assert OutboxEvent.objects.order_by("id").last().data["changed"] == ["quantity", "location"]
    assert verify_stock().differences == []


def test_a_reservation_may_be_lowered_where_stock_is_short():
    here = shop({"W1": {"LAMP": 3}})
    held = reserve(here, 3)

    lowered = update_reservation(reservation_id=held.pk, quantity=1, description="less", actor=STAFF)

    assert (lowered.quantity, lowered.description) == (1, "less")
    assert here.sra("LAMP") == (3, 1, 2)


def test_the_same_again_changes_nothing():
    here = shop({"W1": {"LAMP": 3}})
    held = reserve(here, 3, description="aside")

    update_reservation(
        reservation_id=held.pk,
        quantity=3,
        description="aside",
        location_id=here.locations["W1"].pk,
        actor=STAFF,
    )

    assert here.level("LAMP").ledger_seq == 2
    assert recorded_events() == ["reservation.created"]


@pytest.mark.parametrize("quantity", [0, -1, 2**31])
def test_a_quantity_that_cannot_be_is_refused(quantity):
    here = shop({"W1": {"LAMP": 3}})

    with pytest.raises(InvalidInput, match="cannot be reserved"):
        reserve(here, quantity)

    assert here.sra("LAMP") == (3, 0, 3)


def test_more_than_is_free_is_refused_and_nothing_moves():
    here = shop({"W1": {"LAMP": 5}})
    reserve(here, 3)

    with pytest.raises(ReservationExceedsStock, match="3 asked, 2 available") as refused:
        reserve(here, 3)

    assert (refused.value.code, refused.value.type) == ("insufficient_stock", "not_allowed")
    assert here.sra("LAMP") == (5, 3, 2)
    assert Reservation.objects.count() == 1


def test_what_is_not_stocked_is_not_reserved():
    here = shop({"W1": {"GIFT": 0}}, is_stocked=False)

    with pytest.raises(NotStocked):
        reserve(here, 1, sku="GIFT")


def test_an_order_hears_of_the_reservations_of_its_lines():
    here = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 5}})
    order = placed_order(here, {"LAMP": 2})
    held = Reservation.objects.get(order_id=order.pk)

    update_reservation(reservation_id=held.pk, location_id=here.locations["W2"].pk, actor=STAFF)
    delete_reservation(reservation_id=held.pk, actor=STAFF)
    again = reserve(here, 2, order_id=order.pk, line_id=order.lines.get().pk)

    revision = order.revision
    order.refresh_from_db()
    assert order.revision == revision + 3
    assert recorded_events(order.pk) == ["order.placed"] + ["order.updated"] * 3
    acts = order.timeline.order_by("occurred_at").values_list("facts__act", flat=True)
    assert list(acts)[1:] == ["reservation.updated", "reservation.released", "reservation.created"]
    assert (here.sra("LAMP", "W1"), here.sra("LAMP", "W2")) == ((5, 2, 3), (5, 0, 5))
    assert (again.order_id, again.level.location.name) == (order.pk, "W1")
    assert verify_stock().differences == []


def test_a_line_holds_no_more_than_is_still_to_be_packed():
    here = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 5}})
    order = placed_order(here, {"LAMP": 2})
    line = order.lines.get()
    held = Reservation.objects.get(order_id=order.pk)

    with pytest.raises(HoldsMoreThanOrdered, match="LAMP: 3 would be reserved, 2 still to be fulfilled"):
        reserve(here, 1, location="W2", order_id=order.pk, line_id=line.pk)
    with pytest.raises(HoldsMoreThanOrdered):
        update_reservation(reservation_id=held.pk, quantity=3, actor=STAFF)
    with pytest.raises(AlreadyReserved):
        reserve(here, 1, order_id=order.pk, line_id=line.pk)

    assert (here.sra("LAMP", "W1"), here.sra("LAMP", "W2")) == ((5, 2, 3), (5, 0, 5))
    assert recorded_events(order.pk) == ["order.placed"]


def test_a_canceled_order_holds_nothing_more():
    here = shop({"W1": {"LAMP": 5}})
    order = placed_order(here, {"LAMP": 2})
    cancel_order(order_id=order.pk, reason=CancelReason.CUSTOMER, actor=STAFF)

    with pytest.raises(OrderNotOpen):
        reserve(here, 1, order_id=order.pk, line_id=order.lines.get().pk)
    with pytest.raises(OrderNotOpen):
        reserve(here, 1, line_id=order.lines.get().pk)

    assert here.sra("LAMP") == (5, 0, 5)


def test_a_line_says_itself_whose_it_is():
    here = shop({"W1": {"LAMP": 5}})
    order = placed_order(here, {"LAMP": 2})
    delete_reservation(reservation_id=Reservation.objects.get().pk, actor=STAFF)

    held = reserve(here, 2, line_id=order.lines.get().pk)

    assert (held.order_id, here.sra("LAMP")) == (order.pk, (5, 2, 3))
    assert recorded_events(order.pk) == ["order.placed", "order.updated", "order.updated"]


def test_nothing_is_reserved_for_an_order_or_a_line_that_is_not_there():
    here = shop({"W1": {"LAMP": 5}})
    order, other = placed_order(here, {"LAMP": 2}), placed_order(here, {"LAMP": 1})

    with nothing_moves(), pytest.raises(NotFound, match="order line"):
        reserve(here, 1, line_id=ids.new_id())
    with nothing_moves(), pytest.raises(NotFound, match="order"):
        reserve(here, 1, order_id=ids.new_id(), line_id=order.lines.get().pk)
    with nothing_moves(), pytest.raises(NotThisOrders) as refused:
        reserve(here, 1, order_id=order.pk, line_id=other.lines.get().pk)

    assert [error.pointer for error in refused.value.errors] == ["/line_id"]


def test_an_order_holds_by_its_lines_alone():
    here = shop({"W1": {"LAMP": 5}})
    order = placed_order(here, {"LAMP": 2})

    with nothing_moves(), pytest.raises(InvalidInput, match="for which of its lines") as refused:
        reserve(here, 1, order_id=order.pk)

    assert [error.pointer for error in refused.value.errors] == ["/line_id"]


def test_a_line_holds_its_own_goods_alone():
    here = shop({"W1": {"LAMP": 5, "BULB": 5}})
    order = placed_order(here, {"LAMP": 2})
    line = order.lines.get()
    delete_reservation(reservation_id=Reservation.objects.get().pk, actor=STAFF)

    with nothing_moves(), pytest.raises(ReservesOtherGoods, match="This line is of LAMP") as refused:
        reserve(here, 2, sku="BULB", order_id=order.pk, line_id=line.pk)

    assert [(error.pointer, error.facts) for error in refused.value.errors] == [("/item_id", {"sku": "LAMP"})]


def test_fees_and_what_is_not_stocked_hold_nothing():
    here = shop({"W1": {"LAMP": 5}})
    InventoryItemFactory(sku="MANUAL", is_stocked=False)
    lines = [
        LineRequest(sku="MANUAL", quantity=1, unit_price=Decimal(1)),
        LineRequest(title="Handling", quantity=1, unit_price=Decimal(1), kind="fee"),
    ]
    order = placed_order(here, lines)

    for line in order.lines.all():
        with nothing_moves(), pytest.raises(LineNotStocked, match=line.sku or line.title) as refused:
            reserve(here, 1, order_id=order.pk, line_id=line.pk)
        assert [error.pointer for error in refused.value.errors] == ["/line_id"]


def test_what_a_line_holds_at_a_location_is_counted_whole():
    here = shop({"W1": {"LAMP": 5, "BULB": 5}})
    order = placed_order(here, {"LAMP": 2})
    line = order.lines.get()
    Reservation.objects.create(level=here.level("BULB"), quantity=3, order_id=order.pk, line_id=line.pk)

    assert holdings.by_line(providers.current().holds(order.pk)) == {line.pk: {here.locations["W1"].pk: 5}}


def test_what_waits_for_a_line_counts_among_what_is_set_aside_for_it():
    """When its goods came it would hold more than is to be packed, for ever."""
    here = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 0}}, allow_backorder=True)
    order = placed_order(here, {"LAMP": 3})
    adjust_stock(
        item_id=here.items["LAMP"].pk, location_id=here.locations["W2"].pk, delta=5, reason="found", actor=STAFF
    )

    with nothing_moves(), pytest.raises(HoldsMoreThanOrdered, match="LAMP: 5 would be reserved, 3 still"):
        reserve(here, 2, location="W2", line_id=order.lines.get().pk)
    delete_reservation(reservation_id=Reservation.objects.get().pk, actor=STAFF)
    reserve(here, 3, location="W2", line_id=order.lines.get().pk)

    assert (here.sra("LAMP"), here.sra("LAMP", "W2")) == ((1, 0, 1), (5, 3, 2))

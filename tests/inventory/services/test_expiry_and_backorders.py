"""What was set aside for a time and waits, or lies in the way of those who wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.errors import InsufficientStock, ReservationExceedsStock
from inventory.models import Reservation, StockShortage
from inventory.services import promises
from inventory.services.adjustments import adjust_stock
from inventory.services.cleaning import release_all_expired
from inventory.services.counts import apply_count, create_count
from inventory.services.manual_reservations import create_reservation, update_reservation
from inventory.services.papers import Line
from inventory.services.transfers import create_transfer, send_transfer
from inventory.services.verify import verify_stock
from orders.enums import CancelReason
from orders.models import Order
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import create_fulfillment
from orders.services.moving import move_reserved
from tests.scenarios import STAFF, Shop, items_of, nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_add_up():
    yield
    assert verify_stock().differences == []


def aside(here: Shop, quantity: int, location: str = "W1", **fields: object) -> Reservation:
    return create_reservation(
        item_id=here.items["LAMP"].pk,
        location_id=here.locations[location].pk,
        quantity=quantity,
        actor=STAFF,
        **fields,
    )


def for_an_hour(here: Shop, quantity: int) -> Reservation:
    return aside(here, quantity, expires_at=timezone.now() + timedelta(hours=1))


def the_hour_is_over() -> None:
    Reservation.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now() - timedelta(hours=1))


def bring(here: Shop, units: int, location: str = "W1") -> None:
    adjust_stock(
        item_id=here.items["LAMP"].pk,
        location_id=here.locations[location].pk,
        delta=units,
        reason="received",
        actor=STAFF,
    )


def count(here: Shop, units: int) -> None:
    lines = [Line(here.items["LAMP"].pk, units)]
    made = create_count(location_id=here.locations["W1"].pk, lines=lines, actor=STAFF)
    apply_count(count_id=made.pk, actor=STAFF)


def held(*orders: Order) -> list[tuple[int, int] | None]:
    rows = {row.order_id: (row.quantity, row.backordered) for row in Reservation.objects.all()}
    return [rows.get(order.pk) for order in orders]


@pytest.mark.parametrize("left", [1, 0])
@pytest.mark.parametrize("cleaned", [True, False])
def test_what_has_expired_while_it_waited_is_given_nothing(left, cleaned):
    here = shop({"W1": {"LAMP": 3}})
    for_an_hour(here, 3)
    count(here, left)
    waited = Reservation.objects.values_list("quantity", "backordered").get()
    the_hour_is_over()

    if cleaned:
        release_all_expired()
        assert not Reservation.objects.exists()
    bring(here, 5)

    assert waited == (left, 3 - left)
    assert not Reservation.objects.exists()
    assert (here.sra("LAMP"), here.level("LAMP").backordered) == ((left + 5, 0, left + 5), 0)
    assert "inventory.backorder_filled" not in recorded_events()


def test_what_expires_goes_to_who_waits_right_after(django_capture_on_commit_callbacks):
    here = shop({"W1": {"LAMP": 3}}, allow_backorder=True)
    for_an_hour(here, 3)
    first, second = placed_order(here, {"LAMP": 2}), placed_order(here, {"LAMP": 2})
    the_hour_is_over()

    with django_capture_on_commit_callbacks(execute=True):
        release_all_expired()

    assert held(first, second) == [(2, 0), (1, 1)]


def test_a_count_below_what_has_expired_takes_nothing_back():
    here = shop({"W1": {"LAMP": 5}})
    order = placed_order(here, {"LAMP": 2})
    for_an_hour(here, 3)
    the_hour_is_over()

    count(here, 2)

    assert held(order) == [(2, 0)]
    assert not StockShortage.objects.exists()


@pytest.mark.parametrize("freed_by", ["expiry", "cancellation"])
def test_what_is_free_for_a_moment_while_others_wait_is_theirs(freed_by):
    """Whoever comes before it is handed on is refused: by hand, by transfer, by packing or moving."""
    here = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 1}}, allow_backorder=True)
    before = for_an_hour(here, 1) if freed_by == "expiry" else placed_order(here, {"LAMP": 1})
    w1, w2 = here.locations["W1"].pk, here.locations["W2"].pk
    elsewhere, waits = placed_order(here, {"LAMP": 1}), placed_order(here, {"LAMP": 1})
    bring(here, 1, "W2")
    loose = aside(here, 1, "W2")
    transfer = create_transfer(source_id=w1, target_id=w2, lines=[Line(here.items["LAMP"].pk, 1)], actor=STAFF)
    if isinstance(before, Order):
        cancel_order(order_id=before.pk, reason=CancelReason.OTHER, actor=STAFF)
    else:
        the_hour_is_over()

    with nothing_moves():
        with pytest.raises(ReservationExceedsStock, match="1 asked, 0 available"):
            aside(here, 1)
        with pytest.raises(ReservationExceedsStock, match="1 asked, 0 available"):
            update_reservation(reservation_id=loose.pk, location_id=w1, actor=STAFF)
        with pytest.raises(InsufficientStock, match="1 asked, 0 available"):
            send_transfer(transfer_id=transfer.pk, actor=STAFF)
        with pytest.raises(InsufficientStock, match="1 asked, 0 available"):
            create_fulfillment(order_id=elsewhere.pk, items=items_of(elsewhere), location_id=w1, actor=STAFF)
        with pytest.raises(InsufficientStock, match="1 asked, 0 available"):
            move_reserved(order_id=elsewhere.pk, items=items_of(elsewhere), source_id=w2, target_id=w1, actor=STAFF)
    create_fulfillment(order_id=waits.pk, items=items_of(waits), location_id=w1, actor=STAFF)

    assert here.sra("LAMP") == (0, 0, 0)
    assert held(elsewhere, waits) == [(1, 0), None]


def test_many_who_wait_are_filled_one_transaction_after_the_other(monkeypatch, django_capture_on_commit_callbacks):
    """Not one within the other, which would end at Python's deepest stack."""
    monkeypatch.setattr(promises, "BATCH", 2)
    here = shop({"W1": {"LAMP": 0}}, allow_backorder=True)
    orders = [placed_order(here, {"LAMP": 1}) for _ in range(7)]
    real, depth, deepest = promises.fill, [0], [0]

    def fill(*given, **named):
        depth[0] += 1
        deepest[0] = max(deepest[0], depth[0])
        with django_capture_on_commit_callbacks(execute=True):
            real(*given, **named)
        depth[0] -= 1

    monkeypatch.setattr(promises, "fill", fill)
    with django_capture_on_commit_callbacks(execute=True):
        bring(here, 7)

    assert held(*orders) == [(1, 0)] * 7
    assert deepest == [1]


def test_the_goods_of_many_who_wait_for_nobodys_order_come_in_as_few_statements_as_for_one():
    here = shop({"W1": {"LAMP": 12}})
    for _ in range(12):
        aside(here, 1)
    count(here, 0)

    counts = []
    for units in (1, 11):
        with CaptureQueriesContext(connection) as captured:
            bring(here, units)
        counts.append(len(captured))

    assert counts[0] == counts[1]
    assert recorded_events().count("inventory.backorder_filled") == 12

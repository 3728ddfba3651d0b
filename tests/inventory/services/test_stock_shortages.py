"""Staff look for goods only as long as somebody waits for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import Reservation, StockShortage
from inventory.services.counts import apply_count, create_count
from inventory.services.expiry import release_expired
from inventory.services.manual_reservations import create_reservation, delete_reservation
from inventory.services.papers import Line
from oms.core.transactions import atomic
from orders.enums import CancelReason
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import create_fulfillment
from tests.scenarios import STAFF, items_of, placed_order, shop

pytestmark = pytest.mark.django_db


def lose(here, left=0, sku="LAMP"):
    """A count finds so many of them in W1."""
    lines = [Line(here.items[sku].pk, left)]
    apply_count(count_id=create_count(location_id=here.locations["W1"].pk, lines=lines, actor=STAFF).pk, actor=STAFF)


def still_open():
    return list(StockShortage.objects.filter(settled_at=None).values_list("order_id", flat=True))


def test_canceling_an_order_closes_its_shortages_and_no_others():
    here = shop({"W1": {"LAMP": 2, "MUG": 2}})
    canceled, other = (placed_order(here, {"LAMP": 1, "MUG": 1}) for _ in range(2))
    lose(here)
    lose(here, sku="MUG")

    cancel_order(order_id=canceled.pk, reason=CancelReason.STOCK, actor=STAFF)

    assert still_open() == [other.pk, other.pk]
    assert [row.settled_by["label"] for row in StockShortage.objects.filter(order_id=canceled.pk)] == ["clerk"] * 2


def test_packing_it_elsewhere_closes_the_shortage():
    here = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 1}})
    order = placed_order(here, {"LAMP": 1})
    lose(here)

    create_fulfillment(order_id=order.pk, items=items_of(order), location_id=here.locations["W2"].pk, actor=STAFF)

    assert still_open() == []


def test_letting_go_of_what_waits_by_hand_closes_the_shortage():
    here = shop({"W1": {"LAMP": 1}})
    placed_order(here, {"LAMP": 1})
    lose(here)

    delete_reservation(reservation_id=Reservation.objects.get().pk, actor=STAFF)

    assert still_open() == []


def test_what_was_set_aside_for_a_time_and_is_over_closes_the_shortage():
    here = shop({"W1": {"LAMP": 1}})
    level = here.level("LAMP")
    create_reservation(item_id=level.item_id, location_id=level.location_id, quantity=1, actor=STAFF)
    lose(here)
    Reservation.objects.update(expires_at=timezone.now() - timedelta(hours=1))

    with atomic():
        release_expired([level.pk])

    assert still_open() == []

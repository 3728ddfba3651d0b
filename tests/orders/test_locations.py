"""The stock locations that an order concerns, and the channels that know a customer, are known at once."""

from __future__ import annotations

from importlib import import_module
from uuid import UUID

import pytest
from django.db import connection

from channels.services.selling import selling
from fulfillment.models import Fulfillment
from inventory.models import Reservation
from inventory.services.adjustments import adjust_stock
from inventory.services.manual_reservations import create_reservation, update_reservation
from orders.enums import CancelReason
from orders.models import Customer, CustomerChannel, Order, OrderLocation
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import cancel_fulfillment, create_fulfillment
from orders.services.moving import move_reserved
from orders.services.placement import Options, Stock
from orders.services.revisions import revise_order
from tests.channels.importing import bring_in, retail_file, row
from tests.scenarios import STAFF, Shop, items_of, place, placed_order, request, shop

pytestmark = pytest.mark.django_db
Known = set[tuple[UUID, UUID, UUID | None]]


def known() -> Known:
    return set(OrderLocation.objects.values_list("order_id", "location_id", "customer_id"))


def told() -> Known:
    """What reservations and fulfillments say now."""
    held = Reservation.objects.filter(order_id__isnull=False).values_list("order_id", "level__location_id")
    packed = Fulfillment.objects.filter(location_id__isnull=False).values_list("order_id", "location_id")
    customers = dict(Order.objects.values_list("pk", "customer_id"))
    return {(order, location, customers[order]) for order, location in {*held, *packed}}


def places(here: Shop, order: Order) -> set[str]:
    found = OrderLocation.objects.filter(order=order).values_list("location_id", flat=True)
    return {name for name, location in here.locations.items() if location.pk in set(found)}


def test_after_a_mixed_history_orders_know_every_place_that_ever_held_or_packed_something_of_them():
    here = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 5}, "W3": {"LAMP": 5}}, allow_backorder=True)
    w1, w2, w3 = (here.locations[name].pk for name in ("W1", "W2", "W3"))
    ever = Known()

    def step(act):
        nonlocal ever
        done = act()
        ever |= told()
        assert known() == ever
        return done

    first = step(lambda: placed_order(here, {"LAMP": 2}, email="ada@example.com"))
    split = step(lambda: placed_order(here, {"LAMP": 12}))
    waiting = step(lambda: placed_order(here, {"LAMP": 4}))
    step(lambda: cancel_order(order_id=split.pk, reason=CancelReason.OTHER, actor=STAFF))
    step(lambda: move_reserved(order_id=first.pk, items=items_of(first), source_id=w1, target_id=w2, actor=STAFF))
    elsewhere = {"order_id": first.pk, "items": items_of(first), "location_id": w3, "actor": STAFF}
    packed = step(lambda: create_fulfillment(**elsewhere))
    step(lambda: cancel_fulfillment(order_id=first.pk, fulfillment_id=packed.pk, actor=STAFF))
    item = here.items["LAMP"].pk
    step(lambda: adjust_stock(item_id=item, location_id=w1, delta=9, reason="received", actor=STAFF))
    again = step(lambda: placed_order(here, {"LAMP": 1}))
    (held,) = Reservation.objects.filter(order_id=again.pk)
    step(lambda: update_reservation(reservation_id=held.pk, location_id=w3, actor=STAFF))

    assert places(here, first) == {"W1", "W2", "W3"}
    assert places(here, split) == {"W1", "W2", "W3"}
    assert "W1" in places(here, waiting)
    assert places(here, again) == {"W1", "W3"}


def test_a_file_of_open_orders_tells_of_the_places_of_all_of_them(tmp_path):
    here = shop({"W1": {"A": 15}, "W2": {"A": 15}})
    path = retail_file(tmp_path / "f.csv", *(row(str(number), "A", 1) for number in range(1, 26)))

    _, answer = bring_in(path, here.channel.code, stock="update")

    assert answer["created"] == 25
    assert known() == told()
    assert OrderLocation.objects.count() == 25


def test_a_revision_takes_the_places_of_an_order_to_its_new_customer():
    here = shop({"W1": {"LAMP": 5}})
    order = placed_order(here, {"LAMP": 1}, email="ada@example.com")
    before = known()

    revise_order(
        order_id=order.pk,
        request=request({"LAMP": 1}, email="bob@example.com"),
        digest="later",
        selling=selling(here.channel.code),
        options=Options(stock=Stock.RESERVE),
        actor=STAFF,
    )

    assert known() == told() != before
    assert set(CustomerChannel.objects.all()) == {
        CustomerChannel(customer=customer, channel_id=here.channel.pk) for customer in Customer.objects.all()
    }


def test_what_is_held_for_nobodys_order_concerns_none():
    here = shop({"W1": {"LAMP": 5}})

    create_reservation(item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk, quantity=1, actor=STAFF)

    assert known() == set()


def test_orders_that_were_there_before_are_noted_once():
    here = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 5, "MUG": 5}})
    orders = [placed_order(here, {"LAMP": 1}), placed_order(here, {"MUG": 1}), placed_order(here, {"LAMP": 6})]
    create_fulfillment(order_id=orders[0].pk, items=items_of(orders[0]), actor=STAFF)
    place(here, {"LAMP": 1})
    by_triggers = known()
    OrderLocation.objects.all().delete()

    _note_again("0091_locations_of_known_orders")

    assert known() == by_triggers == told()


def test_customers_are_known_where_they_ordered_and_by_the_channel_that_named_them():
    one, other = shop({"W1": {"LAMP": 9}}), shop({"W2": {"MUG": 9}})
    for where, sku in ((one, "LAMP"), (one, "LAMP"), (other, "MUG")):
        place(where, {sku: 1}, email="ada@example.com")
    ada = Customer.objects.get()
    bob = Customer.objects.create(email="bob@example.com", channel=other.channel, external_id="B")
    by_triggers = set(CustomerChannel.objects.values_list("customer_id", "channel_id"))
    CustomerChannel.objects.all().delete()

    _note_again("0093_channels_of_known_customers")

    assert by_triggers == {(ada.pk, one.channel.pk), (ada.pk, other.channel.pk), (bob.pk, other.channel.pk)}
    assert set(CustomerChannel.objects.values_list("customer_id", "channel_id")) == by_triggers


def _note_again(name: str) -> None:
    """What the migration does for rows that are there before it, twice."""
    migration = import_module(f"orders.migrations.{name}")
    for _ in range(2):
        with connection.schema_editor(atomic=False) as editor:
            migration.note(None, editor)

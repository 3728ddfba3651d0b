"""What was set aside for a time counts no more when that is over, whether or not the cleaner ran (scenario 15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels.selectors import available_in_channel
from inventory.models import InventoryLevel, Reservation, StockMovement
from inventory.selectors import kits_by_location
from inventory.services.adjustments import set_on_hand
from inventory.services.cleaning import release_all_expired
from inventory.services.deletion import delete_level
from inventory.services.manual_reservations import create_reservation, delete_reservation, update_reservation
from inventory.services.verify import verify_stock
from inventory.tasks import release_expired_reservations
from oms.core.errors import InvalidInput, NotFound
from oms.core.models import OutboxEvent
from orders.services.fulfilling import create_fulfillment
from tests.scenarios import STAFF, Shop, items_of, kit, nothing_moves, place, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db
PAST = timedelta(hours=-1)


@pytest.fixture(autouse=True)
def _the_books_add_up():
    yield
    assert verify_stock().differences == []


def set_aside(here: Shop, quantity: int, *, sku: str = "LAMP", location: str = "W1", **fields: object) -> Reservation:
    """For an hour, which is over unless the fields say otherwise."""
    made = create_reservation(
        item_id=here.items[sku].pk,
        location_id=here.locations[location].pk,
        quantity=quantity,
        expires_at=timezone.now() + timedelta(hours=1),
        actor=STAFF,
    )
    Reservation.objects.filter(pk=made.pk).update(**{"expires_at": timezone.now() + PAST} | fields)
    return made


def ledger(here: Shop, sku: str = "LAMP") -> list[tuple[str, int, str]]:
    rows = StockMovement.objects.filter(level__item__sku=sku, seq__gt=2).order_by("seq")
    return list(rows.values_list("kind", "delta_reserved", "note"))


def test_an_expired_reservation_is_counted_by_no_read():
    here = shop({"W1": {"LAMP": 5, "BULB": 5}})
    gift = kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    lamp, place_id = here.items["LAMP"].pk, here.locations["W1"].pk
    set_aside(here, 4)

    counted = InventoryLevel.objects.counted().get(item=lamp)

    assert here.sra("LAMP") == (5, 4, 1)
    assert (counted.held, counted.free) == (0, 5)
    assert available_in_channel(here.channel.pk, [lamp, gift.pk]) == {lamp: 5, gift.pk: 2}
    assert kits_by_location([gift.pk]) == {gift.pk: {place_id: 2}}
    assert not Reservation.objects.live().exists()


def test_one_that_is_kept_or_has_time_left_counts():
    here = shop({"W1": {"LAMP": 5}})
    lamp = here.items["LAMP"].pk
    set_aside(here, 1, is_kept=True)
    set_aside(here, 2, expires_at=timezone.now() + timedelta(minutes=1))

    release_expired_reservations()

    assert available_in_channel(here.channel.pk, [lamp]) == {lamp: 2}
    assert here.sra("LAMP") == (5, 3, 2)


def test_an_order_takes_what_has_expired_in_its_own_transaction():
    here = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 9}})
    gone = set_aside(here, 5)

    order = placed_order(here, {"LAMP": 4})

    assert (here.sra("LAMP"), here.sra("LAMP", "W2")) == ((5, 4, 1), (9, 0, 9))
    assert ledger(here) == [("release", -5, "expired"), ("reserve", 4, "")]
    assert Reservation.objects.get().order_id == order.pk
    released = OutboxEvent.objects.get(name="reservation.released")
    assert (released.stream, released.sequence) == (here.level("LAMP").pk, 3)
    assert (released.data["reservation_id"], released.data["quantity"]) == (gone.public_id, 5)
    assert released.actor["kind"] == "system"


def test_an_order_that_is_refused_all_the_same_leaves_everything_as_it_was():
    here = shop({"W1": {"LAMP": 5}})
    set_aside(here, 5)

    with nothing_moves(), pytest.raises(Exception, match="LAMP: 6 asked, 5 available"):
        place(here, {"LAMP": 6})


def test_several_that_expired_on_one_level_leave_by_one_ledger_row_and_each_is_told():
    here = shop({"W1": {"LAMP": 5}})
    gone = {set_aside(here, units, is_kept=True).public_id for units in (1, 2)}
    Reservation.objects.update(is_kept=False)

    release_all_expired()

    told = OutboxEvent.objects.filter(name="reservation.released")
    assert ledger(here) == [("reserve", 2, ""), ("release", -3, "expired")]
    assert {event.data["reservation_id"] for event in told} == gone
    assert sorted((event.sequence or 0) for event in told) == [0, here.level("LAMP").ledger_seq]


def test_the_cleaner_finds_everything_once():
    here = shop({"W1": {"LAMP": 5, "BULB": 5}, "W2": {"LAMP": 5}})
    set_aside(here, 1)
    set_aside(here, 2, sku="BULB")
    set_aside(here, 3, location="W2")

    first, again = release_all_expired(), release_all_expired()

    assert (first, again) == (3, 0)
    assert [here.sra("LAMP"), here.sra("BULB"), here.sra("LAMP", "W2")] == [(5, 0, 5)] * 3
    assert not Reservation.objects.exists()


def test_people_and_packers_find_the_level_as_if_the_cleaner_had_run():
    here = shop({"W1": {"LAMP": 3}, "W2": {"LAMP": 3}})
    lamp, w1, w2 = here.items["LAMP"].pk, here.locations["W1"].pk, here.locations["W2"].pk
    order = placed_order(here, {"LAMP": 2})
    set_aside(here, 3, location="W2")

    create_fulfillment(order_id=order.pk, items=items_of(order), location_id=w2, actor=STAFF)
    set_aside(here, 1, location="W2")
    set_on_hand(item_id=lamp, location_id=w2, on_hand=0, reason="count", actor=STAFF)
    set_aside(here, 3)
    made = create_reservation(item_id=lamp, location_id=w1, quantity=3, actor=STAFF)
    Reservation.objects.filter(pk=made.pk).update(expires_at=timezone.now() + PAST)
    set_on_hand(item_id=lamp, location_id=w1, on_hand=0, reason="count", actor=STAFF)
    delete_level(item_id=lamp, location_id=w1)

    assert (here.sra("LAMP"), here.sra("LAMP", "W2")) == ((0, 0, 0), (0, 0, 0))


def test_an_expired_reservation_is_not_there_any_more_to_be_changed():
    here = shop({"W1": {"LAMP": 3}})
    gone = set_aside(here, 2)

    for act in (
        lambda: update_reservation(reservation_id=gone.pk, quantity=1, actor=STAFF),
        lambda: delete_reservation(reservation_id=gone.pk, actor=STAFF),
    ):
        with nothing_moves(), pytest.raises(NotFound):
            act()


def test_a_time_is_set_moved_and_taken_away_while_it_lasts():
    here = shop({"W1": {"LAMP": 3}})
    soon = timezone.now() + timedelta(minutes=5)
    held = create_reservation(
        item_id=here.items["LAMP"].pk,
        location_id=here.locations["W1"].pk,
        quantity=1,
        expires_at=soon,
        actor=STAFF,
    )

    kept = update_reservation(reservation_id=held.pk, is_kept=True, actor=STAFF)
    endless = update_reservation(reservation_id=held.pk, expires_at=None, is_kept=False, actor=STAFF)

    assert (kept.expires_at, kept.is_kept) == (soon, True)
    assert (endless.expires_at, endless.is_kept) == (None, False)
    assert recorded_events() == ["reservation.created", "reservation.updated", "reservation.updated"]


def test_what_an_order_holds_does_not_expire():
    here = shop({"W1": {"LAMP": 3}})
    order = placed_order(here, {"LAMP": 1})
    held, later = Reservation.objects.get(), timezone.now() + timedelta(days=1)

    with nothing_moves(), pytest.raises(InvalidInput, match="held for an order does not expire"):
        update_reservation(reservation_id=held.pk, expires_at=later, actor=STAFF)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reservation.objects.filter(order_id=order.pk).update(expires_at=later)


@pytest.mark.parametrize("away", [timedelta(0), timedelta(days=5000)])
def test_a_time_that_cannot_be_meant_is_refused(away):
    here = shop({"W1": {"LAMP": 3}})

    with nothing_moves(), pytest.raises(InvalidInput, match="expires some time within"):
        create_reservation(
            item_id=here.items["LAMP"].pk,
            location_id=here.locations["W1"].pk,
            quantity=1,
            expires_at=timezone.now() + away,
            actor=STAFF,
        )


def test_placing_takes_more_statements_only_where_something_has_expired():
    here = shop({"W1": {"LAMP": 50}})

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            place(here, {"LAMP": 1})
        return len(captured)

    plain = statements()
    set_aside(here, 1)
    with_one = statements()
    for _ in range(3):
        set_aside(here, 1)

    assert (with_one - plain, statements() - plain, statements() - plain) == (4, 4, 0)

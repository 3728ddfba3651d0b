from __future__ import annotations

import pytest

from inventory.errors import BelowReserved, InsufficientStock, NegativeStock, NotStocked, ReasonRequired
from inventory.models import InventoryLevel, StockMovement
from inventory.services.adjustments import adjust_stock, set_on_hand, set_safety_stock
from oms.core import ids
from oms.core.errors import InvalidInput, NotFound
from oms.core.models import OutboxEvent
from tests.factories import InventoryItemFactory, StockLocationFactory
from tests.scenarios import STAFF, Shop, place, recorded_events, shop

pytestmark = pytest.mark.django_db


def at(here: Shop, sku: str = "LAMP", location: str = "W1") -> dict[str, object]:
    return {"item_id": here.items[sku].pk, "location_id": here.locations[location].pk, "actor": STAFF}


def last_row(level: InventoryLevel) -> tuple[object, ...]:
    row = StockMovement.objects.filter(level=level).order_by("-seq").first()
    return row.seq, row.kind, row.delta_on_hand, row.on_hand_after, row.reason, row.note, row.actor


def test_an_adjustment_is_one_ledger_row_and_one_event():
    here = shop({"W1": {"LAMP": 5}})

    level = adjust_stock(**at(here), delta=-2, reason="damaged", note="fell down")

    assert (level.on_hand, level.available) == (3, 3)
    assert last_row(level) == (2, "adjust", -2, 3, "damaged", "fell down", STAFF.as_dict())
    (event,) = OutboxEvent.objects.all()
    assert (event.name, event.stream, event.sequence) == ("inventory.level_changed", level.pk, 2)
    assert event.data["delta_on_hand"] == -2


def test_a_level_that_is_missing_is_made():
    item, place_ = InventoryItemFactory(), StockLocationFactory()

    level = adjust_stock(item_id=item.pk, location_id=place_.pk, delta=4, reason="found", actor=STAFF)

    assert list(InventoryLevel.objects.values_list("pk", "on_hand")) == [(level.pk, 4)]


def test_a_count_is_written_and_the_same_count_again_writes_nothing():
    here = shop({"W1": {"LAMP": 0}})

    opening = set_on_hand(**at(here), on_hand=5, reason="count")
    first = last_row(opening)
    counted = set_on_hand(**at(here), on_hand=3, reason="count", note="spring")
    set_on_hand(**at(here), on_hand=3, reason="count")

    assert first == (1, "opening", 5, 5, "count", "", STAFF.as_dict())
    assert last_row(counted) == (2, "count", -2, 3, "count", "spring", STAFF.as_dict())
    assert recorded_events() == ["inventory.level_changed"] * 2


@pytest.mark.parametrize("reason", ["", "because"])
def test_nothing_moves_without_a_reason(reason):
    here = shop({"W1": {"LAMP": 5}})

    with pytest.raises(ReasonRequired):
        adjust_stock(**at(here), delta=1, reason=reason)
    with pytest.raises(ReasonRequired):
        set_on_hand(**at(here), on_hand=1, reason=reason)

    assert here.sra("LAMP") == (5, 0, 5)
    assert recorded_events() == []


def test_a_count_below_zero_is_refused():
    here = shop({"W1": {"LAMP": 5}})

    with pytest.raises(NegativeStock, match="LAMP cannot become -1"):
        set_on_hand(**at(here), on_hand=-1, reason="count")
    with pytest.raises(NegativeStock, match="LAMP cannot become -1"):
        adjust_stock(**at(here), delta=-6, reason="lost")
    with pytest.raises(NegativeStock, match="cannot become 2147483648"):
        set_on_hand(**at(here), on_hand=2**31, reason="count")

    assert here.sra("LAMP") == (5, 0, 5)
    assert recorded_events() == []


def test_a_count_below_what_is_reserved_is_refused():
    here = shop({"W1": {"LAMP": 5}})
    place(here, {"LAMP": 3})

    with pytest.raises(BelowReserved, match="3 of LAMP are reserved at W1, so there cannot be only 2"):
        set_on_hand(**at(here), on_hand=2, reason="count")
    set_on_hand(**at(here), on_hand=3, reason="count")

    assert here.sra("LAMP") == (3, 3, 0)


def test_a_change_of_nothing_and_a_note_too_long_are_refused():
    here = shop({"W1": {"LAMP": 5}})

    with pytest.raises(InvalidInput, match="changes nothing"):
        adjust_stock(**at(here), delta=0, reason="count")
    with pytest.raises(InvalidInput, match="at most 255"):
        adjust_stock(**at(here), delta=1, reason="count", note="x" * 256)

    assert here.sra("LAMP") == (5, 0, 5)


def test_what_is_not_stocked_and_what_does_not_exist_has_no_count():
    service, place_ = InventoryItemFactory(is_stocked=False), StockLocationFactory()

    with pytest.raises(NotStocked):
        set_on_hand(item_id=service.pk, location_id=place_.pk, on_hand=1, reason="count", actor=STAFF)
    with pytest.raises(NotFound, match="inventory item"):
        set_on_hand(item_id=ids.new_id(), location_id=place_.pk, on_hand=1, reason="count", actor=STAFF)
    with pytest.raises(NotFound, match="stock location"):
        set_on_hand(item_id=service.pk, location_id=ids.new_id(), on_hand=1, reason="count", actor=STAFF)

    assert not InventoryLevel.objects.exists()


def test_safety_stock_is_never_promised_and_what_is_reserved_stays():
    here = shop({"W1": {"LAMP": 5}})
    place(here, {"LAMP": 2})

    level = set_safety_stock(**at(here), safety_stock=2, note="season")
    set_safety_stock(**at(here), safety_stock=2)
    place(here, {"LAMP": 1})
    with pytest.raises(InsufficientStock, match="1 asked, 0 available"):
        place(here, {"LAMP": 1})
    owing = set_safety_stock(**at(here), safety_stock=4)

    assert last_row(level) == (5, "safety", 0, 5, "", "2 -> 4", STAFF.as_dict())
    assert (owing.on_hand, owing.reserved, owing.available) == (5, 3, -2)
    with pytest.raises(InvalidInput):
        set_safety_stock(**at(here), safety_stock=-1)

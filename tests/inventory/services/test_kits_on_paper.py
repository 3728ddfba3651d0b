"""A kit is never counted: no document, no import and no parcel that comes back gives it stock of its own."""

from __future__ import annotations

import pytest

from inventory.errors import KitHasNoStock, NotStocked
from inventory.models import InventoryItem, LowStockAlert
from inventory.services import importing
from inventory.services.adjustments import set_on_hand
from inventory.services.alerts import set_threshold
from inventory.services.arrivals import create_arrival
from inventory.services.counts import apply_count, create_count
from inventory.services.items import update_item
from inventory.services.kits import Part, set_components
from inventory.services.papers import Line
from inventory.services.transfers import create_transfer
from inventory.services.verify import verify_stock
from oms.core import actors
from oms.core.errors import InvalidInput
from orders.services.fulfilling import cancel_fulfillment, create_fulfillment
from tests.scenarios import STAFF, Shop, items_of, kit, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_add_up():
    yield
    assert verify_stock().differences == []


def becomes_a_kit(here: Shop, sku: str, of: str) -> InventoryItem:
    return set_components(item_id=here.items[sku].pk, components=[Part(here.items[of].pk, 1)])


def empty(here: Shop, sku: str) -> None:
    set_on_hand(item_id=here.items[sku].pk, location_id=here.locations["W1"].pk, on_hand=0, reason="count", actor=STAFF)


def test_a_kit_stands_on_no_document():
    here = shop({"W1": {"LAMP": 5}, "W2": {}})
    gift = kit(here, "GIFT", {"LAMP": 1})
    w1, w2 = here.locations["W1"].pk, here.locations["W2"].pk
    lines = {"lines": [Line(here.items["LAMP"].pk, 1), Line(gift.pk, 2)], "actor": STAFF}

    for make in (
        lambda: create_arrival(location_id=w1, **lines),
        lambda: create_transfer(source_id=w1, target_id=w2, **lines),
        lambda: create_count(location_id=w1, **lines),
    ):
        with nothing_moves(), pytest.raises(InvalidInput, match="GIFT is a kit") as refused:
            make()
        assert [(each.pointer, each.code) for each in refused.value.errors] == [
            ("/items/1/inventory_item_id", "kit_has_no_stock")
        ]


def test_what_became_a_kit_since_it_was_written_down_is_not_counted():
    here = shop({"W1": {"LAMP": 0, "BULB": 5}})
    lines = [Line(here.items["LAMP"].pk, 2)]
    count = create_count(location_id=here.locations["W1"].pk, lines=lines, actor=STAFF)
    becomes_a_kit(here, "LAMP", of="BULB")

    with nothing_moves(), pytest.raises(KitHasNoStock, match="LAMP is a kit"):
        apply_count(count_id=count.pk, actor=STAFF)


def test_what_is_stocked_no_more_is_not_counted():
    here = shop({"W1": {"LAMP": 0}})
    lines = [Line(here.items["LAMP"].pk, 2)]
    count = create_count(location_id=here.locations["W1"].pk, lines=lines, actor=STAFF)
    update_item(item_id=here.items["LAMP"].pk, changes={"is_stocked": False})

    with nothing_moves(), pytest.raises(NotStocked):
        apply_count(count_id=count.pk, actor=STAFF)


def test_a_parcel_of_what_is_a_kit_by_now_is_not_unpacked():
    here = shop({"W1": {"LAMP": 1, "BULB": 5}})
    sold = placed_order(here, {"LAMP": 1})
    packed = create_fulfillment(order_id=sold.pk, items=items_of(sold), actor=STAFF)
    becomes_a_kit(here, "LAMP", of="BULB")

    with nothing_moves(), pytest.raises(KitHasNoStock):
        cancel_fulfillment(order_id=sold.pk, fulfillment_id=packed.pk, actor=STAFF)
    set_components(item_id=here.items["LAMP"].pk, components=[])
    cancel_fulfillment(order_id=sold.pk, fulfillment_id=packed.pk, actor=STAFF)

    assert here.sra("LAMP") == (1, 1, 0)


def test_what_becomes_a_kit_is_low_no_more():
    here = shop({"W1": {"LAMP": 2, "BULB": 5}})
    set_threshold(item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk, threshold=1, actor=STAFF)
    empty(here, "LAMP")

    becomes_a_kit(here, "LAMP", of="BULB")

    assert [alert.cured_at is not None for alert in LowStockAlert.objects.all()] == [True]
    assert not here.level("LAMP").is_low


@pytest.mark.parametrize("change", ["kit", "unstocked"])
def test_a_row_of_an_import_whose_item_changes_before_its_turn_is_refused_and_the_others_are_done(
    change, tmp_path, monkeypatch
):
    here = shop({"W1": {"LAMP": 0, "BULB": 5}})
    path = tmp_path / "counts.csv"
    path.write_text("sku,title,location,on_hand\nLAMP,,w1,3\nBULB,,w1,7\n")
    real, refused = importing._bring, []

    def late(*given):
        if change == "kit":
            becomes_a_kit(here, "LAMP", of="BULB")
        else:
            update_item(item_id=here.items["LAMP"].pk, changes={"is_stocked": False})
        return real(*given)

    monkeypatch.setattr(importing, "_bring", late)
    outcome = importing.import_stock(path, actor=actors.SYSTEM, reject=refused.append)

    assert (outcome.levels_changed, outcome.rejected) == (1, 1)
    assert [(each.line, each.column) for each in refused] == [(2, "on_hand")]
    assert (here.sra("LAMP"), here.sra("BULB")) == ((0, 0, 0), (7, 0, 7))


def test_the_proof_names_a_kit_that_has_a_level():
    here = shop({"W1": {"LAMP": 0, "BULB": 5}})
    gift = becomes_a_kit(here, "LAMP", of="BULB")
    gift.levels.update(deleted_at=None)

    told = [(each.sku, each.what) for each in verify_stock().differences]

    gift.levels.update(deleted_at="2026-01-01T00:00:00Z")
    assert told == [("LAMP", "levels of a kit, which is never counted")]

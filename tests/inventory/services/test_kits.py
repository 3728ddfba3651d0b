"""What may be a kit, and what the database itself forbids."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from inventory.errors import KitHasNoStock, KitInUse
from inventory.models import InventoryItem, KitComponent
from inventory.selectors import available_at, kits_by_location
from inventory.services.adjustments import adjust_stock, set_on_hand, set_safety_stock
from inventory.services.items import update_item
from inventory.services.kits import Part, set_components
from inventory.services.manual_reservations import create_reservation
from oms.core.errors import InvalidInput
from tests.factories import InventoryItemFactory
from tests.scenarios import STAFF, kit, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


def parts_of(item: InventoryItem) -> list[tuple[str, int]]:
    return list(item.components.values_list("component__sku", "quantity"))


def test_a_kit_is_made_changed_and_made_an_ordinary_item_again():
    here = shop({"W1": {"LAMP": 5, "BULB": 5}})
    lamp, bulb = here.items["LAMP"].pk, here.items["BULB"].pk

    gift = kit(here, "GIFT", {"LAMP": 1, "BULB": 2})
    made = (gift.is_kit, parts_of(gift))
    changed = set_components(item_id=gift.pk, components=[Part(bulb, 3), Part(lamp, 1)])
    as_changed = (changed.is_kit, parts_of(changed))
    update_item(item_id=gift.pk, changes={"components": []})

    gift.refresh_from_db()
    assert made == (True, [("LAMP", 1), ("BULB", 2)])
    assert as_changed == (True, [("BULB", 3), ("LAMP", 1)])
    assert (gift.is_kit, parts_of(gift)) == (False, [])


def test_the_same_components_again_write_nothing():
    here = shop({"W1": {"LAMP": 5}})
    gift = kit(here, "GIFT", {"LAMP": 2})

    with nothing_moves():
        set_components(item_id=gift.pk, components=[Part(here.items["LAMP"].pk, 2)])


def test_everything_that_is_wrong_with_components_comes_in_one_error():
    here = shop({"W1": {"LAMP": 5, "BULB": 5}})
    inner, outer = kit(here, "INNER", {"LAMP": 1}), InventoryItemFactory(sku="OUTER")
    loose = InventoryItemFactory(sku="LOOSE", is_stocked=False)
    bulb = here.items["BULB"].pk

    with nothing_moves(), pytest.raises(InvalidInput) as refused:
        set_components(
            item_id=outer.pk,
            components=[
                Part(outer.pk, 1),
                Part(inner.pk, 1),
                Part(loose.pk, 1),
                Part(bulb, 0),
                Part(bulb, 1),
                Part(loose.pk.__class__(int=7), 1),
            ],
        )

    assert [(error.pointer, error.code) for error in refused.value.errors] == [
        ("/components/0/item_id", "kit_of_kits"),
        ("/components/1/item_id", "kit_of_kits"),
        ("/components/2/item_id", "not_stocked"),
        ("/components/3/quantity", "quantity"),
        ("/components/3/item_id", "repeated"),
        ("/components/4/item_id", "repeated"),
        ("/components/5/item_id", "not_found"),
    ]


def test_a_component_does_not_become_a_kit_nor_unstocked():
    here = shop({"W1": {"LAMP": 0, "BULB": 5}})
    kit(here, "GIFT", {"LAMP": 1})
    lamp, bulb = here.items["LAMP"].pk, here.items["BULB"].pk

    with nothing_moves(), pytest.raises(InvalidInput, match="LAMP is a component of GIFT"):
        set_components(item_id=lamp, components=[Part(bulb, 1)])
    with nothing_moves(), pytest.raises(InvalidInput, match="it stays stocked"):
        update_item(item_id=lamp, changes={"is_stocked": False})


def test_the_database_knows_no_kit_of_kits():
    here = shop({"W1": {"LAMP": 5}})
    inner, plain = kit(here, "INNER", {"LAMP": 1}), InventoryItemFactory()

    for bad in (
        lambda: KitComponent.objects.create(kit=inner, component=inner),
        lambda: KitComponent.objects.create(kit=plain, component=here.items["LAMP"]),
        lambda: KitComponent.objects.create(kit=inner, component=here.items["LAMP"], quantity=0),
        lambda: InventoryItem.objects.filter(pk=inner.pk).update(is_kit=False),
        lambda: InventoryItem.objects.filter(pk=here.items["LAMP"].pk).update(is_kit=True),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            bad()


def test_what_has_stock_or_is_waited_for_becomes_no_kit_and_a_kit_gets_no_stock():
    here = shop({"W1": {"LAMP": 3, "BULB": 5}})
    lamp, bulb, place = here.items["LAMP"].pk, here.items["BULB"].pk, here.locations["W1"].pk
    as_kit = {"item_id": lamp, "components": [Part(bulb, 1)]}

    with nothing_moves(), pytest.raises(KitInUse):
        set_components(**as_kit)
    set_on_hand(item_id=lamp, location_id=place, on_hand=0, reason="count", actor=STAFF)
    gift = set_components(**as_kit)

    assert gift.is_kit
    assert not gift.levels.kept().exists()
    with nothing_moves():
        with pytest.raises(KitHasNoStock, match="LAMP is a kit"):
            adjust_stock(item_id=lamp, location_id=place, delta=1, reason="found", actor=STAFF)
        with pytest.raises(KitHasNoStock):
            create_reservation(item_id=lamp, location_id=place, quantity=1, actor=STAFF)


def test_a_location_has_as_many_kits_as_its_scarcest_component_and_a_channel_their_sum(django_assert_num_queries):
    here = shop({"W1": {"LAMP": 5, "BULB": 9}, "W2": {"LAMP": 4, "BULB": 1}, "W3": {"LAMP": 9}})
    w1, w2, w3 = (here.locations[name].pk for name in ("W1", "W2", "W3"))
    gift = kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    lamp = here.items["LAMP"].pk
    placed_order(here, {"LAMP": 1})
    set_safety_stock(item_id=here.items["BULB"].pk, location_id=w1, safety_stock=8, actor=STAFF)

    with django_assert_num_queries(1):
        there = kits_by_location([gift.pk])

    assert there == {gift.pk: {w1: 1, w2: 1, w3: 0}}
    assert available_at([gift.pk, lamp], [w1, w2, w3]) == {gift.pk: 2, lamp: 17}
    assert available_at([gift.pk], [w1]) == {gift.pk: 1}

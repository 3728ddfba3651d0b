from __future__ import annotations

import pytest

from inventory.errors import DuplicateSku
from inventory.models import InventoryItem
from inventory.services.items import create_item, update_item
from oms.core import ids
from oms.core.errors import InvalidInput, NotFound
from tests.factories import InventoryItemFactory
from tests.scenarios import shop

pytestmark = pytest.mark.django_db


def test_an_item_is_made_with_what_is_said_of_it():
    item = create_item(sku=" LAMP ", title="Lamp", allow_backorder=True, requires_shipping=False, barcode="400")

    stored = InventoryItem.objects.get()
    assert stored.pk == item.pk
    assert (stored.sku, stored.title, stored.is_stocked, stored.allow_backorder) == ("LAMP", "Lamp", True, True)
    assert (stored.requires_shipping, stored.barcode, stored.metadata) == (False, "400", {})


def test_a_sku_is_taken_once_and_another_case_is_another_item():
    create_item(sku="LAMP")
    create_item(sku="lamp")

    with pytest.raises(DuplicateSku, match="LAMP already") as refused:
        create_item(sku="LAMP", title="Another")

    assert [error.pointer for error in refused.value.errors] == ["/sku"]
    assert list(InventoryItem.objects.values_list("sku", "title").order_by("sku")) == [("LAMP", ""), ("lamp", "")]


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"sku": "  "}, ["/sku"]),
        ({"sku": "x" * 101, "title": "y" * 256}, ["/sku", "/title"]),
        ({"sku": "LA\x00MP"}, ["/sku"]),
        ({"sku": "LAMP", "metadata": {"a": ["\x00"]}}, ["/metadata"]),
    ],
)
def test_fields_that_cannot_be_stored_are_named_all_at_once(fields, pointers):
    with pytest.raises(InvalidInput) as refused:
        create_item(**fields)

    assert [error.pointer for error in refused.value.errors] == pointers
    assert not InventoryItem.objects.exists()


def test_an_item_is_changed_and_the_same_again_changes_nothing():
    item = InventoryItemFactory(sku="LAMP", title="Lamp")

    changed = update_item(item_id=item.pk, changes={"title": "Lantern", "allow_backorder": True})
    again = update_item(item_id=item.pk, changes={"title": "Lantern"})

    assert (again.title, again.allow_backorder, again.updated_at) == ("Lantern", True, changed.updated_at)


def test_an_item_that_has_stock_stays_stocked():
    here = shop({"W1": {"LAMP": 1, "BULB": 0}})

    with pytest.raises(InvalidInput, match="stays stocked"):
        update_item(item_id=here.items["LAMP"].pk, changes={"is_stocked": False})
    update_item(item_id=here.items["BULB"].pk, changes={"is_stocked": False})

    assert list(InventoryItem.objects.values_list("sku", "is_stocked")) == [("BULB", False), ("LAMP", True)]


def test_a_sku_never_changes_and_an_unknown_item_is_not_found():
    item = InventoryItemFactory()

    with pytest.raises(InvalidInput, match="sku cannot be changed here"):
        update_item(item_id=item.pk, changes={"sku": "OTHER"})
    with pytest.raises(NotFound):
        update_item(item_id=ids.new_id(), changes={"title": "x"})

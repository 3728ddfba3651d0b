"""Kits in the console: components by their sku, what can be packed where, and what each item has to promise."""

from __future__ import annotations

import pytest

from inventory.models import KitComponent
from tests.console import changelist, page
from tests.factories import InventoryItemFactory, StaffFactory
from tests.scenarios import kit, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clerk(client):
    client.force_login(StaffFactory(username="clerk"))


def _save(client, item, *rows, there=()):
    """Save the page of an item with these components: (sku, quantity), after those that are there."""
    given = {"title": item.title, "is_stocked": "on", "levels-TOTAL_FORMS": 0, "levels-INITIAL_FORMS": 0}
    given |= {"components-TOTAL_FORMS": len(rows), "components-INITIAL_FORMS": len(there)}
    for index, (sku, quantity) in enumerate(rows):
        given |= {f"components-{index}-component": sku, f"components-{index}-quantity": quantity}
    for index, each in enumerate(there):
        given |= {f"components-{index}-id": each.pk, f"components-{index}-kit": item.pk}
    return client.post(page("inventory_inventoryitem", item.pk), given, follow=True)


def _parts(item):
    return list(KitComponent.objects.filter(kit=item).values_list("component__sku", "quantity"))


def test_components_are_named_by_sku_changed_and_shown(client):
    here, gift = shop({"W1": {"LAMP": 5, "BULB": 9}}), InventoryItemFactory(sku="GIFT")

    _save(client, gift, ("LAMP", 2))
    made = _parts(gift)
    _save(client, gift, ("LAMP", 1), ("BULB", 3), there=gift.components.all())
    html = client.get(page("inventory_inventoryitem", gift.pk)).content.decode()

    assert (made, _parts(gift)) == ([("LAMP", 2)], [("LAMP", 1), ("BULB", 3)])
    assert 'value="LAMP"' in html
    assert "W1: 3" in html
    assert here.sra("LAMP") == (5, 0, 5)


def test_what_the_service_refuses_is_said_and_nothing_is_saved(client):
    here = shop({"W1": {"LAMP": 5}})
    inner, gift = kit(here, "INNER", {"LAMP": 1}), InventoryItemFactory(sku="GIFT")

    refused = _save(client, gift, ("INNER", 1))
    unknown = _save(client, gift, ("NONE", 1))

    assert "INNER is a kit itself" in refused.content.decode()
    assert "There is no inventory item with this sku." in unknown.content.decode()
    assert (_parts(gift), _parts(inner)) == ([], [("LAMP", 1)])


def test_the_list_says_what_can_be_promised_of_items_and_kits(client):
    here = shop({"W1": {"LAMP": 5, "BULB": 2}, "W2": {"LAMP": 1}})
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    placed_order(here, {"LAMP": 1})

    rows = client.get(changelist("inventory_inventoryitem")).context["cl"].result_list

    assert {row.sku: row.to_promise for row in rows} == {"LAMP": 5, "BULB": 2, "GIFT": 2}

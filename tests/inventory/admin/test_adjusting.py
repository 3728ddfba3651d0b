"""Stock in the console: adjusted with a reason, never overwritten."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from inventory.models import InventoryItem, StockLocation, StockMovement
from tests.console import changelist, messages_of, page
from tests.factories import StaffFactory
from tests.scenarios import place, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    user = StaffFactory(username="clerk")
    client.force_login(user)
    return user


def _adjust(client, house, **fields):
    address = reverse("admin:inventory_inventoryitem_adjust", args=[house.items["LAMP"].pk])
    given = {"location_id": house.locations["W1"].pk, "reason": "damaged", "delta": -1}
    return client.post(address, given | fields, follow=True)


def test_stock_is_adjusted_with_a_reason_that_the_ledger_keeps(client, clerk):
    house = shop({"W1": {"LAMP": 5}})

    answer = _adjust(client, house, delta=-2, note="Fell down", page=house.level("LAMP").pk)

    last = StockMovement.objects.order_by("-seq").first()
    assert messages_of(answer) == ["The stock is changed by -2."]
    assert answer.redirect_chain[-1][0] == page("inventory_inventorylevel", house.level("LAMP").pk)
    assert house.sra("LAMP") == (3, 0, 3)
    assert (last.reason, last.note, last.delta_on_hand, last.actor["label"]) == ("damaged", "Fell down", -2, "clerk")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": ""}, "Reason: This field is required."),
        ({"delta": -4}, "4 of LAMP are reserved at W1, so there cannot be only 1."),
        ({"delta": -9}, "Stock of LAMP cannot become -4."),
        ({"delta": "x"}, "More or less: Enter a whole number."),
    ],
)
def test_a_refused_adjustment_moves_nothing(client, clerk, fields, sentence):
    house = shop({"W1": {"LAMP": 5}})
    place(house, {"LAMP": 4})

    answer = _adjust(client, house, **fields)

    assert messages_of(answer) == [sentence]
    assert house.sra("LAMP") == (5, 4, 1)


def test_who_may_not_change_levels_sees_no_button_and_presses_none(client):
    house = shop({"W1": {"LAMP": 5}})
    viewer = StaffFactory(is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename__in=["view_inventoryitem", "view_inventorylevel"]))
    client.force_login(viewer)

    html = client.get(page("inventory_inventorylevel", house.level("LAMP").pk)).content.decode()

    assert "Adjust stock" not in html
    assert _adjust(client, house).status_code == 403
    assert house.sra("LAMP") == (5, 0, 5)


def test_counters_posted_to_the_pages_are_ignored_or_refused(client, clerk):
    house = shop({"W1": {"LAMP": 5}})
    item, level = house.items["LAMP"], house.level("LAMP")

    refused = client.post(page("inventory_inventorylevel", level.pk), {"on_hand": 99})
    client.post(
        page("inventory_inventoryitem", item.pk), {"sku": "OTHER", "title": "New", "is_stocked": "on"} | _NO_INLINE
    )

    item.refresh_from_db()
    assert refused.status_code == 403
    assert (item.sku, item.title, house.sra("LAMP")) == ("LAMP", "New", (5, 0, 5))


_NO_INLINE = {
    "levels-TOTAL_FORMS": "0",
    "levels-INITIAL_FORMS": "0",
    "components-TOTAL_FORMS": "0",
    "components-INITIAL_FORMS": "0",
}


def test_items_and_locations_are_made_by_their_services(client, clerk):
    client.post(
        reverse("admin:inventory_inventoryitem_add"), {"sku": "NEW", "is_stocked": "on", "requires_shipping": "on"}
    )
    client.post(
        reverse("admin:inventory_stocklocation_add"),
        {"name": "Barn", "code": "barn", "priority": 5, "country_code": "gb"},
    )

    assert InventoryItem.objects.values_list("sku", "is_stocked").get() == ("NEW", True)
    assert StockLocation.objects.values_list("code", "priority", "country_code").get() == ("barn", 5, "GB")


def test_what_a_service_refuses_is_said_on_the_page(client, clerk):
    house = shop({"W1": {"LAMP": 5}})
    item = house.items["LAMP"]

    answer = client.post(page("inventory_inventoryitem", item.pk), {"title": "x"} | _NO_INLINE, follow=True)

    item.refresh_from_db()
    assert "There is stock of LAMP or an order waits for it: it stays stocked." in answer.content.decode()
    assert (item.title, item.is_stocked) == ("Thing LAMP", True)


def test_levels_are_found_by_the_beginning_of_their_sku(client, clerk):
    shop({"W1": {"LAMP-RED": 5, "LAMP-BLUE": 1, "MUG": 0}})

    found = client.get(changelist("inventory_inventorylevel"), {"q": "LAMP"}).context["cl"].result_list
    short = client.get(changelist("inventory_inventorylevel"), {"state": "short"}).context["cl"].result_list

    assert [level.item.sku for level in found] == ["LAMP-BLUE", "LAMP-RED"]
    assert [level.item.sku for level in short] == ["MUG"]

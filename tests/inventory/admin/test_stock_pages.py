"""The page of an item across locations, its ledger, any past time, the list of levels, and adjusting by keyboard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory.models import InventoryItem, StockMovement
from inventory.services import arrivals
from inventory.services.adjustments import adjust_stock
from inventory.services.alerts import set_threshold
from inventory.services.papers import Line
from tests.console import EVIL, changelist, messages_of, page
from tests.factories import InventoryItemFactory, InventoryLevelFactory, StaffFactory
from tests.scenarios import STAFF, place, placed_order, shop

pytestmark = pytest.mark.django_db
LEVELS = changelist("inventory_inventorylevel")
ADJUST = f"{LEVELS}adjust/"
THEN = f"{LEVELS}then/"


@pytest.fixture
def house(client):
    client.force_login(StaffFactory())
    return shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 3}}, allow_backorder=True)


def _item(client, house, **given):
    return client.get(page("inventory_inventoryitem", house.items["LAMP"].pk), given)


def test_an_items_page_sums_it_up_over_locations(client, house):
    order = placed_order(house, {"LAMP": 10})
    arrivals.create_arrival(location_id=house.locations["W2"].pk, lines=[Line(house.items["LAMP"].pk, 4)], actor=STAFF)

    shown = _item(client, house)

    assert [(level.location.name, row) for level, row in shown.context["stock_rows"]] == [
        ("W1", [5, 5, 0, 2, 0, 0]),
        ("W2", [3, 3, 0, 0, 4, 0]),
    ]
    assert shown.context["stock_sums"] == [8, 8, 0, 2, 4, 0]
    assert [row.backordered for _holder, row in shown.context["waiting"]] == [2]
    assert f'href="{page("orders_order", order.pk)}">#{order.number}</a>' in shown.content.decode()


def test_an_items_page_takes_as_many_queries_for_much_stock_as_for_little(client, house):
    def queries():
        with CaptureQueriesContext(connection) as told:
            _item(client, house)
        return len(told)

    place(house, {"LAMP": 10})
    queries()
    little = queries()
    for number in range(3):
        InventoryLevelFactory(item=house.items["LAMP"], on_hand=number)
        place(house, {"LAMP": 2})

    assert queries() == little
    assert little <= 20


def test_an_items_page_tells_what_lay_there_at_a_past_time(client, house):
    before = timezone.now() + timedelta(microseconds=1)
    place(house, {"LAMP": 2})

    shown = _item(client, house, at=before.isoformat())
    none = _item(client, house, at="2001-01-01T00:00")
    nonsense = _item(client, house, at="yesterday")

    assert [row for _level, row in shown.context["stock_rows"]] == [[5, 0, 0, 0], [3, 0, 0, 0]]
    assert shown.context["stock_sums"] == [8, 0, 0, 0]
    assert "Nothing was known of it yet." in none.content.decode()
    assert messages_of(nonsense) == ["yesterday is no date and time."]
    assert nonsense.context["stock_sums"] == [8, 2, 6, 0, 0, 0]


def test_a_past_time_is_in_the_zone_of_whoever_asks(client, house):
    moved = StockMovement.objects.order_by("occurred_at").first().occurred_at

    with timezone.override("Asia/Tokyo"):
        typed = (timezone.localtime(moved) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
        shown = _item(client, house, at=typed)

    assert [row for _level, row in shown.context["stock_rows"]] == [[5, 0, 0, 0], [3, 0, 0, 0]]


def test_papers_are_begun_from_the_items_page_with_the_item_filled_in(client, house):
    acts = {str(act["label"]): act["url"] for act in _item(client, house).context["stock_acts"]}

    forms = {label: client.get(url).context["adminform"].form.initial for label, url in acts.items()}

    here = str(house.locations["W1"].pk)
    assert forms == {
        "Expect goods": {"items": "LAMP 1", "location": here},
        "Transfer": {"items": "LAMP 1", "source": here},
        "Count": {"items": "LAMP 5", "location": here},
    }


def test_the_ledger_of_an_item_is_read_page_by_page_and_narrowed(client, house, monkeypatch):
    monkeypatch.setattr("inventory.admin.ledger_page.ROWS", 3)
    for delta in range(1, 5):
        adjust_stock(
            item_id=house.items["LAMP"].pk,
            location_id=house.locations["W2"].pk,
            delta=delta,
            reason="found",
            note=EVIL,
            actor=STAFF,
        )
    address = reverse("admin:inventory_inventoryitem_ledger", args=[house.items["LAMP"].pk])

    first = client.get(address)
    second = client.get(f"{address}?{first.context['older']}")
    narrowed = client.get(address, {"location": house.locations["W1"].pk, "kind": "opening"})
    today = timezone.localdate()
    none = client.get(address, {"until": today - timedelta(days=1)})

    assert [each.row.delta_on_hand for each in first.context["movements"]] == [4, 3, 2]
    assert [each.row.on_hand_after for each in first.context["movements"]] == [13, 9, 6]
    assert [each.row.delta_on_hand for each in second.context["movements"]] == [1, 3, 5]
    assert second.context["older"] == ""
    assert [each.row.on_hand_after for each in narrowed.context["movements"]] == [5]
    assert "Nothing moved like that." in none.content.decode()
    assert EVIL not in first.content.decode()


def test_adjusting_goes_on_with_the_next_item_at_the_same_place_for_the_same_reason(client, house):
    where = str(house.locations["W2"].pk)

    answer = client.post(ADJUST, {"sku": "lamp", "location_id": where, "delta": "+4", "reason": "found"}, follow=True)

    assert messages_of(answer) == ["LAMP: +4, now 7 on hand."]
    assert answer.context["values"] == {"location_id": where, "reason": "found"}
    assert answer.context["start"] == "sku"
    assert house.sra("LAMP", "W2") == (7, 0, 7)


def test_what_is_scanned_may_be_a_barcode_of_one_item(client, house):
    InventoryItem.objects.filter(sku="LAMP").update(barcode="40012345")
    given = {"sku": "40012345", "location_id": house.locations["W1"].pk, "delta": -1, "reason": "damaged"}

    scanned = client.post(ADJUST, given, follow=True)
    InventoryItemFactory(barcode="40012345")
    of_two = client.post(ADJUST, given, follow=True)

    assert messages_of(scanned) == ["LAMP: -1, now 4 on hand."]
    assert messages_of(of_two) == ["Sku or barcode: There is no item 40012345."]
    assert house.sra("LAMP") == (4, 0, 4)


def test_a_refused_adjustment_keeps_what_was_typed(client, house):
    where = str(house.locations["W1"].pk)
    address = reverse("admin:inventory_inventoryitem_adjust", args=[house.items["LAMP"].pk])
    typed = {"location_id": where, "delta": "-9", "reason": "lost", "note": "Looked everywhere"}

    answer = client.post(address, typed)

    assert messages_of(answer) == ["Stock of LAMP cannot become -4."]
    values = answer.context["values"]
    assert {name: values[name] for name in ("sku", *typed)} == {"sku": "LAMP", **typed}
    assert house.sra("LAMP") == (5, 0, 5)


def test_who_may_not_adjust_is_refused_and_the_ledger_needs_its_own_permission(client, house):
    viewer = StaffFactory(is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_inventoryitem"))
    client.force_login(viewer)
    given = {"sku": "LAMP", "location_id": house.locations["W1"].pk, "delta": 1, "reason": "found"}

    answers = [
        client.post(ADJUST, given),
        client.get(ADJUST),
        client.get(THEN),
        client.get(reverse("admin:inventory_inventoryitem_ledger", args=[house.items["LAMP"].pk])),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert house.sra("LAMP") == (5, 0, 5)


def _listed(client, **given):
    shown = client.get(LEVELS, given)
    return [(level.item.sku, level.location.name) for level in shown.context["cl"].result_list]


def test_levels_are_found_by_words_of_the_title_and_by_state(client, house):
    lamp, mug = house.items["LAMP"], InventoryItemFactory(sku="MUG", title="Blue enamel Mug", barcode="4711")
    here, there = house.locations["W1"], house.locations["W2"]
    InventoryLevelFactory(item=mug, location=here)
    set_threshold(item_id=lamp.pk, location_id=there.pk, threshold=3, actor=STAFF)
    arrivals.create_arrival(location_id=here.pk, lines=[Line(lamp.pk, 4)], actor=STAFF)
    place(house, {"LAMP": 9})

    assert _listed(client, q="mug ena") == [("MUG", "W1")]
    assert _listed(client, q="4711") == [("MUG", "W1")]
    assert _listed(client, q="lam") == [("LAMP", "W1"), ("LAMP", "W2")]
    assert _listed(client, q="!'&|:*") == []
    assert _listed(client, state="zero") == [("MUG", "W1")]
    assert _listed(client, state="incoming") == [("LAMP", "W1")]
    assert _listed(client, state="low") == [("LAMP", "W2")]
    assert _listed(client, state="backordered") == [("LAMP", "W1")]


def test_the_list_of_levels_sums_up_what_it_lists(client, house):
    InventoryLevelFactory(item=InventoryItemFactory(sku="MUG"), location=house.locations["W1"], on_hand=7)

    everything = client.get(LEVELS).context["cl"].sums
    lamps = client.get(LEVELS, {"q": "LAMP"}).context["cl"].sums

    assert [sum_ for _label, sum_ in everything] == [15, 0, 15, 0, 0]
    assert [sum_ for _label, sum_ in lamps] == [8, 0, 8, 0, 0]


def test_what_lay_at_a_location_is_read_page_by_page_and_as_csv(client, house, monkeypatch):
    monkeypatch.setattr("inventory.admin.then_page.ROWS", 2)
    here = house.locations["W1"]
    for sku, title in (("A-1", "=1+1"), ("B-1", EVIL)):
        InventoryLevelFactory(item=InventoryItemFactory(sku=sku, title=title), location=here, on_hand=2)
    at = (timezone.now() + timedelta(seconds=1)).isoformat()
    place(house, {"LAMP": 1})

    asked = {"location": here.pk, "at": at}
    first = client.get(THEN, asked)
    second = client.get(f"{THEN}?{first.context['next']}")
    csv = client.get(THEN, asked | {"csv": "1"})

    assert [level.item.sku for level, _then in first.context["rows"]] == ["A-1", "B-1"]
    assert [(level.item.sku, then.on_hand) for level, then in second.context["rows"]] == [("LAMP", 5)]
    assert second.context["next"] == ""
    assert b"".join(csv.streaming_content).decode().splitlines() == [
        "sku,title,location,on_hand,reserved,backordered,incoming",
        "A-1,'=1+1,w1,2,0,0,0",
        f"B-1,{EVIL},w1,2,0,0,0",
        "LAMP,Thing LAMP,w1,5,1,0,0",
    ]

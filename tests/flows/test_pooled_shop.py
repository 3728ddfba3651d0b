"""A shop that does not keep stock by location, from end to end."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from inventory.errors import KitInUse
from inventory.models import InventoryLevel, PooledMovement, Reservation
from inventory.services.items import update_item
from inventory.services.kits import Part, set_components
from inventory.services.pool.adjusting import adjust_pooled_stock
from inventory.services.pool.proof import verify
from oms.core.errors import DomainError, InvalidInput
from orders.models import Order
from tests.api import Api, order_body, problem
from tests.channels.importing import bring_in, ndjson_file, order
from tests.console import changelist, messages_of, page
from tests.contracts.inventories import HOUSES
from tests.factories import StaffFactory, StockLocationFactory
from tests.scenarios import STAFF, kit, nothing_moves, placed_order, recorded_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(settings):
    found = HOUSES["pooled"]
    settings.OMS = settings.OMS | {"INVENTORY": found.path}
    yield found
    assert verify().differences == []
    assert not InventoryLevel.objects.exists()
    assert not Reservation.objects.exists()


def _placed(api, here, lines):
    answer = api.post("/admin/orders", order_body(lines, sales_channel=here.channel.code))
    assert answer.status_code == 200, answer.content
    placed = answer.json()["order"]
    return f"/admin/orders/{placed['id']}", [
        {"id": each["id"], "quantity": each["quantity"]} for each in placed["items"]
    ]


def test_an_order_is_placed_packed_unpacked_packed_again_and_sent(house):
    here, api = house.open({"LAMP": 5, "BULB": 5}), Api()
    kit(here, "GIFT", {"LAMP": 1, "BULB": 2})

    path, items = _placed(api, here, {"LAMP": 2, "GIFT": 1})
    books = [(house.books("LAMP"), house.books("BULB"))]
    packed = api.post(f"{path}/fulfillments", {"items": items}).json()["order"]["fulfillments"][0]
    books.append((house.books("LAMP"), house.books("BULB")))
    api.post(f"{path}/fulfillments/{packed['id']}/cancel")
    books.append((house.books("LAMP"), house.books("BULB")))
    again = api.post(f"{path}/fulfillments", {"items": items}).json()["order"]["fulfillments"][-1]
    shipped = api.post(f"{path}/fulfillments/{again['id']}/shipments", {"items": items, "labels": []})

    held, gone = ((5, 3, 0), (5, 2, 0)), ((2, 0, 0), (3, 0, 0))
    assert (books, packed["location_id"]) == ([held, gone, held], None)
    assert (house.books("LAMP"), house.books("BULB")) == gone
    assert shipped.json()["order"]["fulfillment_status"] == "shipped"
    assert api.get(f"{path}/sourcing").json() == {"sourcing": None}


def test_an_order_is_canceled_and_another_is_short(house):
    here, api = house.open({"LAMP": 3}), Api()
    path, _ = _placed(api, here, {"LAMP": 3})

    with nothing_moves():
        refused = api.post("/admin/orders", order_body({"LAMP": 1}, sales_channel=here.channel.code))
    canceled = api.post(f"{path}/cancel")

    assert problem(refused) == (400, "invalid_data", "insufficient_stock")
    assert canceled.json()["order"]["status"] == "canceled"
    assert house.books("LAMP") == (3, 0, 0)
    stock = api.get(f"/admin/sales-channels/{here.channel.public_id}/stock").json()["stock"]
    assert [(each["sku"], each["available"]) for each in stock] == [("LAMP", 3)]


def test_a_fulfillment_may_say_from_where_it_ships_and_nothing_can_be_moved(house):
    here, api, place, other = house.open({"LAMP": 3}), Api(), StockLocationFactory(), StockLocationFactory()
    path, items = _placed(api, here, {"LAMP": 2})
    where = {"from_location_id": place.public_id, "to_location_id": other.public_id}

    with nothing_moves():
        moved = api.post(f"{path}/move-reserved", {"items": items, **where})
    packed = api.post(f"{path}/fulfillments", {"items": items, "location_id": place.public_id}).json()["order"]

    assert problem(moved) == (400, "not_allowed", "not_kept_by_location")
    assert packed["fulfillments"][0]["location_id"] == place.public_id
    assert house.books("LAMP") == (1, 0, 0)


def test_a_file_is_brought_in_with_its_open_orders_and_changed_ones_hold_anew(house, tmp_path):
    here = house.open({"LAMP": 5})
    code = here.channel.code

    first = bring_in(ndjson_file(tmp_path / "1", order("A-1"), order("A-2"), order("A-3")), code, stock="update")
    after_first = house.books("LAMP")
    items = [{"sku": "LAMP", "title": "Lamp", "quantity": 3, "unit_price": 10}]
    second = bring_in(ndjson_file(tmp_path / "2", order("A-1", items=items), order("A-2")), code, stock="update")

    assert (first[1]["created"], first[1]["rejects"], after_first) == (2, 1, (5, 4, 0))
    assert (second[1]["revised"], second[1]["unchanged"]) == (1, 1)
    assert (house.books("LAMP"), Order.objects.count()) == ((5, 5, 0), 2)


def test_what_comes_in_goes_to_the_oldest_order_and_is_told(house):
    here, api = house.open({"LAMP": 1}, allow_backorder=True), Api()
    first, _ = _placed(api, here, {"LAMP": 2})
    _placed(api, here, {"LAMP": 2})

    house.bring("LAMP", 2)

    assert house.books("LAMP") == (3, 3, 1)
    assert recorded_events().count("inventory.backorder_filled") == 2
    acts = [each["action"] for each in api.get(f"{first}/timeline").json()["timeline"]]
    assert acts == ["inventory.backorder_filled", "order.placed"]
    kinds = list(PooledMovement.objects.order_by("seq").values_list("kind", flat=True))
    assert kinds == ["opening", "reserve", "reserve", "adjust", "fill"]


def test_the_page_of_an_order_fulfills_it_without_asking_for_a_location(house, client):
    client.force_login(StaffFactory())
    placed = placed_order(house.open({"LAMP": 3}), {"LAMP": 2})

    html = client.get(page("orders_order", placed.pk)).content.decode()
    (line,) = placed.lines.all()
    address = reverse("admin:orders_order_act", args=[placed.pk, "fulfill"])
    client.post(address, {"location_id": "", f"quantity_{line.pk}": "2"})

    assert "2 reserved" in html
    assert "location_id" in html  # of the proposal, empty
    assert "Move reserved goods" not in html
    assert '<select name="location_id"' not in html
    assert house.books("LAMP") == (1, 0, 0)


def test_the_proof_is_of_the_inventory_in_use(house, capsys):
    placed_order(house.open({"LAMP": 3}), {"LAMP": 2})

    call_command("verify_stock")
    call_command("verify_stock", at="2999-01-01T00:00:00Z", json=True)

    proof, then = capsys.readouterr().out.split("\n", 1)
    assert proof.startswith("1 levels, 2 ledger rows")
    assert json.loads(then) == [{"sku": "LAMP", "location": "", "on_hand": 3, "reserved": 2, "backordered": 0}]


def test_what_is_in_the_pool_becomes_neither_a_kit_nor_unstocked(house):
    here = house.open({"LAMP": 3, "BULB": 1})
    lamp, bulb = here.items["LAMP"], here.items["BULB"]

    with nothing_moves(), pytest.raises(KitInUse):
        set_components(item_id=lamp.pk, components=[Part(bulb.pk, 1)])
    with nothing_moves(), pytest.raises(InvalidInput, match="stays stocked"):
        update_item(item_id=lamp.pk, changes={"is_stocked": False})


def test_levels_are_not_written_where_nobody_would_sell_from_them(house, tmp_path):
    here, place = house.open({"LAMP": 3}), StockLocationFactory()
    item = here.items["LAMP"].public_id
    file = tmp_path / "counts.csv"
    file.write_text("sku,title,location,on_hand\nLAMP,Lamp,w1,4\n")

    with nothing_moves():
        answer = Api().post(
            f"/admin/inventory-items/{item}/location-levels/{place.public_id}/adjust", {"delta": 3, "reason": "found"}
        )
        with pytest.raises(CommandError, match="not kept by location"):
            call_command("import_stock", str(file))

    assert problem(answer) == (400, "not_allowed", "not_kept_by_location")


@pytest.mark.parametrize(
    ("delta", "reason", "code"),
    [
        (0, "lost", "invalid_input"),
        (-4, "lost", "negative_stock"),
        (-2, "lost", "below_reserved"),
        (1, "", "reason_required"),
    ],
)
def test_the_pool_is_changed_with_a_reason_and_never_below_what_is_reserved(house, delta, reason, code):
    here = house.open({"LAMP": 3})
    placed_order(here, {"LAMP": 2})

    with nothing_moves(), pytest.raises(DomainError) as refusal:
        adjust_pooled_stock(item_id=here.items["LAMP"].pk, delta=delta, reason=reason, actor=STAFF)

    assert refusal.value.code == code


def test_staff_change_the_pool_on_the_page_of_the_item_and_see_who_holds_it(house, client):
    client.force_login(StaffFactory())
    here = house.open({"LAMP": 0})
    lamp = here.items["LAMP"].pk
    adjust = reverse("admin:inventory_pooledstock_adjust", args=[lamp])

    item_page = client.get(page("inventory_inventoryitem", lamp)).content.decode()
    made = client.post(adjust, {"delta": "5", "reason": "received"}, follow=True)
    refused = client.post(adjust, {"delta": "-6", "reason": "lost"}, follow=True)
    placed_order(here, {"LAMP": 2})
    index = client.get(reverse("admin:index")).content.decode()
    listed = client.get(changelist("inventory_inventoryitem")).content.decode()

    assert adjust in item_page
    assert "location_id" not in item_page
    assert messages_of(made) == ["The stock is changed by +5."]
    assert messages_of(refused) == ["Stock of LAMP cannot become -1."]
    assert changelist("inventory_pooledstock") in index
    assert changelist("inventory_inventorylevel") not in index
    assert ">3<" in listed.replace(" ", "").replace("\n", "")


def test_the_pool_is_not_offered_while_stock_is_kept_by_location(db, client):
    client.force_login(StaffFactory())
    lamp = HOUSES["local"].open({"LAMP": 1}).items["LAMP"].pk

    index = client.get(reverse("admin:index")).content.decode()
    with nothing_moves():
        changed = client.post(reverse("admin:inventory_pooledstock_adjust", args=[lamp]), {"delta": "5"})

    assert changelist("inventory_pooledstock") not in index
    assert changelist("inventory_inventorylevel") in index
    assert changed.status_code == 403

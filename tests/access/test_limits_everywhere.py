"""Two businesses in one house: who may see the one finds nothing of the other, wherever they look."""

from __future__ import annotations

import json
import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from oms.core.fields import Identified
from oms.web.api_keys import create_api_key
from oms.web.limits import is_limited
from oms.web.models import StaffLimits
from oms.web.scopes import Scope
from orders.models import Order
from tests.access.people import api_routes, signed_in
from tests.api import Api, order_body, problem
from tests.console import a_house, act, changelist, furnish, page
from tests.factories import InventoryLevelFactory, SalesChannelFactory, StaffFactory, StockLocationFactory
from tests.scenarios import Shop, nothing_moves, place

pytestmark = pytest.mark.django_db

# What is sold is no secret, nor how much of it there is while stock has no places; a view is nothing but an address.
_COMMON = {"inventory.InventoryItem", "inventory.KitComponent", "inventory.PooledStock", "web.SavedView"}
_EVERY_MODEL = [model for model in apps.get_models() if issubclass(model, Identified)]


class _Two:
    """`here`, which somebody may see, and `there`. Rows that belong to neither (items, users) are in neither."""

    def __init__(self):
        self.here = a_house()
        furnish(self.here, 1)
        mine = self._keys()
        places = {name: StockLocationFactory(code=f"x-{name}", name=f"Far {name}") for name in ("W1", "W2")}
        for each in places.values():
            InventoryLevelFactory(item=self.here.items["LAMP"], location=each, on_hand=100)
        self.there = Shop(SalesChannelFactory(name="Elsewhere", locations=places.values()), places, self.here.items)
        furnish(self.there, 2)
        self.theirs = {label: keys - mine[label] for label, keys in self._keys().items()}
        self.limits = {
            "channel_ids": [self.here.channel.pk],
            "location_ids": [each.pk for each in self.here.locations.values()],
        }

    def _keys(self):
        return {model._meta.label: set(model._base_manager.values_list("pk", flat=True)) for model in _EVERY_MODEL}

    def public_ids(self):
        """What must not be told: ids of rows of models that are limited, and of the engine room."""
        return {
            f"{model.id_prefix}_": [row.public_id for row in model._base_manager.filter(pk__in=self.theirs[label])]
            for model in _EVERY_MODEL
            if (label := model._meta.label) not in _COMMON
        }

    def somebody(self):
        """Who may do everything, here."""
        user = StaffFactory(username="somebody", is_superuser=False)
        user.user_permissions.set(Permission.objects.exclude(codename="own_locations_only"))
        StaffLimits.objects.create(user=user, **self.limits)
        return signed_in(user)

    def program(self):
        return Api(create_api_key(title="Here", scopes=list(Scope), **self.limits).secret)


@pytest.fixture
def two():
    return _Two()


def test_no_list_no_row_and_no_button_of_the_console_leads_there(two):
    client = two.somebody()

    for model in admin.site._registry:
        label = model._meta.label
        listed = client.get(changelist(model))
        if listed.status_code == 200:
            shown = {row.pk for row in listed.context["cl"].result_list}
            strange = two.theirs.get(label, set()) & shown
            assert not strange or label in _COMMON, label
            assert is_limited(model) or not shown, label
        for pk in list(two.theirs.get(label, ()))[:1]:
            if is_limited(model) and label not in _COMMON:
                opened = client.get(page(f"{model._meta.app_label}_{model._meta.model_name}", pk))
                assert opened.status_code in {302, 404}, label  # there is no such row


def test_the_figures_filters_and_choices_of_the_console_are_those_of_here(two):
    client = two.somebody()

    index = client.get(reverse("admin:index"))
    listed = client.get(changelist(Order))
    arrival = client.get(reverse("admin:inventory_arrival_add"))
    upload = client.get(reverse("admin:channels_importupload_import"))
    found = client.get(changelist(Order), {"q": "WEB-2"})

    figures = {str(each["title"]): each["count"] for each in index.context["figures"]}
    assert (figures["To be fulfilled"], figures["On hold"], figures["Stock missing"]) == (0, 1, 1)
    assert [row.external_id for row in listed.context["cl"].result_list] == ["WEB-1"]
    assert list(found.context["cl"].result_list) == []
    for answer in (index, listed, arrival, upload):
        assert "Elsewhere" not in answer.content.decode()
        assert "Far W" not in answer.content.decode()


def test_the_page_of_an_item_and_of_an_order_tell_of_here_alone(two):
    client = two.somebody()
    order = Order.objects.get(external_id="WEB-1")
    lamp = two.here.items["LAMP"]

    pages = [
        client.get(page("inventory_inventoryitem", lamp.pk)),
        client.get(page("orders_order", order.pk)),
        client.get(reverse("admin:inventory_inventorylevel_adjust")),
        client.get(reverse("admin:inventory_inventorylevel_then")),
        client.get(reverse("console_exceptions")),
        client.get(reverse("admin:orders_order_export")),
        client.get(reverse("admin:inventory_inventorylevel_export")),
    ]

    for answer in pages:
        text = b"".join(answer).decode() if answer.streaming else answer.content.decode()
        assert answer.status_code == 200, answer.request["PATH_INFO"]
        assert "Far W" not in text, answer.request["PATH_INFO"]
        assert "WEB-2" not in text, answer.request["PATH_INFO"]


def test_nothing_there_is_moved_from_the_console(two):
    client = two.somebody()
    mine, theirs = (Order.objects.get(external_id=name) for name in ("WEB-1", "WEB-2"))
    far, near = two.there.locations["W1"].pk, two.here.locations["W1"].pk
    line, level = mine.lines.get(), two.there.level("LAMP")
    holds = list(mine.holds.filter(released_at=None))
    for hold in holds:
        client.post(act(mine, "release"), {"hold_id": hold.pk})

    with nothing_moves():
        told = [
            client.post(act(theirs, "note"), {"body": "x"}),
            client.post(act(mine, "fulfill"), {f"quantity_{line.pk}": 1, "location_id": far}),
            client.post(act(mine, "ship"), {"fulfillment_id": theirs.fulfillments.get().pk}),
            client.post(act(mine, "move"), {f"quantity_{line.pk}": 1, "from_location_id": near, "to_location_id": far}),
            client.post(
                reverse("admin:inventory_inventoryitem_adjust", args=[line.item_id]),
                {"location_id": far, "delta": 1, "reason": "correction", "sku": "LAMP"},
            ),
            client.post(reverse("admin:inventory_inventorylevel_keep", args=[level.pk]), {"safety_stock": 1}),
        ]
        client.post(act(mine, "fulfill"), {f"quantity_{line.pk}": 1})  # from nowhere in particular
    assert [answer.status_code for answer in told] == [404] * len(told)


def test_no_list_and_no_row_of_the_api_tells_of_there(two):
    program = two.program()
    hidden = {each for ids in two.public_ids().values() for each in ids}
    lists = [route for route in api_routes() if re.fullmatch(r"GET admin/[\w-]+", route)]
    rows = [route for route in api_routes() if re.fullmatch(r"GET admin/[\w-]+/<str:\w+>(/[\w-]+)?", route)]

    for route in lists:
        for asked in ("", "?limit=200&offset=0"):
            answer = program.get(f"/{route[4:]}{asked}")
            told = json.dumps(answer.json())
            assert answer.status_code == 200, route
            assert not {each for each in hidden if each in told}, route
    prefixes = {"orders": "order_", "customers": "cus_", "payments": "pay_", "stock-locations": "sloc_"}
    prefixes |= {"reservations": "resitem_", "stock-arrivals": "sarr_", "stock-transfers": "stra_"}
    prefixes |= {"stock-counts": "scnt_", "sales-channels": "sc_", "api-keys": "apk_", "bulk-jobs": "bulk_"}
    for route in rows:
        word = route.split("/")[1]
        for each in two.public_ids().get(prefixes.get(word, ""), [])[:1]:
            answer = program.get("/" + re.sub(r"<str:\w+>", each, route[4:]))
            assert answer.status_code in {403, 404}, route


def test_an_item_tells_of_the_levels_of_here(two):
    program = two.program()
    lamp = two.here.items["LAMP"]
    places = {each.public_id for each in two.here.locations.values()}

    one = program.get(f"/admin/inventory-items/{lamp.public_id}").json()["inventory_item"]
    levels = program.get(f"/admin/inventory-items/{lamp.public_id}/location-levels").json()["inventory_levels"]
    stock = program.get(f"/admin/sales-channels/{two.here.channel.public_id}/stock?sku=LAMP").json()["stock"]

    assert {each["location_id"] for each in one["location_levels"]} == places
    assert {each["location_id"] for each in levels} == places
    assert stock[0]["available"] <= 200


def test_nothing_there_is_written_by_the_api(two):
    program = two.program()
    mine, theirs = (Order.objects.get(external_id=name) for name in ("WEB-1", "WEB-2"))
    line, lamp, far = mine.lines.get(), two.here.items["LAMP"], two.there.locations["W1"].public_id
    near = two.here.locations["W1"].public_id
    items = [{"id": line.public_id, "quantity": 1}]
    packed = theirs.fulfillments.get().public_id
    body = order_body({"LAMP": 1}, sales_channel=two.there.channel.code, external_id="NEW")
    place_ = f"/admin/inventory-items/{lamp.public_id}/location-levels/{far}"

    with nothing_moves():
        told = {
            "cancel": program.post(f"/admin/orders/{theirs.public_id}/cancel"),
            "ship": program.post(f"/admin/orders/{mine.public_id}/fulfillments/{packed}/shipments", {"items": items}),
            "fulfill": program.post(
                f"/admin/orders/{mine.public_id}/fulfillments", {"items": items, "location_id": far}
            ),
            "move": program.post(
                f"/admin/orders/{mine.public_id}/move-reserved",
                {"items": items, "from_location_id": near, "to_location_id": far},
            ),
            "place": program.post("/admin/orders", body),
            "adjust": program.post(f"{place_}/adjust", {"delta": 1, "reason": "correction"}),
            "count": program.post(place_, {"stocked_quantity": 1}),
            "reserve": program.post(
                "/admin/reservations", {"inventory_item_id": lamp.public_id, "location_id": far, "quantity": 1}
            ),
            "hidden": program.post(
                "/admin/reservations",
                b'{"inventory_item_id": "%s", "location_id": "\\u0073loc_%s", "quantity": 1}'
                % (lamp.public_id.encode(), far.partition("_")[2].encode()),
            ),
            "transfer": program.post(
                "/admin/stock-transfers",
                {
                    "source_location_id": near,
                    "target_location_id": far,
                    "items": [{"inventory_item_id": lamp.public_id, "quantity": 1}],
                },
            ),
            "new location": program.post("/admin/stock-locations", {"name": "Mine"}),
            "new channel": program.post("/admin/sales-channels", {"name": "Mine"}),
            "bulk": program.post("/admin/orders/bulk", {"act": "archive", "ids": [theirs.public_id]}),
        }
        batch = program.post("/admin/orders/batch", {"orders": [body]})

    assert {name: answer.status_code for name, answer in told.items()} == dict.fromkeys(told, 403) | {
        "cancel": 404,
        "ship": 404,
        "adjust": 404,
        "count": 404,
    }
    assert problem(told["place"]) == (403, "forbidden", "outside_limits")
    assert batch.json()["results"][0]["error"]["code"] == "outside_limits"


def test_an_order_that_is_known_there_is_not_handed_out_by_placing_it_again(two):
    far = place(two.there, {"LAMP": 1}, external_id="FAR")
    near = two.here.locations["W1"]
    key = create_api_key(title="W1", scopes=list(Scope), location_ids=[near.pk])

    again = Api(key.secret).post(
        "/admin/orders", order_body({"LAMP": 1}, sales_channel=two.there.channel.code, external_id="FAR")
    )

    assert far.order_id is not None
    assert problem(again) == (403, "forbidden", "outside_limits")


def test_a_warehouse_sends_what_is_its_own_and_receives_what_is_for_it(two):
    key = create_api_key(title="W1", scopes=list(Scope), location_ids=[two.here.locations["W1"].pk])
    program = Api(key.secret)
    sent = program.get("/admin/stock-transfers").json()["stock_transfers"][0]
    received = {"items": [{"id": sent["items"][0]["id"], "quantity": 1}]}

    refused = program.post(f"/admin/stock-transfers/{sent['id']}/receive", received)

    assert problem(refused) == (403, "forbidden", "outside_limits")


def test_packing_many_orders_packs_what_lies_at_ones_own_locations(client):
    house = a_house()
    for name in ("W1", "W2"):
        assert house.level("LAMP", name).on_hand == 100
    orders = [place(house, {"LAMP": 1}).order_id, place(house, {"LAMP": 1}).order_id]
    w2 = create_api_key(title="W2", scopes=list(Scope), location_ids=[house.locations["W2"].pk])
    w1 = create_api_key(title="W1", scopes=list(Scope), location_ids=[house.locations["W1"].pk])
    ids = [Order.objects.get(pk=each).public_id for each in orders]

    refused = Api(w2.secret).post("/admin/orders/bulk", {"act": "fulfill", "ids": ids})
    taken = Api(w1.secret).post("/admin/orders/bulk", {"act": "fulfill", "ids": ids})

    assert (refused.status_code, taken.status_code) == (403, 202)


def test_the_columns_of_the_two_businesses_are_told_apart():
    """The test above proves something only if there is something on the other side."""
    two = _Two()

    empty = [
        model._meta.label
        for model in _EVERY_MODEL
        if is_limited(model) and not two.theirs[model._meta.label] and model._base_manager.exists()
    ]

    assert set(empty) <= {"orders.Customer", "orders.BulkJob", "orders.BulkJobRow", "web.SavedView"}

"""Ways around limits: other spellings of a key, what stands beside a row, work that was begun before they were set."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from inventory.models import InventoryLevel
from oms.core import ids
from oms.web.api_keys import create_api_key
from oms.web.console import attention
from oms.web.limits import Limits, answering
from oms.web.models import ApiKey, StaffLimits
from oms.web.named import keys
from oms.web.scopes import Scope
from orders.models import BulkJob, Customer
from orders.services.fulfilling import create_fulfillment
from tests.access.people import signed_in
from tests.api import Api, problem
from tests.console import act, page
from tests.factories import InventoryLevelFactory, SalesChannelFactory, StaffFactory, StockLocationFactory
from tests.scenarios import STAFF, Shop, items_of, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


def _clerk(**limits):
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.exclude(codename="own_locations_only"))
    StaffLimits.objects.create(user=clerk, **limits)
    return signed_in(clerk)


def _two_places():
    """A lamp at W1, a mug at W2, and an order of both."""
    here = shop({"W1": {"LAMP": 5}, "W2": {"MUG": 5}})
    return here, placed_order(here, {"LAMP": 1, "MUG": 1})


# --- keys in other spellings ---


def test_a_key_is_found_in_every_spelling_that_a_form_reads():
    key = ids.new_id()
    text = str(key)
    digits = key.hex

    spelled = [
        text,
        text.upper(),
        digits,
        f"{{{text}}}",
        f"urn:uuid:{text}",
        f" {text} ",
        "-".join(digits),
        "-" * 500 + digits,
        f"+{digits[1:]}",
        f"{digits[1:3]}_{digits[3:]}",
        digits.translate({ord(str(each)): 0xFF10 + each for each in range(10)}),
        ids.encode(ids.ORDER, key),
        ids.encode(ids.ORDER, key).upper().replace("ORDER", "order"),
    ]

    assert [each for each in spelled if key not in keys([each])] == []


def test_a_location_outside_is_refused_in_the_console_however_its_key_is_spelled():
    here, order = _two_places()
    client = _clerk(location_ids=[here.locations["W1"].pk])
    mug = order.lines.get(sku="MUG")
    far = here.locations["W2"].pk

    with nothing_moves():
        told = [
            client.post(act(order, "fulfill"), {f"quantity_{mug.pk}": 1, "location_id": spelled})
            for spelled in (f"+{far.hex[1:]}", "-".join(far.hex))
        ]

    assert [answer.status_code for answer in told] == [404, 404]


def test_a_location_outside_is_refused_by_the_api_however_its_key_is_spelled():
    here = shop({"W1": {"LAMP": 5}})
    with_k = next(key for key in iter(ids.new_id, None) if "k" in ids.encode(ids.STOCK_LOCATION, key)[5:])
    far = StockLocationFactory(pk=with_k, code="far")
    InventoryLevelFactory(item=here.items["LAMP"], location=far, on_hand=100)
    program = Api(create_api_key(title="W1", scopes=list(Scope), location_ids=[here.locations["W1"].pk]).secret)
    wanted = {"inventory_item_id": here.items["LAMP"].public_id, "quantity": 1}

    with nothing_moves():
        told = program.post("/admin/reservations", wanted | {"location_id": far.public_id.replace("k", "\u212a")})

    assert told.status_code == 400  # there is no such id
    assert InventoryLevel.objects.get(location=far).reserved == 0


# --- what stands beside ---


def test_the_page_of_a_customer_lists_their_orders_of_here_alone():
    here = shop({"W1": {"LAMP": 5}})
    there = Shop(SalesChannelFactory(name="Elsewhere", locations=here.locations.values()), here.locations, here.items)
    near, far = (placed_order(each, {"LAMP": 1}, email="ada@example.com") for each in (here, there))
    ada = Customer.objects.get()
    client = _clerk(channel_ids=[here.channel.pk])

    shown = client.get(page("orders_customer", ada.pk)).content.decode()

    assert str(near.pk) in shown
    assert str(far.pk) not in shown


def test_an_order_does_not_tell_where_else_its_goods_lie():
    here, order = _two_places()
    here.locations["W2"].name = "Far away"
    here.locations["W2"].save()
    packed = create_fulfillment(order_id=order.pk, items=items_of(order, {"MUG": 1}), actor=STAFF)
    client = _clerk(location_ids=[here.locations["W1"].pk])
    program = Api(create_api_key(title="W1", scopes=list(Scope), location_ids=[here.locations["W1"].pk]).secret)

    shown = client.get(page("orders_order", order.pk)).content.decode()
    told = program.get(f"/admin/orders/{order.public_id}")

    assert "Far away" not in shown
    assert told.json()["order"]["fulfillments"] == []
    assert packed.public_id not in told.content.decode()


def test_every_page_of_the_console_knows_for_whom_it_is_drawn(monkeypatch):
    here = shop({"W1": {"LAMP": 5}})
    client = _clerk(location_ids=[here.locations["W1"].pk])
    seen = []
    monkeypatch.setattr(attention, "counts", lambda request: seen.append(answering.get()) or {})
    monkeypatch.setattr(attention, "kinds", lambda request: [])

    client.get(reverse("console_exceptions"))

    assert seen == [Limits(None, frozenset({here.locations["W1"].pk}))]


# --- work that was begun before ---


def test_a_job_is_tried_again_only_by_who_still_sees_all_of_its_orders():
    here, order = _two_places()
    secret = create_api_key(title="Till", scopes=list(Scope)).secret
    program = Api(secret)
    job = program.post("/admin/orders/bulk", {"act": "ship", "ids": [order.public_id]}).json()["bulk_job"]["id"]
    program.post(f"/admin/bulk-jobs/{job}/cancel", {})
    ApiKey.objects.update(channel_ids=[SalesChannelFactory().pk])

    with nothing_moves():
        refused = program.post(f"/admin/bulk-jobs/{job}/retry", {})
    ApiKey.objects.update(channel_ids=None, location_ids=[here.locations["W1"].pk])
    taken = program.post(f"/admin/bulk-jobs/{job}/retry", {})

    assert problem(refused) == (403, "forbidden", "outside_limits")
    assert taken.status_code == 200
    assert BulkJob.objects.get().location_ids == [here.locations["W1"].pk]

"""Lists that are taken along as CSV: all that is found, in order, in bounded memory."""

from __future__ import annotations

import csv
import gc
import io
import tracemalloc

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import InventoryLevel
from oms.core import streaming
from oms.web.models import AuditEntry
from orders.enums import HoldReason
from orders.exporting import by_line, by_order
from orders.models import Customer, Order
from orders.services import holds
from tests.console import EVIL, a_house, changelist, furnish, rich_order
from tests.factories import StaffFactory
from tests.scenarios import STAFF, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clerk(client):
    user = StaffFactory()
    client.force_login(user)
    return user


def _export(client, model, **query):
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    answer = client.get(reverse(f"admin:{name}_export"), query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def _rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_orders_are_exported_as_the_list_shows_them_filtered_searched_and_in_its_order(client):
    house = shop({"W1": {"LAMP": 10}})
    first, held, last = (placed_order(house, {"LAMP": 1}, external_id=name) for name in ("A-1", "A-2", "A-3"))
    holds.place_hold(order_id=held.pk, reason=HoldReason.OTHER, actor=STAFF)

    numbers = lambda **query: [int(row["number"]) for row in _rows(_export(client, Order, **query))]  # noqa: E731

    assert numbers() == [last.number, held.number, first.number]
    assert numbers(next="fulfill") == [last.number, first.number]
    assert numbers(q="A-2") == [held.number]
    assert numbers(q="nothing like it") == []


def test_a_line_for_each_order_or_for_each_of_its_lines(client):
    order = rich_order(a_house(), external_id="=cmd()")

    (whole,) = _rows(_export(client, Order))
    (line,) = _rows(_export(client, Order, _rows="lines"))

    assert (whole["number"], whole["external_id"], whole["total"]) == (str(order.number), "'=cmd()", "37.8")
    assert (whole["shipping_first_name"], whole["tags"], whole["on_hold"]) == (EVIL, EVIL, "false")
    assert (line["sku"], line["quantity"], line["unit_price"], line["line_total"]) == ("LAMP", "3", "10", "34.8")
    assert line["id"] == order.public_id


def test_for_excel_the_file_says_that_it_is_utf_8(client):
    assert _export(client, Order, _bom="1").startswith("\ufeffnumber,id,")
    assert _export(client, Order).startswith("number,id,")


def test_levels_and_customers_are_exported_by_the_same_piece(client):
    house = a_house()
    rich_order(house)

    levels = _rows(_export(client, InventoryLevel, q="LAMP"))
    customers = _rows(_export(client, Customer))

    assert [(row["sku"], row["location"], row["on_hand"], row["reserved"]) for row in levels] == [
        ("LAMP", "W1", "100", "3"),
        ("LAMP", "W2", "100", "0"),
    ]
    assert [(row["first_name"], row["email"]) for row in customers] == [(EVIL, "jane@example.com")]


def test_a_list_offers_its_export_with_the_filters_it_has(client):
    furnish(a_house(), 1)

    shown = client.get(changelist(Order), {"q": EVIL, "next": "hold"}).content.decode()

    assert f'action="{reverse("admin:orders_order_export")}"' in shown
    assert '<input type="hidden" name="next" value="hold">' in shown
    assert EVIL not in shown


def test_whoever_may_not_see_a_list_may_not_take_it_along(client, clerk):
    clerk.is_superuser = False
    clerk.save()
    clerk.user_permissions.add(Permission.objects.get(codename="view_order"))

    assert client.get(reverse("admin:orders_order_export")).status_code == 200
    assert client.get(reverse("admin:orders_customer_export")).status_code == 403
    assert client.get(reverse("admin:inventory_inventorylevel_export")).status_code == 403


def test_who_sees_no_customers_exports_orders_without_people_and_the_audit_tells_of_it(client, clerk):
    rich_order(a_house())
    clerk.is_superuser = False
    clerk.save()
    clerk.user_permissions.add(Permission.objects.get(codename="view_order"))

    (row,) = _rows(_export(client, Order))

    assert {"number", "total"} <= row.keys()
    assert not {"email", "customer", "shipping_address_1"} & row.keys()
    entry = AuditEntry.objects.get(action="exported")
    assert (entry.actor_id, entry.subject) == (str(clerk.pk), "order")


@pytest.mark.parametrize(("rows", "each"), [(by_order, 2), (by_line, 2)])
def test_a_chunk_costs_as_many_queries_however_many_orders_are_in_it(monkeypatch, rows, each):
    house = shop({"W1": {"LAMP": 100, "MUG": 100}})
    for _ in range(8):
        placed_order(house, {"LAMP": 1, "MUG": 1}, email="ada@example.com")
    monkeypatch.setattr(streaming, "CHUNK", 4)
    counts = []

    for wanted in (Order.objects.order_by("pk")[:1], Order.objects.order_by("pk")[:4], Order.objects.order_by("pk")):
        with CaptureQueriesContext(connection) as queries:
            list(rows(wanted))
        counts.append(len([query for query in queries if "FROM" in query["sql"]]))

    assert counts[0] == counts[1]
    assert counts[0] <= each + 1


def test_memory_does_not_grow_with_the_number_of_orders():
    house = shop({"W1": {"LAMP": 10_000}})
    order = placed_order(house, {"LAMP": 1})
    with connection.cursor() as cursor:
        columns = [field.column for field in Order._meta.concrete_fields if field.column not in {"id", "number"}]
        names = ", ".join(columns)
        cursor.execute(
            f"INSERT INTO orders_order (id, {names}) SELECT gen_random_uuid(), {names} FROM orders_order,"  # noqa: S608
            " generate_series(1, 3000)"
        )
    assert order.pk

    def peak(count):
        tracemalloc.start()
        lines = 0
        for _ in by_order(Order.objects.order_by("-placed_at", "-pk")[:count]):
            lines += 1
            if lines % 500 == 0:
                gc.collect()  # what is kept is measured, not when the collector comes by
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return lines, most

    peak(10)
    small, large = peak(1000), peak(3000)

    assert (small[0], large[0]) == (1001, 3001)
    assert large[1] < 1.2 * small[1]

"""The rows of the console's lists: what they show, where they lead, and that nothing typed by anybody is markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse

from channels.models import SalesChannel
from oms.web.console import drawn_filters, paging
from oms.web.time_zones import CHOSEN
from orders.models import Customer, Order
from orders.requests import CustomerRequest
from tests.console import EVIL, changelist, page
from tests.factories import SalesChannelFactory, StaffFactory
from tests.scenarios import placed_order, shop

pytestmark = pytest.mark.django_db

_CELL = re.compile(r'<(t[hd]) class="([^"]*)" data-label="([^"]*)">(.*?)</\1>', re.DOTALL)


@pytest.fixture(autouse=True)
def _clerk(client):
    client.force_login(StaffFactory(username="boss", email="boss@example.com"))


def _rows(client, url, **query):
    """The cells of each row that a list shows."""
    text = client.get(url, query).content.decode()
    return [_CELL.findall(row) for row in re.findall(r'<tr class="data-row c-row">(.*?)</tr>', text, re.DOTALL)]


def _an_order(**fields):
    return placed_order(shop({"W1": {"LAMP": 10}}), {"LAMP": 1}, **fields)


def test_a_row_of_an_order_shows_its_columns_and_leads_to_its_page(client):
    order = _an_order(email="jane@example.com", placed_at=datetime(2026, 3, 1, 12, tzinfo=UTC))

    [cells] = _rows(client, changelist(Order))

    link = f'<a class="c-row-link" href="{page("orders_order", order.pk)}">{order}</a>'
    assert [(tag, classes, label) for tag, classes, label, _ in cells] == [
        ("td", "action-checkbox c-tick", "Select record"),
        ("th", "c-cell field-shown_number", "Number"),
        ("td", "c-cell field-placed_at nowrap", "placed at"),
        ("td", "c-cell field-shown_customer", "Customer"),
        ("td", "c-cell field-channel nowrap", "channel"),
        ("td", "c-cell field-shown_status", "Status"),
        ("td", "c-cell field-shown_payment", "Payment"),
        ("td", "c-cell field-shown_goods", "Goods"),
        ("td", "c-cell field-shown_total", "Total"),
        ("td", "c-cell field-shown_open", "Open"),
    ]
    shown = [text for _, _, _, text in cells]
    assert f'value="{order.pk}"' in shown[0]
    assert 'name="_selected_action"' in shown[0]
    assert shown[1:5] == [link, "March 1, 2026, noon", "jane@example.com", str(order.channel)]
    assert shown[-1] == "1"


def test_what_a_customer_has_typed_is_text_in_every_list(client):
    _an_order(email="jane@example.com", customer=CustomerRequest(last_name=EVIL, company_name=f'"{EVIL}'))
    SalesChannelFactory(name=EVIL)

    shown = [
        text
        for url in (changelist(Order), changelist(Customer), changelist(SalesChannel))
        for cells in _rows(client, url)
        for *_, text in cells
    ]

    assert any("&lt;script&gt;" in text for text in shown)
    assert not any("<script" in text for text in shown)


def test_yes_and_no_are_icons_nothing_is_a_dash_and_headers_sort_where_they_may(client):
    StaffFactory(username="ada", is_staff=False)

    ada, boss = _rows(client, changelist(get_user_model()), o="1")
    head = client.get(changelist(get_user_model()), {"o": "1"}).content.decode()

    assert [cells[2][3] for cells in (ada, boss)] == ["-", "boss@example.com"]
    assert "c-row-link" in ada[1][3]
    assert [("check_small" in cells[5][3], "close_small" in cells[5][3]) for cells in (ada, boss)] == [
        (False, True),
        (True, False),
    ]
    assert 'href="?o=2.1"' in head
    assert 'href="?o=-1"' in head


def test_a_row_leads_to_a_page_that_leads_back_to_the_list_as_it_was(client):
    order = _an_order()

    [cells] = _rows(client, changelist(Order), next="fulfill")

    assert f'href="{page("orders_order", order.pk)}?_changelist_filters=next%3Dfulfill"' in cells[1][3]


def test_a_list_is_drawn_in_the_language_and_the_time_zone_of_whoever_looks(client):
    _an_order(placed_at=datetime(2026, 3, 1, 23, tzinfo=UTC))
    url = changelist(Order)
    drawn_filters._drawn.clear()

    client.get(url)
    client.cookies[CHOSEN] = "Europe/Berlin"
    german = client.get(url, headers={"Accept-Language": "de"}).content.decode()

    assert "2. März 2026 00:00" in german
    assert {key[0] for key in drawn_filters._drawn} == {"en", "de"}


def test_an_empty_list_says_what_to_do(client):
    text = client.get(changelist(Order)).content.decode()

    assert "Nothing here yet" in text
    assert 'id="result_list"' not in text


def test_no_list_asks_for_what_its_rows_do_not_draw():
    asked = [
        (model._meta.label, name)
        for model, each in admin.site._registry.items()
        for name in ("list_editable", "list_sections", "ordering_field", "actions_row")
        if getattr(each, name, None)
    ]
    marked = [
        (model._meta.label, name, mark)
        for model, each in admin.site._registry.items()
        for name in each.list_display
        for mark in ("label", "header", "dropdown")
        if isinstance(name, str) and getattr(getattr(each, name, None), mark, None)
    ]

    assert (asked, marked) == ([], [])


def test_a_page_far_behind_shows_the_same_rows_in_the_same_order(client, monkeypatch):
    house = shop({"W1": {"LAMP": 10}})
    for _ in range(5):
        placed_order(house, {"LAMP": 1})
    rows = Order.objects.select_related("channel").defer("metadata").order_by("-placed_at", "-id")
    usual = [list(paging.CappedPaginator(rows, 2).page(number)) for number in (1, 2, 3)]

    monkeypatch.setattr(paging, "_FAR", 1)
    far = [paging.CappedPaginator(rows, 2).page(number) for number in (1, 2, 3)]

    assert [list(each) for each in far] == usual
    assert [len(each) for each in usual] == [2, 2, 1]
    assert (far[2].has_previous(), far[2].has_next()) == (True, False)


def test_a_filter_shows_what_is_chosen_now_and_nothing_that_was_typed_is_kept(client):
    _an_order()
    url = changelist(Order)

    def checked(**query):
        text = client.get(url, query).content.decode()
        return re.findall(
            r'name="(?:next|tag)" value="([^"]*)"[^>]*checked', text
        ), f'value="{query.get("tag")}"' in text

    drawn_filters._drawn.clear()
    first = checked()
    chosen = checked(next="hold", tag="somebody's")
    again = checked()

    assert first == again
    assert "hold" in str(chosen[0])
    assert not any("somebody" in str(kept) for kept in drawn_filters._drawn.items())


def test_the_page_of_an_app_lists_its_models_and_an_app_without_any_has_none(client):
    shown = client.get(reverse("admin:app_list", args=["orders"]))

    assert [app["app_label"] for app in shown.context["app_list"]] == ["orders"]
    assert "Order" in [model["object_name"] for model in shown.context["app_list"][0]["models"]]
    client.force_login(StaffFactory(is_superuser=False))
    assert client.get(reverse("admin:app_list", args=["orders"])).status_code == 404

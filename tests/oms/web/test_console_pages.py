"""Every page of the console: it renders for whoever may do everything, in a number of queries that does not grow."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import InventoryItem
from oms.web import api_keys
from oms.web.models import ApiKey, RoleGrant
from orders.models import CustomerChannel, Order, OrderLocation
from orders.requests import LineRequest, PaymentRequest
from tests.console import EVIL, a_house, changelist, furnish, messages_of, page, rich_order
from tests.factories import InventoryItemFactory, SalesChannelFactory, StaffFactory, StockLocationFactory
from tests.scenarios import placed_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(client):
    client.force_login(StaffFactory())
    return a_house()


def _first(model):
    return model._default_manager.order_by("pk").first()


# What is kept to find other rows by, and says nothing that these do not.
_UNSEEN = {RoleGrant, OrderLocation, CustomerChannel}


def test_every_model_of_ours_is_in_the_console():
    ours = {"core", "web", "orders", "inventory", "fulfillment", "payments", "channels"}

    missing = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in ours and model not in _UNSEEN and not admin.site.is_registered(model)
    ]

    assert missing == []


def _queries(client, url):
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200, url
    assert EVIL not in response.content.decode(), f"not escaped: {url}"
    assert 'href="javascript:' not in response.content.decode(), url
    return len(queries)


def _another_of_plain_things(number):
    StockLocationFactory(code=f"x{number}", name=EVIL)
    SalesChannelFactory(name=EVIL)
    InventoryItemFactory(title=EVIL)


def test_every_list_renders_escaped_in_a_constant_number_of_queries(client, house):
    furnish(house, 1)
    client.get(reverse("admin:index"))  # fills caches of content types and templates
    with_one = {model._meta.label: _queries(client, changelist(model)) for model in admin.site._registry}

    for number in (2, 3):
        furnish(house, number)
    with_three = {model._meta.label: _queries(client, changelist(model)) for model in admin.site._registry}

    assert with_three == with_one
    assert max(with_one.values()) <= 10


def test_every_page_of_a_row_renders_escaped(client, house):
    furnish(house, 1)
    _another_of_plain_things(1)

    for model in admin.site._registry:
        row = _first(model)
        assert row is not None, f"the house has no {model._meta.label}"
        _queries(client, page(f"{model._meta.app_label}_{model._meta.model_name}", row.pk))


def test_the_order_page_takes_as_many_queries_for_many_lines_as_for_one(client, house):
    small = rich_order(house)
    many = [LineRequest(sku="LAMP", quantity=1, unit_price=Decimal(1)) for _ in range(20)]
    paid = [PaymentRequest(amount=Decimal(20))]
    big = placed_order(house, many, currency_code="GBP", email="jane@example.com", payments=paid)
    client.get(page("orders_order", small.pk))

    counts = [_queries(client, page("orders_order", order.pk)) for order in (small, big)]

    assert counts[0] == counts[1]
    assert counts[0] <= 25


def test_the_first_page_links_each_number_to_its_list(client, house):
    furnish(house, 1)
    rich_order(house)

    figures = client.get(reverse("admin:index")).context["figures"]

    assert {str(figure["title"]): figure["count"] for figure in figures} == {
        "To be fulfilled": 1,
        "Late": 0,
        "To ship": 0,
        "On hold": 1,
        "Backordered": 0,
        "Requires action": 0,
        "Stock missing": 1,
        "Low stock": 1,
        "Import rejects": 1,
        "Sources that fail": 0,
        "Credits for staff": 1,
        "Dead letters": 0,
    }
    for figure in figures:
        listed = client.get(figure["url"])
        assert listed.context["cl"].result_count == figure["count"], figure["title"]


@pytest.mark.parametrize("app", ["orders", "inventory", "fulfillment", "payments", "channels", "core"])
def test_what_services_write_is_not_edited_or_deleted_by_hand(client, house, app):
    furnish(house, 1)
    made_by_a_form = {"Arrival", "Transfer", "StockCount", "GiftCard", "StoreCreditAccount"}
    editable = {"Customer", "InventoryItem", "StockLocation", "SalesChannel", "OrderSource"}
    models = [model for model in admin.site._registry if model._meta.app_label == app]

    for model in models:
        name, row = f"{model._meta.app_label}_{model._meta.model_name}", _first(model)
        assert client.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        if model.__name__ not in editable:
            if model.__name__ not in made_by_a_form:
                assert client.get(reverse(f"admin:{name}_add")).status_code == 403
            assert client.post(page(name, row.pk), {"total": "0", "status": "completed"}).status_code in {403, 405}


def test_who_has_no_permission_sees_nothing(client):
    clerk = StaffFactory(is_superuser=False)
    client.force_login(clerk)

    index = client.get(reverse("admin:index"))

    assert index.status_code == 200
    assert index.context["figures"] == []
    assert client.get(changelist(Order)).status_code == 403
    assert client.get(changelist(InventoryItem)).status_code == 403


def test_a_count_stops_at_its_cap(client, house, monkeypatch):
    monkeypatch.setattr("oms.web.console.paging.CappedPaginator.most", 2)
    for _ in range(3):
        rich_order(house)

    listed = client.get(changelist(Order))

    assert listed.context["cl"].paginator.count_label == "2 or more"
    assert "2 or more" in listed.content.decode()


def test_an_api_key_is_shown_once_and_can_be_revoked(client, house):
    made = client.post(reverse("admin:web_apikey_add"), {"title": "Till", "scopes": ["orders:read"]}, follow=True)

    key = ApiKey.objects.get()
    shown = next(text for text in messages_of(made) if "sk_" in text)
    secret = shown.split(">")[1].split("<")[0]
    assert (key.title, key.scopes, api_keys.find(secret).id) == ("Till", ["orders:read"], key.pk)
    assert secret not in client.get(page("web_apikey", key.pk)).content.decode()

    client.post(reverse("admin:web_apikey_revoke", args=[key.pk]))

    assert api_keys.find(secret) is None

"""A real browser has nothing to refuse on any kind of page: no violation of the Content-Security-Policy is logged."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from channels.models import ImportUpload, OrderSource
from inventory.models import Arrival, InventoryItem, InventoryLevel
from orders.models import Customer, Order
from tests.console import a_house, changelist, furnish, page

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

_LISTS = ("orders_order", "inventory_inventorylevel", "web_auditentry", "channels_importreject")
_PAGES = (
    *("admin:index", "admin:web_apikey_add", "admin:inventory_arrival_add", "admin:channels_importupload_import"),
    *("admin:core_delivery_subscribers", "admin:django_celery_beat_periodictask_add", "admin:password_change"),
    *("admin:inventory_inventorylevel_adjust", "console_exceptions", "second_factor", "docs"),
)


def _first(model):
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    return page(name, model._default_manager.order_by("pk").first().pk)


@pytest.mark.django_db(transaction=True)
def test_no_page_asks_for_what_its_policy_forbids(browser, live_server):
    furnish(a_house(), 1)
    boss = get_user_model().objects.create_superuser("boss", password="secret-enough")
    context = browser.new_context(base_url=live_server.url)
    tab = context.new_page()
    refused = []
    tab.on("console", lambda line: refused.append((tab.url, line.text)) if "Content Security" in line.text else None)
    tab.on("pageerror", lambda error: refused.append((tab.url, str(error))))
    rows = [
        _first(model) for model in (Order, Customer, InventoryItem, InventoryLevel, Arrival, ImportUpload, OrderSource)
    ]

    tab.goto("/console/login/")
    tab.fill("[name=username]", "boss")
    tab.fill("[name=password]", "secret-enough")
    tab.press("[name=password]", "Enter")
    tab.wait_for_url("**/console/")
    addresses = [*(changelist(name) for name in _LISTS), *map(reverse, _PAGES), *rows, page("auth_user", boss.pk)]
    for address in addresses:
        answer = tab.goto(address)
        assert answer.status == 200, address
        tab.wait_for_load_state("networkidle")

    assert refused == []
    tab.goto("/docs")
    tab.get_by_text("List orders", exact=True).first.wait_for()
    context.close()

"""The first page: each number leads to its rows, charts have tables, days are those of whoever looks."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oms.web.time_zones import BROWSERS
from orders.enums import HoldReason
from orders.models import Order
from orders.services import holds
from orders.services.sales import sum_up_sales
from tests.console import EVIL, a_house, furnish, rich_order
from tests.factories import SalesChannelFactory, StaffFactory
from tests.scenarios import STAFF, Shop, placed_order, shop

pytestmark = pytest.mark.django_db

INDEX = "/console/"


def _clerk(client, *permissions):
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(clerk)


@pytest.fixture
def boss(client):
    client.force_login(StaffFactory())


def _panel(client, query="", **cookies):
    (panel,) = client.get(f"{INDEX}?{query}").context["panels"]
    return panel


def _table(panel, measure):
    """Day to the values of each channel and their sum, of the days on which there was anything."""
    (chart,) = [chart for chart in panel["charts"] if chart["measure"] == measure]
    return {row["day"]: row["values"] for row in chart["rows"] if row["values"][-1] not in {"0", "€0.00", "$0.00"}}


def test_every_number_is_that_of_the_rows_of_the_list_behind_it(client, boss):
    house = a_house()
    furnish(house, 1)
    rich_order(house)
    late = placed_order(house, {"LAMP": 1}, placed_at=timezone.now() - timedelta(days=20))
    waits = shop({"W9": {"RUG": 0}}, allow_backorder=True)
    placed_order(waits, {"RUG": 2})
    holds.place_hold(order_id=late.pk, reason=HoldReason.OTHER, actor=STAFF)

    figures = client.get(INDEX).context["figures"]
    numbers = {str(figure["title"]): figure["count"] for figure in figures}
    lists = {str(figure["title"]): client.get(figure["url"]).context["cl"].result_count for figure in figures}

    assert numbers == lists
    assert [numbers[name] for name in ("To be fulfilled", "Late", "On hold", "Backordered")] == [2, 1, 2, 1]


def test_figures_are_one_query_and_the_page_costs_no_more_with_more_orders(client, boss):
    house = a_house()
    furnish(house, 1)
    client.get(INDEX)
    counts = []
    for number in (2, 3):
        with CaptureQueriesContext(connection) as queries:
            client.get(INDEX)
        counts.append(len(queries))
        furnish(house, number)

    assert counts[0] == counts[1] <= 8


def test_a_count_stops_where_it_stops_being_news(client, boss, monkeypatch):
    monkeypatch.setattr("oms.web.console.dashboard.MOST", 2)
    house = a_house()
    for _ in range(3):
        placed_order(house, {"LAMP": 1})

    assert client.get(INDEX).context["figures"][0]["count"] == "1+"


def test_figures_and_charts_of_lists_that_one_may_not_see_are_not_shown(client):
    furnish(a_house(), 1)

    _clerk(client, "view_delivery")
    page = client.get(INDEX)

    assert [str(figure["title"]) for figure in page.context["figures"]] == ["Dead letters"]
    assert page.context["panels"] == []


def test_sales_are_told_by_day_and_channel_and_currencies_are_never_added_up(client, boss):
    house = shop({"W1": {"LAMP": 100}})
    second = Shop(SalesChannelFactory(name=EVIL, locations=house.locations.values()), house.locations, house.items)
    today, before = timezone.localdate(), timezone.localdate() - timedelta(days=3)
    earlier = timezone.now() - timedelta(days=3)
    for where, quantity, currency, at in (
        (house, 1, "EUR", None),
        (house, 2, "EUR", None),
        (second, 3, "EUR", None),
        (house, 1, "USD", None),
        (house, 4, "EUR", earlier),
    ):
        placed_order(where, {"LAMP": quantity}, currency_code=currency, placed_at=at)
    sum_up_sales()

    panel, dollars = _panel(client), _panel(client, "currency=USD")
    drawn = json.loads(panel["charts"][0]["data"])

    assert _table(panel, "orders") == {today: ["3", "1", "4"], before: ["1", "0", "1"]}
    assert _table(panel, "units") == {today: ["4", "3", "7"], before: ["4", "0", "4"]}
    assert _table(panel, "revenue") == {today: ["€30.00", "€30.00", "€60.00"], before: ["€40.00", "€0.00", "€40.00"]}
    assert _table(dollars, "revenue") == {today: ["$10.00", "$0.00", "$10.00"]}
    assert (panel["currency"], panel["currencies"]) == ("EUR", ["EUR", "USD"])
    assert [data["data"][-1] for data in drawn["datasets"]] == [3, 1]
    assert len(drawn["labels"]) == 30
    assert EVIL not in client.get(INDEX).content.decode()


def test_many_small_channels_are_drawn_as_one(client, boss):
    house = shop({"W1": {"LAMP": 100}})
    for number in range(8):
        channel = SalesChannelFactory(name=f"C{number}", locations=house.locations.values())
        placed_order(Shop(channel, house.locations, house.items), {"LAMP": 1})
    sum_up_sales()

    chart = _panel(client)["charts"][0]

    assert chart["columns"][-1] == "Others"
    assert chart["rows"][0]["values"] == ["1"] * 6 + ["2", "8"]


def test_a_day_is_that_of_the_browsers_time_zone(client, boss):
    house = shop({"W1": {"LAMP": 100}})
    there = ZoneInfo("Pacific/Kiritimati")  # fourteen hours ahead
    at = datetime.combine(timezone.localdate() - timedelta(days=2), datetime.min.time(), ZoneInfo("UTC")).replace(
        hour=11
    )
    placed_order(house, {"LAMP": 1}, placed_at=at)
    sum_up_sales()

    utc = _table(_panel(client), "orders")
    client.cookies[BROWSERS] = quote("Pacific/Kiritimati", safe="")
    ahead = _table(_panel(client), "orders")
    listed = client.get(reverse("admin:orders_order_changelist")).content.decode()
    client.cookies[BROWSERS] = "../../etc/passwd"
    nonsense = client.get(INDEX).status_code

    assert list(utc) == [at.date()]
    assert list(ahead) == [at.astimezone(there).date()] == [at.date() + timedelta(days=1)]
    assert ", 1 a.m." in listed
    assert nonsense == 200
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_shop_without_orders_is_told_where_they_come_from(client, boss):
    page = client.get(INDEX).content.decode()

    assert "No orders yet in these days." in page
    assert reverse("admin:channels_importupload_changelist") in page


def _marked(client, url):
    groups = client.get(url).context["sidebar_navigation"]
    return [str(item["title"]) for group in groups for item in group["items"] if item["active"]]


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("admin:index", "What waits"),
        ("admin:core_delivery_changelist", "Deliveries"),
        ("admin:core_delivery_subscribers", "Subscribers"),
        ("admin:orders_order_changelist", "Orders"),
        ("admin:inventory_inventoryitem_changelist", "Items"),
    ],
)
def test_one_entry_of_the_sidebar_is_marked(client, boss, page, title):
    assert _marked(client, reverse(page)) == [title]


def test_the_sidebar_shows_daily_work_first_and_folds_the_rest(client, boss):
    groups = client.get(INDEX).context["sidebar_navigation"]
    shown = [
        (
            str(group["title"]),
            bool(group.get("collapsible")),
            sum(bool(item["has_permission"]) for item in group["items"]),
        )
        for group in groups
    ]

    assert [title for title, folded, _count in shown if not folded] == ["Today", "Stock"]
    assert sum(count for _title, folded, count in shown if not folded) == 12
    assert Order.objects.count() == 0

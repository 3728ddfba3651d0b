"""Sums of sales are the sums of the orders, whatever happened to these, on the days of every time zone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from oms.core.money import Money
from orders.enums import CancelReason
from orders.models import Order, SalesQuarter
from orders.selectors.sales import Sales, sales_by_day
from orders.services import sales
from orders.services.cancellation import cancel_order
from tests.scenarios import STAFF, placed_order, shop

pytestmark = pytest.mark.django_db

DAYS = 30


@pytest.fixture
def house():
    return shop({"W1": {"LAMP": 1000}})


def _first():
    return timezone.localdate() - timedelta(days=DAYS - 1)


def _told(channel):
    return sales_by_day(first=_first(), days=DAYS, channel_ids=[channel.pk])


def _added_up(channel):
    """The same from the orders themselves, in Python."""
    orders, units, revenue = Counter(), Counter(), Counter()
    for order in Order.objects.filter(channel=channel, canceled_at=None).prefetch_related("lines"):
        day = timezone.localdate(order.placed_at)
        if _first() <= day < _first() + timedelta(days=DAYS):
            key = day, order.channel_id, order.currency
            orders[key] += 1
            units[key] += sum(line.quantity for line in order.lines.all() if line.kind == "goods")
            revenue[key] += order.total
    return [
        Sales(day, channel_id, orders[key], units[key], Money(revenue[key].quantize(Decimal("0.0001")), currency))
        for key in sorted(orders)
        for day, channel_id, currency in [key]
    ]


def _sell(house, hours_ago, quantity=1, currency="EUR"):
    at = timezone.now() - timedelta(hours=hours_ago)
    return placed_order(house, {"LAMP": quantity}, currency_code=currency, placed_at=at)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York"])
def test_a_days_sales_are_those_of_the_orders_of_that_day_in_the_zone_of_whoever_looks(house, zone):
    for step in range(12):
        _sell(house, hours_ago=step * 5.3, quantity=1 + step % 3, currency="EUR" if step % 2 else "JPY")
    _sell(house, hours_ago=24 * 29)
    _sell(house, hours_ago=24 * 60)  # long ago

    sales.sum_up_sales()

    with timezone.override(zone):
        assert _told(house.channel) == _added_up(house.channel) != []


def test_what_became_of_orders_since_changes_the_sums_and_nothing_else_does(house):
    kept, canceled = _sell(house, 30, quantity=2), _sell(house, 31, quantity=5)
    sales.sum_up_sales()
    before = _told(house.channel)

    cancel_order(order_id=canceled.pk, reason=CancelReason.CUSTOMER, actor=STAFF)
    _sell(house, 1)
    sales.sum_up_sales()
    after = _told(house.channel)

    assert sum(day.units for day in before) == 7
    assert sum(day.units for day in after) == 3
    assert after == _added_up(house.channel)
    assert kept.status == "pending"


def test_summing_up_again_says_the_same(house):
    _sell(house, 30)
    sales.sum_up_sales()
    before = _told(house.channel)

    sales.sum_up_sales()
    sales.sum_up_sales(everything=True)

    assert _told(house.channel) == before
    assert SalesQuarter.objects.count() == 1


def test_only_quarters_in_which_an_order_changed_are_summed_again(house):
    _sell(house, 30), _sell(house, 60)
    sales.sum_up_sales()
    Order.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    changed = _sell(house, 90)

    looked_at = sales.sum_up_sales()

    assert looked_at == 1
    assert SalesQuarter.objects.order_by("starts_at").first().starts_at <= changed.placed_at
    assert _told(house.channel) == _added_up(house.channel)


def test_an_order_that_is_said_to_be_of_another_day_is_found_by_summing_everything(house):
    order = _sell(house, 30)
    sales.sum_up_sales()
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(hours=200), updated_at=timezone.now())

    sales.sum_up_sales(everything=True)

    assert _told(house.channel) == _added_up(house.channel)
    assert SalesQuarter.objects.count() == 1


def test_what_is_older_than_is_shown_is_forgotten(house):
    _sell(house, 30)
    sales.sum_up_sales()
    SalesQuarter.objects.update(starts_at=timezone.now() - timedelta(days=sales.DAYS_KEPT + 1))

    sales.sum_up_sales()

    assert SalesQuarter.objects.filter(starts_at__lt=timezone.now() - timedelta(days=sales.DAYS_KEPT)).count() == 0


def test_a_sum_costs_one_query_however_much_was_sold(house, django_assert_num_queries):
    for hours in range(0, 50, 7):
        _sell(house, hours)
    sales.sum_up_sales()

    with django_assert_num_queries(1):
        _told(house.channel)

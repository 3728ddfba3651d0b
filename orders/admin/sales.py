"""What was sold in the last month, on the first page: by day and channel, and never one currency with another."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from oms.core.money import Money
from oms.web.console import dashboard
from oms.web.console.admin import ReadOnlyAdmin
from oms.web.limits import limits_of
from orders.models import Order, SalesQuarter
from orders.selectors.sales import Sales, sales_by_day, summed_at

DAYS: Final = 30
MOST_CHANNELS: Final = 6  # the others are drawn as one
_COLORS: Final = ("var(--color-primary-600)", "#d97706", "#059669", "#9333ea", "#db2777", "#0891b2", "#64748b")
_OTHERS: Final = UUID(int=0)
# Chart.js, as Unfold's own charts are set up, but stacked and with a legend.
_OPTIONS: Final = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "maxBarThickness": 14,
        "plugins": {"legend": {"display": True, "align": "start", "labels": {"boxWidth": 10, "boxHeight": 10}}},
        "scales": {
            "x": {"stacked": True, "grid": {"display": False}, "ticks": {"maxTicksLimit": 8, "maxRotation": 0}},
            "y": {"stacked": True, "beginAtZero": True, "grid": {}, "ticks": {"maxTicksLimit": 5, "precision": 0}},
        },
    }
)


@admin.register(SalesQuarter)
class SalesQuarterAdmin(ReadOnlyAdmin):
    """What the charts are drawn from, for whoever doubts them."""

    list_display = ("starts_at", "channel", "currency", "orders", "units", "revenue", "computed_at")
    list_select_related = ("channel",)
    ordering = ("-starts_at", "-channel", "-currency")


@dataclass(slots=True)
class _Day:
    """Of one channel: what a chart draws. Revenue is of one currency."""

    orders: int = 0
    units: int = 0
    revenue: Decimal = Decimal(0)


@dataclass(slots=True)
class _Month:
    """The last DAYS days, by channel and day; `channels` are named, the greatest first."""

    days: Sequence[date]
    currency: str
    channels: Mapping[UUID, str]
    sold: dict[tuple[UUID, date], _Day] = field(default_factory=dict)

    def values(self, channel_id: UUID, measure: str) -> list[Any]:
        none = _Day()
        return [getattr(self.sold.get((channel_id, day), none), measure) for day in self.days]


def panel(request: HttpRequest) -> dict[str, Any]:
    """The charts and their tables. The channels are those that their own list shows to whoever looks."""
    today = timezone.localdate()
    days = [today - timedelta(days=DAYS - 1 - ago) for ago in range(DAYS)]
    channel = Order._meta.get_field("channel").related_model
    # Sums do not tell which location they came from: who sees some of them only is shown none.
    all_of_it = limits_of(request.user).locations is None
    seen = admin.site.get_model_admin(channel).get_queryset(request) if all_of_it else ()
    names = {each.pk: str(each) for each in seen}
    sales = sales_by_day(first=days[0], days=DAYS, channel_ids=list(names))
    counted = Counter[str]()
    for each in sales:
        counted[each.revenue.currency] += each.orders
    currencies = [currency for currency, _count in counted.most_common()]
    asked = request.GET.get("currency", "")
    month = _month(sales, days, names, asked if asked in currencies else next(iter(currencies), ""))
    return {
        "charts": _charts(month) if sales else [],
        "options": _OPTIONS,
        "currency": month.currency,
        "currencies": sorted(currencies),
        "summed_at": summed_at(),
        "days": DAYS,
        "is_shown": all_of_it,
    }


def _month(sales: Sequence[Sales], days: Sequence[date], names: Mapping[UUID, str], currency: str) -> _Month:
    by_channel = Counter[UUID]()
    for each in sales:
        by_channel[each.channel_id] += each.orders
    greatest = [channel_id for channel_id, _count in by_channel.most_common(MOST_CHANNELS)]
    channels = {channel_id: names[channel_id] for channel_id in greatest}
    if len(by_channel) > len(greatest):
        channels[_OTHERS] = _("Others")
    month = _Month(days, currency, channels)
    for each in sales:
        key = (each.channel_id if each.channel_id in channels else _OTHERS, each.day)
        day = month.sold.setdefault(key, _Day())
        day.orders += each.orders
        day.units += each.units
        if each.revenue.currency == currency:
            day.revenue += each.revenue.amount
    return month


def _charts(month: _Month) -> list[dict[str, Any]]:
    return [
        _chart(month, _("Orders per day"), "orders"),
        _chart(month, _("Revenue per day in %s") % month.currency, "revenue"),
        _chart(month, _("Units per day"), "units"),
    ]


def _chart(month: _Month, title: str, measure: str) -> dict[str, Any]:
    columns = [month.values(channel_id, measure) for channel_id in month.channels]
    datasets = [
        {"label": name, "data": [float(value) for value in column], "backgroundColor": color, "borderRadius": 2}
        for name, column, color in zip(month.channels.values(), columns, _COLORS, strict=False)
    ]

    def said(value: Any) -> str:
        return str(Money(value, month.currency)) if measure == "revenue" else str(value)

    rows = [
        {"day": day, "values": [said(value) for value in (*values, sum(values))]}
        for day, *values in zip(month.days, *columns, strict=True)
    ]
    return {
        "title": title,
        "measure": measure,
        "data": json.dumps(
            {"labels": [date_format(day, "MONTH_DAY_FORMAT") for day in month.days], "datasets": datasets}
        ),
        "total": said(sum(map(sum, columns))),
        "columns": list(month.channels.values()),
        "rows": rows[::-1],
    }


dashboard.show_panel(
    dashboard.Panel(rank=10, permission="orders.view_salesquarter", template="admin/orders/sales.html", context=panel)
)

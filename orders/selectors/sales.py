"""What was sold, by day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from oms.core.money import Money
from orders.models import SalesQuarter


@dataclass(frozen=True, slots=True)
class Sales:
    """Of one channel on one day in one currency: orders that were not canceled, units of goods, what they are worth."""

    day: date
    channel_id: UUID
    orders: int
    units: int
    revenue: Money


def sales_by_day(*, first: date, days: int, channel_ids: Collection[UUID]) -> list[Sales]:
    """The sales of so many days in the present time zone, of these channels; in one query."""
    since, until = (_midnight(day) for day in (first, first + timedelta(days=days)))
    quarters = SalesQuarter.objects.filter(starts_at__gte=since, starts_at__lt=until, channel_id__in=channel_ids)
    rows = (
        quarters.annotate(day=TruncDate("starts_at"))
        .order_by("day", "channel_id", "currency")
        .values_list("day", "channel_id", "currency")
        .annotate(Sum("orders"), Sum("units"), Sum("revenue"))
    )
    return [
        Sales(day, channel, orders, int(units), Money(revenue, currency))
        for day, channel, currency, orders, units, revenue in rows
    ]


def summed_at() -> datetime | None:
    """When sales were last summed up; None: never, or there were none."""
    found: datetime | None = SalesQuarter.objects.aggregate(last=Max("computed_at"))["last"]
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))

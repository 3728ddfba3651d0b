"""Sums of what was sold lately, made anew from the orders: never added to, so that they cannot drift."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from oms.core.alone import alone
from oms.core.transactions import atomic
from orders.models import SalesQuarter

DAYS_KEPT: Final = 33
# Longer than a transaction that places orders takes: what it writes bears the time at which it began.
_LOOKED_AT_AGAIN: Final = timedelta(minutes=10)

_TOUCHED: Final = """
SELECT DISTINCT date_bin('15 minutes', placed_at, '2000-01-01 00:00+00') FROM orders_order
WHERE placed_at >= %(first)s AND (%(since)s::timestamptz IS NULL OR updated_at >= %(since)s)
"""
# Quarter by quarter, each by the index of time.
_SUMS: Final = """
INSERT INTO orders_salesquarter (id, starts_at, channel_id, currency, orders, units, revenue, computed_at)
SELECT gen_random_uuid(), quarter.starts_at, sums.*, %(now)s
FROM unnest(%(quarters)s::timestamptz[]) AS quarter(starts_at)
CROSS JOIN LATERAL (
    SELECT sold.channel_id, sold.currency, count(*), coalesce(sum(line.units), 0), sum(sold.total)
    FROM orders_order AS sold
    CROSS JOIN LATERAL (
        SELECT sum(quantity) AS units FROM orders_orderline WHERE order_id = sold.id AND kind = 'goods'
    ) AS line
    WHERE sold.placed_at >= quarter.starts_at AND sold.placed_at < quarter.starts_at + interval '15 minutes'
      AND sold.canceled_at IS NULL AND sold.status <> 'draft'
    GROUP BY sold.channel_id, sold.currency
) AS sums
"""


def sum_up_sales(*, everything: bool = False) -> int:
    """Sum the quarters of the last DAYS_KEPT days in which an order changed since the last time; how many they were.

    everything: all of them, which also finds an order that is said to have been placed at another time than before. A
    repeat says the same. While another process is at it nothing is done.
    """
    with alone("orders.sales") as free:
        return _sum_up(everything) if free else 0


def _sum_up(everything: bool) -> int:
    now = timezone.now()
    first = (now - timedelta(days=DAYS_KEPT)).replace(minute=0, second=0, microsecond=0)
    last: datetime | None = None if everything else SalesQuarter.objects.aggregate(last=Max("computed_at"))["last"]
    values: dict[str, Any] = {"first": first, "since": last and last - _LOOKED_AT_AGAIN, "now": now}
    with atomic(), connection.cursor() as cursor:
        cursor.execute(_TOUCHED, values)
        values["quarters"] = [row[0] for row in cursor.fetchall()]
        old = SalesQuarter.objects.all()
        if not everything:
            old.filter(starts_at__lt=first).delete()
            old = old.filter(starts_at__in=values["quarters"])
        old.delete()
        cursor.execute(_SUMS, values)
    return len(values["quarters"])

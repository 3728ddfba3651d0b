from __future__ import annotations

from django.db import models

from oms.core import ids
from oms.core.fields import AmountField, Identified


class SalesQuarter(Identified):
    """What was sold in a quarter of an hour by one channel in one currency: a sum of orders, kept so that a month of
    them need not be read for a chart. Quarters, because the days of every time zone are made of whole ones.

    Only `orders.services.sales` writes it, from the orders themselves. Canceled orders and drafts do not count.
    """

    id_prefix = ids.SALES_QUARTER

    starts_at = models.DateTimeField()
    channel = models.ForeignKey("channels.SalesChannel", on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    orders = models.PositiveIntegerField()
    units = models.PositiveBigIntegerField()
    revenue = AmountField()
    computed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["starts_at", "channel", "currency"], name="salesquarter_once")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.currency}"

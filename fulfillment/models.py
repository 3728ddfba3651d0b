"""Parcels: what was packed at a location, and how it travels."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import Identified, Timestamped


class Fulfillment(Identified, Timestamped):
    """Items of an order packed at one stock location. Its status follows from its times."""

    id_prefix = ids.FULFILLMENT

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="fulfillments")
    location_id = models.UUIDField(
        null=True, blank=True, help_text=_("The stock location it ships from; none where nothing ships.")
    )
    provider = models.CharField(max_length=60, default="manual")
    requires_shipping = models.BooleanField(default=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(canceled_at__isnull=True) | Q(shipped_at__isnull=True, delivered_at__isnull=True),
                name="fulfillment_shipped_is_not_canceled",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(shipped_at__isnull=False) | Q(requires_shipping=False),
                name="fulfillment_ships_before_it_arrives",
            ),
        ]
        indexes = [
            models.Index(
                fields=["location_id", "created_at"],
                name="fulfillment_to_ship",
                condition=Q(shipped_at=None, canceled_at=None),
            ),
            models.Index(fields=["-created_at", "-id"], name="fulfillment_by_time"),
            models.Index(fields=["location_id", "-created_at", "-id"], name="fulfillment_by_location"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def status(self) -> str:
        """packed, shipped, delivered or canceled."""
        if self.canceled_at:
            return "canceled"
        if self.delivered_at:
            return "delivered"
        return "shipped" if self.shipped_at else "packed"


class FulfillmentLine(Identified):
    id_prefix = ids.FULFILLMENT_LINE

    fulfillment = models.ForeignKey(Fulfillment, on_delete=models.PROTECT, related_name="lines", db_index=False)
    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="fulfillment_lines")
    quantity = models.PositiveIntegerField()
    quantity_reserved = models.PositiveIntegerField(
        default=0, help_text=_("How many of them were taken from a level's stock, and go back when it is canceled.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fulfillment", "order_line"], name="fulfillmentline_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, quantity_reserved__lte=F("quantity")), name="fulfillmentline_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.order_line_id}"


class Parcel(Identified):
    """One box of a fulfillment with its tracking number."""

    id_prefix = ids.PARCEL

    fulfillment = models.ForeignKey(Fulfillment, on_delete=models.PROTECT, related_name="parcels")
    tracking_number = models.CharField(max_length=120, db_index=True)
    tracking_url = models.URLField(max_length=500, blank=True, default="")
    label_url = models.URLField(max_length=500, blank=True, default="")
    carrier = models.CharField(max_length=60, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.tracking_number

from __future__ import annotations

from django.db import models

from orders.models.order import Order


class OrderLocation(models.Model):
    """A stock location that an order concerns: it holds or held goods for the order, or packed some of it.

    Only the database writes it, by triggers on reservations and fulfillments, so that it is true in the same
    transaction whoever wrote those. A row stays when the goods go elsewhere, and is gone with its order alone. The
    location and the order's customer are ids without a foreign key: each placement would else lock the row of its
    location beside all others.
    """

    pk = models.CompositePrimaryKey("order_id", "location_id")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="locations", db_index=False)
    location_id = models.UUIDField()
    customer_id = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [
            # The orders of a location, and its customers.
            models.Index(fields=["location_id", "customer_id", "order_id"], name="orderlocation_by_location"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.location_id}"

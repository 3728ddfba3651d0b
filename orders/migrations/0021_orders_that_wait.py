"""Orders that wait for somebody, and orders by what they are worth. Built without a lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OPEN = models.Q(("status", "pending"), ("units_open__gt", 0))
UNPAID = models.Q(
    (
        "payment_status__in",
        ["not_paid", "awaiting", "partially_authorized", "partially_captured", "requires_action"],
    ),
    ("status", "pending"),
)
NEWEST = ["-placed_at", "-id"]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0020_orders_are_found_by_more")]

    operations = [
        AddIndexConcurrently("order", models.Index(fields=NEWEST, name="order_open", condition=OPEN)),
        AddIndexConcurrently("order", models.Index(fields=NEWEST, name="order_unpaid", condition=UNPAID)),
        AddIndexConcurrently("order", models.Index(fields=["total"], name="order_by_total")),
    ]

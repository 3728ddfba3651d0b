"""Orders whose customers are owed something. Built without a lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0110_what_refunds_give_back_of_lines")]

    operations = [
        AddIndexConcurrently(
            "order",
            models.Index(
                fields=["placed_at", "id"],
                name="order_owed",
                condition=models.Q(
                    status__in=["pending", "requires_action", "canceled"],
                    total__lt=models.F("captured_total") - models.F("refunded_total"),
                ),
            ),
        ),
    ]

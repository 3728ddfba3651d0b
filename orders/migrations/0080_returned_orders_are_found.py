"""Orders by how much of them came back. Built without a lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0071_bulk_jobs_keep_to_locations")]

    operations = [
        AddIndexConcurrently(
            "order",
            models.Index(
                fields=["return_status", "-placed_at", "-id"],
                name="order_by_return",
                condition=~models.Q(return_status="none"),
            ),
        ),
    ]

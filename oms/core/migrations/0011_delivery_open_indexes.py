"""What is not done with, by order and by state, and what failed. Built without a lock; all of them stay small."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OPEN = models.Q(("state__in", ["pending", "parked", "dead"]))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("core", "0010_delivery_decisions")]

    operations = [
        AddIndexConcurrently(
            "delivery",
            models.Index(condition=OPEN, fields=["subscriber", "stream", "sequence"], name="delivery_open_in_order"),
        ),
        AddIndexConcurrently(
            "delivery",
            models.Index(condition=OPEN, fields=["subscriber", "state", "event"], name="delivery_open_by_state"),
        ),
        AddIndexConcurrently(
            "delivery",
            models.Index(
                condition=models.Q(("failed_at__isnull", False)),
                fields=["subscriber", "-failed_at"],
                name="delivery_failed",
            ),
        ),
    ]

"""Fulfillments newest first, of all stock locations and of one. Built without a lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("fulfillment", "0001_initial")]

    operations = [
        AddIndexConcurrently("fulfillment", models.Index(fields=["-created_at", "-id"], name="fulfillment_by_time")),
        AddIndexConcurrently(
            "fulfillment",
            models.Index(fields=["location_id", "-created_at", "-id"], name="fulfillment_by_location"),
        ),
    ]

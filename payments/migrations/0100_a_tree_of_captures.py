"""When a payment was taken is found by a tree: rows that fill the gaps of old pages make a summary of these useless."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("payments", "0090_what_banks_dispute")]

    operations = [
        AddIndexConcurrently(
            "payment",
            models.Index(
                fields=["captured_at"], name="payment_captured_at", condition=models.Q(captured_at__isnull=False)
            ),
        ),
        RemoveIndexConcurrently("payment", "payment_by_capture"),
    ]

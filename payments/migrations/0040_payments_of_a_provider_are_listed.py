from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("payments", "0031_payments_to_capture_are_found")]

    operations = [
        AddIndexConcurrently(
            "payment",
            models.Index(
                condition=models.Q(("provider", "external"), _negated=True),
                fields=["provider", "-id"],
                name="payment_by_provider",
            ),
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0030_who_may_collect_and_refund")]

    operations = [
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                fields=["-id"],
                name="payment_to_capture",
                condition=models.Q(canceled_at=None, captured__lt=models.F("amount")),
            ),
        ),
    ]

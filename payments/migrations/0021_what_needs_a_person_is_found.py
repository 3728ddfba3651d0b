from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("payments", "0020_what_needs_a_person")]

    operations = [
        RemoveIndexConcurrently(
            model_name="providerwebhook",
            name="webhook_open",
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                condition=models.Q(
                    ("order", None),
                    models.Q(("canceled_at", None), ("captured__gt", models.F("refunded")), _connector="OR"),
                ),
                fields=["id"],
                name="payment_without_order",
            ),
        ),
        AddIndexConcurrently(
            model_name="paymentattempt",
            index=models.Index(
                condition=models.Q(
                    ("act__in", ("capture", "refund", "void")), ("dealt_with_at", None), ("state", "declined")
                ),
                fields=["settled_at", "id"],
                name="attempt_trouble",
            ),
        ),
        AddIndexConcurrently(
            model_name="paymentattempt",
            index=models.Index(
                condition=models.Q(("state__in", ("intended", "unknown"))), fields=["id"], name="attempt_hanging"
            ),
        ),
        AddIndexConcurrently(
            model_name="providerevent",
            index=models.Index(
                condition=models.Q(models.Q(("problem", ""), _negated=True), ("dealt_with_at", None)),
                fields=["recorded_at", "id"],
                name="providerevent_trouble",
            ),
        ),
        AddIndexConcurrently(
            model_name="providerwebhook",
            index=models.Index(
                condition=models.Q(("next_try_at__isnull", False)), fields=["next_try_at"], name="webhook_due"
            ),
        ),
        AddIndexConcurrently(
            model_name="providerwebhook",
            index=models.Index(
                condition=models.Q(models.Q(("problem", ""), _negated=True), ("dealt_with_at", None)),
                fields=["received_at", "id"],
                name="webhook_trouble",
            ),
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    """Few rows stand in the index, so that every read and every sale may ask it. Built beside the sales that go on."""

    atomic = False
    dependencies = [("inventory", "0012_reservations_expire")]

    operations = [
        ValidateConstraint("reservation", "reservation_of_an_order_never_expires"),
        AddIndexConcurrently(
            "reservation",
            models.Index(
                condition=models.Q(("expires_at__isnull", False), ("is_kept", False)),
                fields=["level", "expires_at"],
                name="reservation_expiring",
            ),
        ),
    ]

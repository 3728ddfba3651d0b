from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Dead letters are few among many deliveries: counted and listed by an index of their own."""

    atomic = False

    dependencies = [("core", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            "delivery", models.Index(condition=models.Q(("state", "dead")), fields=["due_at"], name="delivery_dead")
        )
    ]

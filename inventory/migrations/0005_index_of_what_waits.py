from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Finds the levels at which somebody waits, built while stock is sold."""

    atomic = False

    dependencies = [("inventory", "0004_documents_and_low_stock")]

    operations = [
        AddIndexConcurrently(
            "inventorylevel",
            models.Index(fields=["id"], name="inventorylevel_backordered", condition=Q(backordered__gt=0)),
        )
    ]

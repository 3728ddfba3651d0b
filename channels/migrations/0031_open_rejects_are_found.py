from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside the imports that go on."""

    atomic = False
    dependencies = [("channels", "0030_mended_and_mapped")]

    operations = [
        AddIndexConcurrently(
            "importreject",
            models.Index(condition=models.Q(("settled_at", None)), fields=["run", "line"], name="importreject_open"),
        ),
    ]

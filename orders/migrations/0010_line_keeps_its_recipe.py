from django.db import migrations, models


class Migration(migrations.Migration):
    """A line of a kit keeps what the kit consisted of when it was sold. Lines that are there are of no kit."""

    dependencies = [("orders", "0002_initial")]

    operations = [migrations.AddField("orderline", "components", models.JSONField(blank=True, null=True))]

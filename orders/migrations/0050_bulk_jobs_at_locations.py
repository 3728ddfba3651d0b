import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Where whoever started a job may pack and ship. Jobs that are there may everywhere."""

    dependencies = [("orders", "0070_customers_are_listed")]

    operations = [
        migrations.AddField(
            "bulkjob",
            "location_ids",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), blank=True, editable=False, null=True, size=None
            ),
        ),
    ]

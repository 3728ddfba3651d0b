import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0070_customers_are_listed")]

    operations = [
        migrations.AddField(
            "bulkjob",
            "location_ids",
            django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, null=True, size=None),
        )
    ]

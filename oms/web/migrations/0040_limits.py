import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _ids(**kwargs):
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.UUIDField(), blank=True, null=True, size=None, **kwargs
    )


class Migration(migrations.Migration):
    """Which sales channels and stock locations a member of staff or a key may see. Nobody is limited by it."""

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("web", "0010_saved_views")]

    operations = [
        migrations.CreateModel(
            name="StaffLimits",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="limits",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("channel_ids", _ids()),
                ("location_ids", _ids()),
            ],
            options={
                "verbose_name": "limits",
                "verbose_name_plural": "limits",
                "permissions": [("own_locations_only", "Sees the stock locations named in their limits only")],
                "default_permissions": ("view",),
            },
        ),
        migrations.AddField("apikey", "channel_ids", _ids(help_text="Sales channels. Null: all.")),
        migrations.AddField("apikey", "location_ids", _ids(help_text="Stock locations. Null: all.")),
    ]

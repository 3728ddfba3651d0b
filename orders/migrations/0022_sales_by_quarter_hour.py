import django.db.models.deletion
from django.db import migrations, models

import oms.core.fields
import oms.core.ids


class Migration(migrations.Migration):
    """Sums for the charts of the first page. The worker fills it within a minute."""

    dependencies = [("channels", "0001_initial"), ("orders", "0021_orders_that_wait")]

    operations = [
        migrations.CreateModel(
            name="SalesQuarter",
            fields=[
                (
                    "id",
                    oms.core.fields.IdField(
                        default=oms.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                ("orders", models.PositiveIntegerField()),
                ("units", models.PositiveBigIntegerField()),
                ("revenue", oms.core.fields.AmountField(decimal_places=4, max_digits=20)),
                ("computed_at", models.DateTimeField(db_index=True)),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="channels.saleschannel",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["starts_at", "channel", "currency"], name="salesquarter_once")
                ],
            },
        ),
    ]

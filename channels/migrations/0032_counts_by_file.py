import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Files of counts come by the same way as files of orders; they belong to no channel."""

    dependencies = [
        ("channels", "0031_open_rejects_are_found"),
    ]

    operations = [
        migrations.AddField(
            model_name="importupload",
            name="kind",
            field=models.CharField(
                choices=[("orders", "orders"), ("stock", "counts of stock")],
                default="orders",
                max_length=10,
                verbose_name="what is in it",
            ),
        ),
        migrations.AddField(
            model_name="importupload",
            name="outcome",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name="importupload",
            name="channel",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uploads",
                to="channels.saleschannel",
            ),
        ),
        migrations.AddConstraint(
            model_name="importupload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", None), ("kind", "stock")),
                    models.Q(("channel__isnull", False), ("kind", "orders")),
                    _connector="OR",
                ),
                name="importupload_orders_have_a_channel",
            ),
        ),
    ]

"""A delivery knows when it failed last and who decided about it; nullable columns, so no row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="failed_at",
            field=models.DateTimeField(blank=True, help_text="When a try failed last.", null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="decided_by",
            field=models.JSONField(
                blank=True, help_text="Who had it delivered again, or skipped it, if anybody did.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "pending"),
                    ("parked", "parked"),
                    ("dead", "dead letter"),
                    ("delivered", "delivered"),
                    ("skipped", "skipped"),
                ],
                default="pending",
                max_length=12,
            ),
        ),
    ]

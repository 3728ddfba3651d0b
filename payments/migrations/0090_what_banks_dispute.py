from django.db import migrations, models


class Migration(migrations.Migration):
    """Words only: nothing happens in the database."""

    dependencies = [("payments", "0080_lists_of_payments_among_a_million")]

    operations = [
        migrations.AlterField(
            model_name="providerevent",
            name="problem",
            field=models.CharField(
                blank=True,
                choices=[
                    ("conflict", "contradicts what was told before"),
                    ("currency", "another currency than the payment's"),
                    ("amount", "an amount that cannot be"),
                    ("disputed", "disputed by the customer's bank"),
                ],
                default="",
                max_length=12,
            ),
        ),
    ]

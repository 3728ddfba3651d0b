from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_initial")]

    operations = [
        migrations.AddField(
            "customer",
            "erased_at",
            models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Who they were was erased then; their orders stay.",
                null=True,
            ),
        )
    ]

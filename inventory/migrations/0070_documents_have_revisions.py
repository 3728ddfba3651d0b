from django.db import migrations, models

_HELP = "Counts the steps taken with it: the ETag."


class Migration(migrations.Migration):
    dependencies = [("inventory", "0060_items_are_described")]

    operations = [
        migrations.AddField(
            model,
            "revision",
            models.PositiveIntegerField(db_default=1, default=1, editable=False, help_text=_HELP),
        )
        for model in ("arrival", "transfer", "stockcount")
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_line_keeps_its_recipe")]

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

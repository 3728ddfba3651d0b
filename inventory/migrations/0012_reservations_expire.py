from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """A reservation of nobody's order may expire. The rows that are there need not be read for it."""

    dependencies = [("inventory", "0011_no_kit_of_kits")]

    operations = [
        migrations.AddField(
            "reservation",
            "expires_at",
            models.DateTimeField(blank=True, help_text="It counts no more then.", null=True),
        ),
        migrations.AddField(
            "reservation",
            "is_kept",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="Somebody is finishing with it: it does not expire.",
                verbose_name="kept",
            ),
        ),
        AddConstraintNotValid(
            "reservation",
            models.CheckConstraint(
                condition=models.Q(
                    ("expires_at", None), models.Q(("line_id", None), ("order_id", None)), _connector="OR"
                ),
                name="reservation_of_an_order_never_expires",
            ),
        ),
    ]

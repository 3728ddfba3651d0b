from django.db import migrations


class Migration(migrations.Migration):
    """What the console calls them; no table is touched."""

    dependencies = [("payments", "0040_payments_of_a_provider_are_listed")]

    operations = [
        migrations.AlterModelOptions(
            name="giftcardentry",
            options={"verbose_name_plural": "gift card entries"},
        ),
        migrations.AlterModelOptions(
            name="storecreditentry",
            options={"verbose_name_plural": "store credit entries"},
        ),
    ]

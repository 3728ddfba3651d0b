from django.db import migrations


class Migration(migrations.Migration):
    """The sequence behind order numbers. It starts where no customer sees how young the shop is."""

    initial = True
    dependencies = []

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE orders_order_number START WITH 1001", reverse_sql="DROP SEQUENCE orders_order_number"
        ),
    ]

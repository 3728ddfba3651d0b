from django.db import migrations


class Migration(migrations.Migration):
    """Documents of stock count from 1001, all kinds together."""

    dependencies = [("inventory", "0002_ledger_is_append_only")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE inventory_document_number AS bigint START 1001",
            reverse_sql="DROP SEQUENCE inventory_document_number",
        )
    ]

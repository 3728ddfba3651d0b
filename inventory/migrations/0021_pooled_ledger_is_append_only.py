from django.db import migrations

REFUSE = """
CREATE TRIGGER inventory_pooled_ledger_is_append_only BEFORE UPDATE OR DELETE ON inventory_pooledmovement
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_ledger_change();
"""
ALLOW = "DROP TRIGGER inventory_pooled_ledger_is_append_only ON inventory_pooledmovement"


class Migration(migrations.Migration):
    """The ledger of pooled stock is guarded as that of the levels is, by the same function."""

    dependencies = [("inventory", "0020_pooled_stock")]

    operations = [migrations.RunSQL(REFUSE, reverse_sql=ALLOW)]

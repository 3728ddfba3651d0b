from typing import Any

from django.db import migrations

BATCH = 10_000

# Customers after one, in the order of their ids, each with what it ordered by the index of a customer's orders.
KNOWN = """
WITH batch AS MATERIALIZED (
    SELECT id, channel_id FROM orders_customer WHERE id > %s ORDER BY id LIMIT %s
), noted AS (
    INSERT INTO orders_customerchannel (customer_id, channel_id)
    SELECT id, channel_id FROM batch WHERE channel_id IS NOT NULL
    UNION
    SELECT batch.id, sale.channel_id FROM batch JOIN orders_order AS sale ON sale.customer_id = batch.id
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING
)
SELECT id FROM batch ORDER BY id DESC LIMIT 1
"""


def note(apps: Any, schema_editor: Any) -> None:
    """A transaction a batch. Run again, it finds what is there already."""
    with schema_editor.connection.cursor() as cursor:
        last = "00000000-0000-0000-0000-000000000000"
        while last:
            cursor.execute(KNOWN, [last, BATCH])
            row = cursor.fetchone()
            last = row[0] if row else None
        cursor.execute("ANALYZE orders_customerchannel")


class Migration(migrations.Migration):
    """Of the customers that are there: the channel that gave them their id, and those where they ordered."""

    atomic = False
    dependencies = [("orders", "0092_customers_know_their_channels")]

    operations = [migrations.RunPython(note, migrations.RunPython.noop)]

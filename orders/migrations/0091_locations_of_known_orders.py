from typing import Any

from django.db import migrations

BATCH = 20_000

# Rows after one, in the order of their ids; the last one of them is where the next batch begins.
HELD = """
WITH batch AS MATERIALIZED (
    SELECT id, order_id, level_id FROM inventory_reservation WHERE id > %s ORDER BY id LIMIT %s
), noted AS (
    INSERT INTO orders_orderlocation (order_id, location_id, customer_id)
    SELECT DISTINCT sale.id, level.location_id, sale.customer_id
    FROM batch JOIN inventory_inventorylevel AS level ON level.id = batch.level_id
    JOIN orders_order AS sale ON sale.id = batch.order_id
    ON CONFLICT DO NOTHING
)
SELECT id FROM batch ORDER BY id DESC LIMIT 1
"""
PACKED = """
WITH batch AS MATERIALIZED (
    SELECT id, order_id, location_id FROM fulfillment_fulfillment WHERE id > %s ORDER BY id LIMIT %s
), noted AS (
    INSERT INTO orders_orderlocation (order_id, location_id, customer_id)
    SELECT DISTINCT sale.id, batch.location_id, sale.customer_id
    FROM batch JOIN orders_order AS sale ON sale.id = batch.order_id WHERE batch.location_id IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT id FROM batch ORDER BY id DESC LIMIT 1
"""
# A revision may have given an order to another customer between a batch's read and its write.
WHOSE = """
UPDATE orders_orderlocation AS place SET customer_id = sale.customer_id FROM orders_order AS sale
WHERE sale.id = place.order_id AND place.customer_id IS DISTINCT FROM sale.customer_id
"""


def note(apps: Any, schema_editor: Any) -> None:
    """A transaction a batch. Run again, it finds what is there already."""
    with schema_editor.connection.cursor() as cursor:
        for statement in (HELD, PACKED):
            last = "00000000-0000-0000-0000-000000000000"
            while last:
                cursor.execute(statement, [last, BATCH])
                row = cursor.fetchone()
                last = row[0] if row else None
        cursor.execute(WHOSE)
        cursor.execute("ANALYZE orders_orderlocation")


class Migration(migrations.Migration):
    """Where goods are held now for the orders that are there, and where some of them were packed."""

    atomic = False
    dependencies = [("orders", "0090_orders_know_their_locations")]

    operations = [migrations.RunPython(note, migrations.RunPython.noop)]

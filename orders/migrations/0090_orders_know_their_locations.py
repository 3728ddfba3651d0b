import django.db.models.deletion
from django.db import migrations, models

# Reservations come singly and by thousands on the same connection, and the plan of the first is kept for the others:
# whatever the first was, rows are looked up by index.
NOTE = """
CREATE FUNCTION orders_note_where_held() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO orders_orderlocation (order_id, location_id, customer_id)
    SELECT DISTINCT held.order_id, level.location_id, sale.customer_id
    FROM fresh AS held
    JOIN inventory_inventorylevel AS level ON level.id = held.level_id
    JOIN orders_order AS sale ON sale.id = held.order_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_where_held AFTER INSERT ON inventory_reservation
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION orders_note_where_held();

CREATE FUNCTION orders_note_where_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orders_orderlocation (order_id, location_id, customer_id)
    SELECT NEW.order_id, level.location_id, sale.customer_id
    FROM inventory_inventorylevel AS level, orders_order AS sale
    WHERE level.id = NEW.level_id AND sale.id = NEW.order_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_where_moved AFTER UPDATE OF level_id, order_id ON inventory_reservation FOR EACH ROW
    WHEN (NEW.order_id IS NOT NULL
          AND (NEW.level_id, NEW.order_id) IS DISTINCT FROM (OLD.level_id, OLD.order_id))
    EXECUTE FUNCTION orders_note_where_moved();

CREATE FUNCTION orders_note_where_packed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orders_orderlocation (order_id, location_id, customer_id)
    SELECT sale.id, NEW.location_id, sale.customer_id FROM orders_order AS sale WHERE sale.id = NEW.order_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_where_packed AFTER INSERT OR UPDATE OF location_id ON fulfillment_fulfillment FOR EACH ROW
    WHEN (NEW.location_id IS NOT NULL) EXECUTE FUNCTION orders_note_where_packed();

CREATE FUNCTION orders_note_whose() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders_orderlocation SET customer_id = NEW.customer_id WHERE order_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_whose AFTER UPDATE OF customer_id ON orders_order FOR EACH ROW
    WHEN (NEW.customer_id IS DISTINCT FROM OLD.customer_id) EXECUTE FUNCTION orders_note_whose();
"""
FORGET = """
DROP TRIGGER orders_where_held ON inventory_reservation;
DROP TRIGGER orders_where_moved ON inventory_reservation;
DROP TRIGGER orders_where_packed ON fulfillment_fulfillment;
DROP TRIGGER orders_whose ON orders_order;
DROP FUNCTION orders_note_where_held();
DROP FUNCTION orders_note_where_moved();
DROP FUNCTION orders_note_where_packed();
DROP FUNCTION orders_note_whose();
"""


class Migration(migrations.Migration):
    """The stock locations that an order concerns, one row each, written by whatever reserves at or packs from one.

    From its end on nothing new is missed; what was there before follows in the next migration.
    """

    dependencies = [
        ("orders", "0080_returned_orders_are_found"),
        ("inventory", "0001_initial"),
        ("fulfillment", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderLocation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "order_id", "location_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("location_id", models.UUIDField()),
                ("customer_id", models.UUIDField(blank=True, null=True)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="locations",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["location_id", "customer_id", "order_id"], name="orderlocation_by_location")
                ],
            },
        ),
        migrations.RunSQL(NOTE, FORGET),
    ]

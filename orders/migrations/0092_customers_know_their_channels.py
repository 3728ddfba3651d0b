import django.db.models.deletion
from django.db import migrations, models

# In the order of the customers: two files that bring the same ones wait for each other, and never both.
NOTE = """
CREATE FUNCTION orders_note_who_ordered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orders_customerchannel (customer_id, channel_id)
    SELECT DISTINCT customer_id, channel_id FROM fresh WHERE customer_id IS NOT NULL ORDER BY customer_id, channel_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_who_ordered AFTER INSERT ON orders_order
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION orders_note_who_ordered();

CREATE FUNCTION orders_note_who_took_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orders_customerchannel (customer_id, channel_id) VALUES (NEW.customer_id, NEW.channel_id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_who_took_over AFTER UPDATE OF customer_id, channel_id ON orders_order FOR EACH ROW
    WHEN (NEW.customer_id IS NOT NULL
          AND (NEW.customer_id, NEW.channel_id) IS DISTINCT FROM (OLD.customer_id, OLD.channel_id))
    EXECUTE FUNCTION orders_note_who_took_over();

CREATE FUNCTION orders_note_who_is_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orders_customerchannel (customer_id, channel_id) VALUES (NEW.id, NEW.channel_id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_who_is_known AFTER INSERT OR UPDATE OF channel_id ON orders_customer FOR EACH ROW
    WHEN (NEW.channel_id IS NOT NULL) EXECUTE FUNCTION orders_note_who_is_known();
"""
FORGET = """
DROP TRIGGER orders_who_ordered ON orders_order;
DROP TRIGGER orders_who_took_over ON orders_order;
DROP TRIGGER orders_who_is_known ON orders_customer;
DROP FUNCTION orders_note_who_ordered();
DROP FUNCTION orders_note_who_took_over();
DROP FUNCTION orders_note_who_is_known();
"""


class Migration(migrations.Migration):
    """The sales channels that know a customer, one row each. What was there before follows in the next migration."""

    dependencies = [("orders", "0091_locations_of_known_orders")]

    operations = [
        migrations.CreateModel(
            name="CustomerChannel",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id", "channel_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("channel_id", models.UUIDField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="channels",
                        to="orders.customer",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["channel_id", "customer_id"], name="customerchannel_by_channel")],
            },
        ),
        migrations.RunSQL(NOTE, FORGET),
    ]

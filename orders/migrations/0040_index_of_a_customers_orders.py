from __future__ import annotations

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """A customer's newest orders by index. It begins with the customer, so the foreign key needs none of its own."""

    atomic = False  # the index is built while orders are placed

    dependencies = [("orders", "0030_bulk_jobs")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["customer", "-placed_at", "-id"], name="order_by_customer"),
        ),
        # Django would drop the foreign key with its index and check every row of it again, with the table locked.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'DROP INDEX CONCURRENTLY IF EXISTS "orders_order_customer_id_0b76f6a4"',
                    'CREATE INDEX CONCURRENTLY "orders_order_customer_id_0b76f6a4" ON "orders_order" ("customer_id")',
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="order",
                    name="customer",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="orders.customer",
                    ),
                )
            ],
        ),
    ]

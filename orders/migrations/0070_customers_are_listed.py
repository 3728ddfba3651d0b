from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0040_index_of_a_customers_orders")]

    operations = [
        AddIndexConcurrently("customer", models.Index(fields=["created_at", "id"], name="customer_by_created_at")),
        AddIndexConcurrently(
            "customer",
            models.Index(
                fields=["created_at", "id"],
                name="customer_with_account",
                condition=models.Q(has_account=True),
            ),
        ),
    ]

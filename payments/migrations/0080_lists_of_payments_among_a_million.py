"""What lists and tasks look for is found by indexes of few rows; what nobody looks for by is written no longer.

Built without a lock, the new ones first.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

_CART = "payments_paymentcollection_cart_id_757fffe7"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("payments", "0070_entries_in_the_plural")]

    operations = [
        AddIndexConcurrently("payment", models.Index(fields=["reference", "provider"], name="payment_reference")),
        AddIndexConcurrently(
            "payment",
            BrinIndex(fields=["captured_at"], name="payment_by_capture", pages_per_range=32, autosummarize=True),
        ),
        AddIndexConcurrently(
            "payment",
            models.Index(fields=["-id"], name="payment_refunded", condition=models.Q(refunded__gt=0)),
        ),
        AddIndexConcurrently(
            "payment",
            models.Index(fields=["-id"], name="payment_let_go", condition=models.Q(canceled_at__isnull=False)),
        ),
        AddIndexConcurrently(
            "payment",
            models.Index(
                fields=["-id"],
                name="payment_taken_in_part",
                condition=models.Q(captured__gt=0, captured__lt=models.F("amount"), refunded=0),
            ),
        ),
        AddIndexConcurrently(
            "paymentattempt",
            models.Index(
                fields=["next_try_at"],
                name="attempt_awaited",
                condition=models.Q(state__in=("intended", "pending", "unknown"), next_try_at__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            "paymentattempt",
            models.Index(
                fields=["payment"],
                name="attempt_open_of_payment",
                condition=models.Q(state__in=("intended", "pending", "unknown"), payment__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            "paymentattempt",
            models.Index(fields=["-id"], name="attempt_pending", condition=models.Q(state="pending")),
        ),
        AddIndexConcurrently(
            "paymentattempt",
            models.Index(fields=["act", "-id"], name="attempt_back", condition=models.Q(act__in=("refund", "void"))),
        ),
        AddIndexConcurrently(
            "paymentattempt",
            models.Index(
                fields=["payment"],
                name="attempt_last_capture",
                condition=models.Q(is_last=True, act="capture", state="succeeded"),
            ),
        ),
        AddIndexConcurrently(
            "providerwebhook",
            models.Index(fields=["-id"], name="webhook_with_problem", condition=~models.Q(problem="")),
        ),
        AddIndexConcurrently(
            "giftcard",
            models.Index(fields=["-id"], name="giftcard_disabled", condition=models.Q(disabled_at__isnull=False)),
        ),
        RemoveIndexConcurrently("payment", "payment_by_reference"),
        RemoveIndexConcurrently("paymentattempt", "attempt_open"),
        RemoveIndexConcurrently("paymentattempt", "attempt_declined"),
        RemoveIndexConcurrently("providerevent", "providerevent_with_problem"),
        RemoveIndexConcurrently("providerwebhook", "webhook_by_time"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("paymentcollection", "cart_id", models.UUIDField(blank=True, null=True))
            ],
            database_operations=[
                migrations.RunSQL(
                    f'DROP INDEX CONCURRENTLY IF EXISTS "{_CART}"',
                    reverse_sql=f'CREATE INDEX CONCURRENTLY "{_CART}" ON payments_paymentcollection (cart_id)',
                )
            ],
        ),
    ]

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

import oms.core.fields
import oms.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0013_expired_reservations_are_found"),
    ]

    operations = [
        migrations.CreateModel(
            name="PooledStock",
            fields=[
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="pooled",
                        serialize=False,
                        to="inventory.inventoryitem",
                    ),
                ),
                ("on_hand", models.IntegerField(default=0)),
                ("reserved", models.IntegerField(default=0)),
                ("backordered", models.IntegerField(default=0)),
                (
                    "available",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("on_hand"), "-", models.F("reserved")
                        ),
                        output_field=models.IntegerField(),
                    ),
                ),
                ("ledger_seq", models.BigIntegerField(default=0, help_text="The number of its last ledger row.")),
            ],
            options={
                "verbose_name": "pooled stock",
                "verbose_name_plural": "pooled stock",
                "indexes": [
                    models.Index(
                        condition=models.Q(("backordered__gt", 0)), fields=["item"], name="pooledstock_backordered"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("on_hand__gte", 0)), name="pooledstock_on_hand_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reserved__gte", 0), ("reserved__lte", models.F("on_hand"))),
                        name="pooledstock_reserved_within_on_hand",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("backordered__gte", 0)), name="pooledstock_backordered_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PooledReservation",
            fields=[
                (
                    "id",
                    oms.core.fields.IdField(
                        default=oms.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now()),
                ),
                ("order_id", models.UUIDField()),
                ("line_id", models.UUIDField()),
                ("quantity", models.IntegerField(default=0)),
                ("backordered", models.IntegerField(default=0)),
                (
                    "stock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations",
                        to="inventory.pooledstock",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["order_id"], name="pooledreservation_by_order"),
                    models.Index(
                        condition=models.Q(("backordered__gt", 0)),
                        fields=["stock", "id"],
                        name="pooledreservation_waiting",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("backordered__gte", 0),
                            ("quantity__gte", 0),
                            models.Q(("quantity__gt", 0), ("backordered__gt", 0), _connector="OR"),
                        ),
                        name="pooledreservation_holds_something",
                    ),
                    models.UniqueConstraint(fields=("line_id", "stock"), name="pooledreservation_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PooledMovement",
            fields=[
                (
                    "id",
                    oms.core.fields.IdField(
                        default=oms.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("seq", models.BigIntegerField(help_text="Counts the rows of the item, without gaps.")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opening", "opening stock"),
                            ("reserve", "reserved"),
                            ("release", "released"),
                            ("consume", "taken for a fulfillment"),
                            ("unconsume", "put back from a fulfillment"),
                            ("adjust", "adjusted"),
                            ("count", "counted"),
                            ("receipt", "received"),
                            ("transfer", "transferred"),
                            ("safety", "safety stock set"),
                            ("incoming", "expected"),
                            ("fill", "given to those who waited"),
                            ("shortage", "missing: waits for goods again"),
                        ],
                        max_length=12,
                    ),
                ),
                ("delta_on_hand", models.IntegerField(default=0)),
                ("delta_reserved", models.IntegerField(default=0)),
                ("delta_backordered", models.IntegerField(default=0)),
                ("on_hand_after", models.IntegerField()),
                ("reserved_after", models.IntegerField()),
                ("occurred_at", models.DateTimeField(help_text="Taken while the stock was locked.")),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("count", "count"),
                            ("received", "goods received"),
                            ("damaged", "damaged"),
                            ("lost", "lost or stolen"),
                            ("found", "found"),
                            ("correction", "correction of a mistake"),
                            ("import", "imported"),
                            ("other", "other"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=255)),
                ("cause", models.CharField(blank=True, default="", help_text="order or fulfillment", max_length=20)),
                ("cause_id", models.UUIDField(blank=True, null=True)),
                ("actor", models.JSONField()),
                (
                    "stock",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.pooledstock",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["cause_id"], name="pooledmovement_by_cause")],
                "constraints": [models.UniqueConstraint(fields=("stock", "seq"), name="pooledmovement_seq_once")],
            },
        ),
    ]

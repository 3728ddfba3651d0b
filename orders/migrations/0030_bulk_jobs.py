import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

import oms.core.fields
import oms.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0022_sales_by_quarter_hour"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkJob",
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
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("fulfill", "fulfill as proposed"),
                            ("ship", "ship what is packed"),
                            ("hold", "put on hold"),
                            ("release", "release all holds"),
                            ("add_tags", "add tags"),
                            ("remove_tags", "remove tags"),
                            ("note", "add a note"),
                            ("complete", "complete"),
                            ("archive", "archive"),
                            ("cancel", "cancel"),
                        ],
                        max_length=20,
                        verbose_name="act",
                    ),
                ),
                ("input", models.JSONField(default=dict, verbose_name="input")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "running"),
                            ("completed", "completed"),
                            ("canceled", "canceled"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0, verbose_name="orders")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="done")),
                ("refused", models.PositiveIntegerField(default=0, verbose_name="refused")),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True, default="", verbose_name="error")),
                ("started_by", models.CharField(max_length=80)),
                ("actor", models.JSONField(verbose_name="by")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
            ],
            options={
                "verbose_name": "bulk job",
                "ordering": ["-id"],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["started_by", "-id"], name="bulkjob_by_starter"),
                    models.Index(
                        condition=models.Q(("status__in", ("waiting", "running"))),
                        fields=["status"],
                        name="bulkjob_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("done"), "+", models.F("refused")
                                ),
                            )
                        ),
                        name="bulkjob_counts_each_order_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkJobRow",
            fields=[
                (
                    "id",
                    oms.core.fields.IdField(
                        default=oms.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("done", "done"), ("refused", "refused")],
                        default="waiting",
                        max_length=10,
                        verbose_name="result",
                    ),
                ),
                ("code", models.CharField(blank=True, default="", max_length=60, verbose_name="code")),
                ("message", models.TextField(blank=True, default="", verbose_name="reason")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="at")),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="orders.bulkjob",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bulk_rows", to="orders.order"
                    ),
                ),
            ],
            options={
                "verbose_name": "result of a bulk job",
                "verbose_name_plural": "results of bulk jobs",
                "ordering": ["order_id"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["job", "state", "order"], name="bulkjobrow_by_state")],
                "constraints": [models.UniqueConstraint(fields=("job", "order"), name="bulkjobrow_order_once")],
            },
        ),
    ]

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import oms.core.fields
import oms.core.ids


class Migration(migrations.Migration):
    dependencies = [("channels", "0010_scheduled_sources")]

    operations = [
        migrations.CreateModel(
            name="ImportUpload",
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
                ("file_name", models.CharField(max_length=120, verbose_name="file")),
                ("size", models.BigIntegerField()),
                ("format", models.CharField(blank=True, default="", max_length=40, verbose_name="format")),
                ("stock", models.CharField(default="skip", max_length=10, verbose_name="stock")),
                ("stop_at_error", models.BooleanField(default=False, verbose_name="stop at the first bad record")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("looked_at", "looked at, not started"),
                            ("waiting", "waiting for a worker"),
                            ("running", "running"),
                            ("completed", "completed"),
                            ("partial", "completed with rejects"),
                            ("stopped", "stopped at an error"),
                            ("failed", "failed"),
                            ("discarded", "discarded"),
                        ],
                        default="looked_at",
                        max_length=10,
                    ),
                ),
                ("preview", models.JSONField(default=dict)),
                ("lines_done", models.BigIntegerField(default=0)),
                ("lines_all", models.BigIntegerField(default=0)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True, default="")),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("actor", models.JSONField()),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uploads", to="channels.saleschannel"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="uploads",
                        to="channels.importrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "file import",
                "ordering": ["-id"],
                "permissions": [("import_orders", "Can bring files of orders in")],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["waiting", "running"])),
                        fields=["status"],
                        name="importupload_open",
                    )
                ],
            },
        ),
    ]

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import oms.core.fields
import oms.core.ids


class Migration(migrations.Migration):
    """Rejects that are dealt with, columns that carry other names, and what was refused tried again."""

    dependencies = [
        ("channels", "0020_imports_are_pruned_with_the_rest"),
    ]

    operations = [
        migrations.CreateModel(
            name="ColumnMapping",
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
                ("format", models.CharField(max_length=40, verbose_name="format")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("columns", models.JSONField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="importreject",
            name="settled_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="dealt with"),
        ),
        migrations.AddField(
            model_name="importupload",
            name="columns",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="importupload",
            name="retry_of",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="retries",
                to="channels.importrun",
            ),
        ),
        migrations.AlterField(
            model_name="importupload",
            name="status",
            field=models.CharField(
                choices=[
                    ("unmapped", "its columns are not known yet"),
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
        migrations.AddConstraint(
            model_name="importupload",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retry_of__isnull", False), ("status__in", ["waiting", "running"])),
                fields=("retry_of",),
                name="importupload_one_retry_at_a_time",
            ),
        ),
        migrations.AddField(
            model_name="columnmapping",
            name="channel",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="column_mappings",
                to="channels.saleschannel",
            ),
        ),
        migrations.AddConstraint(
            model_name="columnmapping",
            constraint=models.UniqueConstraint(fields=("channel", "format", "name"), name="columnmapping_named_once"),
        ),
    ]

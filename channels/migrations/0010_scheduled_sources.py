import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import oms.core.fields
import oms.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0002_import_workers"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderSource",
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
                    "name",
                    models.CharField(
                        max_length=80,
                        unique=True,
                        validators=[django.core.validators.MinLengthValidator(2)],
                        verbose_name="name",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("folder", "a folder of files"), ("http", "an HTTP address")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        help_text="https://… , or the full path of a folder on the server.",
                        max_length=1000,
                        verbose_name="address",
                    ),
                ),
                (
                    "whole_file",
                    models.BooleanField(
                        default=False,
                        help_text="HTTP: the address gives one file of any format, not pages of NDJSON since a time.",
                        verbose_name="one whole file",
                    ),
                ),
                (
                    "credential",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="HTTP: which of the server's secrets to show.",
                        max_length=60,
                        verbose_name="secret",
                    ),
                ),
                (
                    "pattern",
                    models.CharField(
                        blank=True,
                        default="*",
                        help_text="Folder: such as *.csv or orders-*.gz.",
                        max_length=100,
                        verbose_name="file names",
                    ),
                ),
                (
                    "move_files",
                    models.BooleanField(
                        default=False,
                        help_text="Folder: put files that were taken into done/ or failed/ below it.",
                        verbose_name="move files",
                    ),
                ),
                ("format", models.CharField(blank=True, default="", max_length=40, verbose_name="format")),
                ("stock", models.CharField(default="skip", max_length=10, verbose_name="stock")),
                ("stop_at_error", models.BooleanField(default=False, verbose_name="stop at the first bad record")),
                (
                    "overlap_seconds",
                    models.PositiveIntegerField(
                        default=900,
                        help_text="Seconds before the cursor that are asked for again, for late records.",
                        verbose_name="overlap",
                    ),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("cursor", models.DateTimeField(blank=True, editable=False, null=True)),
                ("etag", models.CharField(blank=True, default="", editable=False, max_length=300)),
                ("wait_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "last_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("waiting", "waiting for a worker"),
                            ("running", "running"),
                            ("completed", "completed"),
                            ("nothing", "nothing new"),
                            ("partial", "completed with rejects"),
                            ("failed", "failed"),
                        ],
                        default="",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("last_run_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "failures",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="Runs that failed since the last good one."
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sources", to="channels.saleschannel"
                    ),
                ),
                (
                    "schedule",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="django_celery_beat.periodictask",
                    ),
                ),
            ],
            options={
                "verbose_name": "source",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SourceFile",
            fields=[
                (
                    "id",
                    oms.core.fields.IdField(
                        default=oms.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("size", models.BigIntegerField()),
                (
                    "modified_ns",
                    models.BigIntegerField(help_text="When it was last written, in nanoseconds since 1970."),
                ),
                ("fingerprint", models.CharField(help_text="SHA-256 of the file as it lay there.", max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("completed", "brought in"),
                            ("partial", "brought in with rejects"),
                            ("repeated", "same content as before"),
                            ("failed", "refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("error", models.TextField(blank=True, default="")),
                ("taken_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "import_run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="channels.importrun",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taken",
                        to="channels.ordersource",
                    ),
                ),
            ],
            options={
                "verbose_name": "taken file",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["source", "fingerprint"], name="sourcefile_content")],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "name", "size", "modified_ns"), name="sourcefile_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceRun",
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
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting for a worker"),
                            ("running", "running"),
                            ("completed", "completed"),
                            ("nothing", "nothing new"),
                            ("partial", "completed with rejects"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("actor", models.JSONField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("pages", models.PositiveIntegerField(default=0)),
                ("files", models.PositiveIntegerField(default=0)),
                ("size", models.BigIntegerField(default=0, help_text="Bytes that were fetched.")),
                ("retries", models.PositiveIntegerField(default=0)),
                ("created", models.PositiveIntegerField(default=0)),
                ("revised", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("rejected", models.PositiveIntegerField(default=0)),
                ("import_runs", models.JSONField(blank=True, default=list)),
                ("note", models.TextField(blank=True, default="")),
                ("error", models.TextField(blank=True, default="")),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="channels.ordersource"
                    ),
                ),
            ],
            options={
                "verbose_name": "run of a source",
                "verbose_name_plural": "runs of sources",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ("waiting", "running"))),
                        fields=("source",),
                        name="sourcerun_open_once",
                    )
                ],
            },
        ),
    ]

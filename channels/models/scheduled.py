"""Sources that are visited by schedule, and what came of each visit."""

from __future__ import annotations

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask

from channels.enums import SourceFileStatus, SourceKind, SourceRunStatus, StockPolicy
from channels.models.channel import SalesChannel
from channels.models.source import ImportRun
from oms.core import ids
from oms.core.fields import Identified, Timestamped

OPEN_RUN = (SourceRunStatus.WAITING, SourceRunStatus.RUNNING)


class OrderSource(Identified, Timestamped):
    """A folder or an HTTP address that orders of a channel are fetched from, again and again.

    `cursor` is the moment up to which everything was fetched: it moves when a run is whole, never otherwise. `version`
    counts changes of what is asked where, so that a run that began before one moves nothing after it.
    """

    id_prefix = ids.ORDER_SOURCE

    name = models.CharField(_("name"), max_length=80, unique=True, validators=[MinLengthValidator(2)])
    channel = models.ForeignKey(SalesChannel, on_delete=models.PROTECT, related_name="sources")
    kind = models.CharField(_("kind"), max_length=10, choices=SourceKind)
    address = models.CharField(
        _("address"), max_length=1000, help_text=_("https://… , or the full path of a folder on the server.")
    )
    whole_file = models.BooleanField(
        _("one whole file"),
        default=False,
        help_text=_("HTTP: the address gives one file of any format, not pages of NDJSON since a time."),
    )
    credential = models.CharField(
        _("secret"), max_length=60, blank=True, default="", help_text=_("HTTP: which of the server's secrets to show.")
    )
    pattern = models.CharField(
        _("file names"), max_length=100, blank=True, default="*", help_text=_("Folder: such as *.csv or orders-*.gz.")
    )
    move_files = models.BooleanField(
        _("move files"), default=False, help_text=_("Folder: put files that were taken into done/ or failed/ below it.")
    )
    format = models.CharField(_("format"), max_length=40, blank=True, default="")
    stock = models.CharField(_("stock"), max_length=10, default=StockPolicy.SKIP)
    stop_at_error = models.BooleanField(_("stop at the first bad record"), default=False)
    overlap_seconds = models.PositiveIntegerField(
        _("overlap"), default=900, help_text=_("Seconds before the cursor that are asked for again, for late records.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    schedule = models.OneToOneField(PeriodicTask, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)
    cursor = models.DateTimeField(null=True, blank=True, editable=False)
    etag = models.CharField(max_length=300, blank=True, default="", editable=False)
    wait_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_status = models.CharField(max_length=10, choices=SourceRunStatus, blank=True, default="", editable=False)
    last_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Runs that failed since the last good one.")
    )

    class Meta:
        verbose_name = _("source")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SourceRun(Identified, Timestamped):
    """One visit to a source. A run whose worker was lost is taken up again as the next attempt, from its beginning.

    created … rejected: records. since: what was asked for; import_runs: ids of the imports it made.
    """

    id_prefix = ids.SOURCE_RUN

    source = models.ForeignKey(OrderSource, on_delete=models.CASCADE, related_name="runs")
    status = models.CharField(max_length=10, choices=SourceRunStatus, default=SourceRunStatus.WAITING)
    actor = models.JSONField()
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0, help_text=_("Bytes that were fetched."))
    retries = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    revised = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    import_runs = models.JSONField(default=list, blank=True)
    note = models.TextField(blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = _("run of a source")
        verbose_name_plural = _("runs of sources")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source"], name="sourcerun_open_once", condition=Q(status__in=OPEN_RUN)),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.status}"


class SourceFile(Identified):
    """A file that lay in a folder and was taken, with what came of it. The same content is not taken again."""

    id_prefix = ids.SOURCE_FILE

    source = models.ForeignKey(OrderSource, on_delete=models.CASCADE, related_name="taken", db_index=False)
    import_run = models.ForeignKey(ImportRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    modified_ns = models.BigIntegerField(help_text=_("When it was last written, in nanoseconds since 1970."))
    fingerprint = models.CharField(max_length=64, help_text=_("SHA-256 of the file as it lay there."))
    status = models.CharField(max_length=10, choices=SourceFileStatus)
    error = models.TextField(blank=True, default="")
    taken_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("taken file")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "name", "size", "modified_ns"], name="sourcefile_once"),
        ]
        indexes = [models.Index(fields=["source", "fingerprint"], name="sourcefile_content")]

    def __str__(self) -> str:
        return self.name

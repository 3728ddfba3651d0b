"""Files that people send through the console."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.enums import StockPolicy, UploadKind, UploadStatus
from channels.models.channel import SalesChannel
from channels.models.source import ImportRun
from oms.core import ids
from oms.core.fields import Identified, Timestamped


class ImportUpload(Identified, Timestamped):
    """A file on its way from somebody's desk into a channel: looked at first, then brought in by a worker.

    One of counts goes to stock, and to no channel; outcome: what it did there and its first rejects.

    preview: what a rehearsal with its first lines said. lines_done counts lines that are committed. columns: what the
    format calls the file's columns, where they carry other names ("" for one that is not used). retry_of: it is no file
    of somebody's, but what that run refused, tried again.
    """

    id_prefix = ids.IMPORT_UPLOAD

    kind = models.CharField(_("what is in it"), max_length=10, choices=UploadKind, default=UploadKind.ORDERS)
    channel = models.ForeignKey(SalesChannel, null=True, blank=True, on_delete=models.PROTECT, related_name="uploads")
    file_name = models.CharField(_("file"), max_length=120)
    size = models.BigIntegerField()
    format = models.CharField(_("format"), max_length=40, blank=True, default="")
    stock = models.CharField(_("stock"), max_length=10, default=StockPolicy.SKIP)
    columns = models.JSONField(default=dict, blank=True)
    retry_of = models.ForeignKey(ImportRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="retries")
    stop_at_error = models.BooleanField(_("stop at the first bad record"), default=False)
    status = models.CharField(max_length=10, choices=UploadStatus, default=UploadStatus.LOOKED_AT)
    preview = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict, blank=True)
    run = models.ForeignKey(ImportRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads")
    lines_done = models.BigIntegerField(default=0)
    lines_all = models.BigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    actor = models.JSONField()

    class Meta:
        verbose_name = _("file import")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("import_orders", "Can bring files of orders in")]
        indexes = [
            models.Index(
                fields=["status"],
                name="importupload_open",
                condition=Q(status__in=[UploadStatus.WAITING, UploadStatus.RUNNING]),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["retry_of"],
                name="importupload_one_retry_at_a_time",
                condition=Q(status__in=[UploadStatus.WAITING, UploadStatus.RUNNING], retry_of__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(kind=UploadKind.STOCK, channel=None) | Q(kind=UploadKind.ORDERS, channel__isnull=False),
                name="importupload_orders_have_a_channel",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class ColumnMapping(Identified, Timestamped):
    """What a format calls the columns of somebody's files, remembered for the next one.

    columns: by the file's name for it the format's, "" for one that is not used.
    """

    id_prefix = ids.COLUMN_MAPPING

    channel = models.ForeignKey(SalesChannel, on_delete=models.CASCADE, related_name="column_mappings", db_index=False)
    format = models.CharField(_("format"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    columns = models.JSONField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["channel", "format", "name"], name="columnmapping_named_once")]

    def __str__(self) -> str:
        return self.name

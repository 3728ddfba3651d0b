"""Files that people send through the console."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.enums import StockPolicy, UploadStatus
from channels.models.channel import SalesChannel
from channels.models.source import ImportRun
from oms.core import ids
from oms.core.fields import Identified, Timestamped


class ImportUpload(Identified, Timestamped):
    """A file on its way from somebody's desk into a channel: looked at first, then brought in by a worker.

    preview: what a rehearsal with its first lines said. lines_done counts lines that are committed.
    """

    id_prefix = ids.IMPORT_UPLOAD

    channel = models.ForeignKey(SalesChannel, on_delete=models.PROTECT, related_name="uploads")
    file_name = models.CharField(_("file"), max_length=120)
    size = models.BigIntegerField()
    format = models.CharField(_("format"), max_length=40, blank=True, default="")
    stock = models.CharField(_("stock"), max_length=10, default=StockPolicy.SKIP)
    stop_at_error = models.BooleanField(_("stop at the first bad record"), default=False)
    status = models.CharField(max_length=10, choices=UploadStatus, default=UploadStatus.LOOKED_AT)
    preview = models.JSONField(default=dict)
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

    def __str__(self) -> str:
        return self.file_name

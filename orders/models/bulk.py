from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import Identified, Timestamped
from orders.enums import BulkAct, BulkJobStatus, BulkRowState
from orders.models.order import Order

OPEN_JOB = (BulkJobStatus.WAITING, BulkJobStatus.RUNNING)


class BulkJob(Identified, Timestamped):
    """One act on many orders, which were chosen once and for all when it was started.

    input: what the act asks for, as `orders.services.bulk_acts` reads it. done and refused count the rows, and are
    written with each of them. location_ids: the stock locations that who started it may work at; null: all.
    started_by: kind and id of the actor, to find one's own. attempts: how often a worker began since a row was last
    finished; updated_at says when that was.
    """

    id_prefix = ids.BULK_JOB

    act = models.CharField(_("act"), max_length=20, choices=BulkAct)
    input = models.JSONField(_("input"), default=dict)
    status = models.CharField(_("status"), max_length=10, choices=BulkJobStatus, default=BulkJobStatus.WAITING)
    total = models.PositiveIntegerField(_("orders"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    location_ids = ArrayField(models.UUIDField(), null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(_("error"), blank=True, default="")
    started_by = models.CharField(max_length=80)
    actor = models.JSONField(_("by"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("bulk job")
        ordering = ["-id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(total__gte=F("done") + F("refused")), name="bulkjob_counts_each_order_once"
            )
        ]
        indexes = [
            models.Index(fields=["started_by", "-id"], name="bulkjob_by_starter"),
            models.Index(fields=["status"], name="bulkjob_open", condition=Q(status__in=OPEN_JOB)),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} ({self.total})"

    @property
    def left(self) -> int:
        return self.total - self.done - self.refused

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_JOB

    @property
    def can_be_canceled(self) -> bool:
        return self.is_open or self.status == BulkJobStatus.FAILED

    @property
    def percent(self) -> int:
        return (self.done + self.refused) * 100 // self.total if self.total else 0


class BulkJobRow(Identified):
    """An order of a bulk job: what came of the act, with the code and the sentence of its refusal."""

    id_prefix = ids.BULK_JOB_ROW

    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="rows", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="bulk_rows")
    state = models.CharField(_("result"), max_length=10, choices=BulkRowState, default=BulkRowState.WAITING)
    code = models.CharField(_("code"), max_length=60, blank=True, default="")
    message = models.TextField(_("reason"), blank=True, default="")
    finished_at = models.DateTimeField(_("at"), null=True, blank=True)

    class Meta:
        verbose_name = _("result of a bulk job")
        verbose_name_plural = _("results of bulk jobs")
        ordering = ["order_id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["job", "order"], name="bulkjobrow_order_once")]
        indexes = [models.Index(fields=["job", "state", "order"], name="bulkjobrow_by_state")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.state}"

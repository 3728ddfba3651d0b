from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import Identified
from orders.enums import HoldReason
from orders.models.order import Order


class Hold(Identified):
    """Something that must be settled before the order may be fulfilled. Holds stack."""

    id_prefix = ids.HOLD

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=20, choices=HoldReason)
    note = models.CharField(max_length=255, blank=True, default="")
    placed_at = models.DateTimeField(db_default=Now())
    placed_by = models.JSONField()
    release_at = models.DateTimeField(null=True, blank=True, help_text=_("Released by itself at that time."))
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["placed_at"]
        indexes = [
            models.Index(fields=["order"], name="hold_open", condition=Q(released_at=None)),
            models.Index(
                fields=["release_at"], name="hold_due", condition=Q(released_at=None, release_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(HoldReason(self.reason).label)

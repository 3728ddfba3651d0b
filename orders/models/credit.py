from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified
from orders.enums import CreditReason
from orders.models.order import Order


class CreditLine(Identified):
    """Money given back without taking a line away; it lowers the order's total by `amount`."""

    id_prefix = ids.CREDIT_LINE

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="credit_lines")
    amount = AmountField()
    reason = models.CharField(max_length=20, choices=CreditReason)
    reference = models.CharField(max_length=190, blank=True, default="")
    note = models.CharField(max_length=255, blank=True, default="")
    is_stated = models.BooleanField(
        default=False, db_default=False, help_text=_("Said by the order's source, and replaced when it says otherwise.")
    )
    attempt_id = models.UUIDField(
        null=True, blank=True, unique=True, help_text=_("The refund that it was written for, and goes away with.")
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="creditline_is_not_nothing")]

    def __str__(self) -> str:
        return f"{self.reason} {self.amount}"

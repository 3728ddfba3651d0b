"""Money that moved for an order."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified, Timestamped


class Payment(Identified, Timestamped):
    """Money promised or taken for an order. `external` payments were taken elsewhere; their reference is recorded.

    Amounts are in `currency`, major units: `amount` was authorized, of which `captured` was taken, of which `refunded`
    went back.
    """

    id_prefix = ids.PAYMENT

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=60, default="external")
    method = models.CharField(max_length=60, blank=True, default="", help_text=_("card, cash, bank transfer …"))
    reference = models.CharField(max_length=190, blank=True, default="", help_text=_("The provider's own id of it."))
    currency = models.CharField(max_length=3)
    amount = AmountField()
    captured = AmountField(default=0)
    refunded = AmountField(default=0)
    captured_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    is_stated = models.BooleanField(
        default=False, db_default=False, help_text=_("Said by the order's source, and replaced when it says otherwise.")
    )
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(captured__gte=0, captured__lte=F("amount")), name="payment_captured_within_authorized"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured")), name="payment_refunded_within_captured"
            ),
        ]
        indexes = [models.Index(fields=["provider", "reference"], name="payment_by_reference")]

    def __str__(self) -> str:
        return self.reference or self.public_id

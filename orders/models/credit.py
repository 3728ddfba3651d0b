from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified
from orders.enums import CreditReason
from orders.models.line import OrderLine, ShippingLine
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


class CreditedItem(Identified):
    """What a refund gives back of one line, or of one shipping line: a share for each payment that it goes back to.

    `refund` is the same for all shares of one refund, and each share of a line bears all of its units. When a provider
    declines its share is taken back: those units are not wholly given back then, and what the other shares gave counts
    towards them. Units that were put back on a shelf stay there.
    """

    id_prefix = ids.CREDITED_ITEM

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="credited_items")
    refund = models.UUIDField(help_text=_("The same for all that was asked for together."))
    attempt_id = models.UUIDField(help_text=_("The refund of one payment that it is a share of."))
    line = models.ForeignKey(OrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="credited")
    shipping_line = models.ForeignKey(
        ShippingLine, null=True, blank=True, on_delete=models.PROTECT, related_name="credited"
    )
    quantity = models.PositiveIntegerField(default=0)
    amount = AmountField()
    quantity_restocked = models.PositiveIntegerField(default=0, help_text=_("Units that went back on the shelf."))
    is_taken_back = models.BooleanField(default=False, help_text=_("Its provider declined."))
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="crediteditem_amount"),
            models.CheckConstraint(condition=Q(quantity_restocked__lte=F("quantity")), name="crediteditem_restocked"),
            models.CheckConstraint(
                condition=Q(line__isnull=True) ^ Q(shipping_line__isnull=True), name="crediteditem_of_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return str(self.line or self.shipping_line)

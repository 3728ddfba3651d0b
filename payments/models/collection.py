"""What is to be collected, and the tries of a customer to pay it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified, Timestamped
from payments.enums import SessionStatus


class PaymentCollection(Identified, Timestamped):
    """An amount to be collected for a cart or an order. What was collected of it is the sum of its payments.

    The first collection of an order has the order's own id, so that payments which are recorded with an order belong to
    it whether or not it was ever written down.
    """

    id_prefix = ids.PAYMENT_COLLECTION

    order = models.ForeignKey(
        "orders.Order", null=True, blank=True, on_delete=models.PROTECT, related_name="payment_collections"
    )
    cart_id = models.UUIDField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    canceled_at = models.DateTimeField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="collection_amount"),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(cart_id__isnull=False), name="collection_is_for_something"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class PaymentSession(Identified, Timestamped):
    """One try to pay a collection with one provider.

    reference: the provider's id of the payment, once it told us. data: what the customer's browser needs; no secret of
    ours. A session that is authorized has a payment.
    """

    id_prefix = ids.PAYMENT_SESSION

    collection = models.ForeignKey(PaymentCollection, on_delete=models.PROTECT, related_name="sessions")
    provider = models.CharField(max_length=60)
    reference = models.CharField(max_length=190, blank=True, default="")
    currency = models.CharField(max_length=3)
    amount = AmountField()
    status = models.CharField(max_length=20, choices=SessionStatus, default=SessionStatus.PENDING)
    data = models.JSONField(default=dict, blank=True)
    context = models.JSONField(default=dict, blank=True)
    capture = models.BooleanField(default=False, help_text=_("The money is taken with the authorization."))
    code = models.CharField(max_length=60, blank=True, default="")
    message = models.CharField(max_length=255, blank=True, default="")
    authorized_at = models.DateTimeField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference"], name="session_reference_once", condition=~Q(reference="")
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="session_amount"),
        ]

    def __str__(self) -> str:
        return self.public_id

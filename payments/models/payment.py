"""Money that moved for an order."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified, Timestamped
from oms.core.money import Money
from payments.enums import PaymentProblem
from payments.models.collection import PaymentCollection, PaymentSession

EXTERNAL: Final = "external"


class Payment(Identified, Timestamped):
    """Money promised or taken for an order. `external` payments were taken elsewhere; their reference is recorded.

    Amounts are in `currency`, major units: `amount` was authorized, of which `captured` was taken, of which `refunded`
    went back. Of a payment that is ours they follow from its provider's events and nothing else
    (`payments.services.facts`). One without an order is a cart's that is not placed yet.
    """

    id_prefix = ids.PAYMENT

    order = models.ForeignKey("orders.Order", null=True, blank=True, on_delete=models.PROTECT, related_name="payments")
    collection = models.ForeignKey(
        PaymentCollection, null=True, blank=True, on_delete=models.PROTECT, related_name="payments", db_index=False
    )
    session = models.ForeignKey(
        PaymentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="payments", db_index=False
    )
    provider = models.CharField(max_length=60, default="external")
    method = models.CharField(max_length=60, blank=True, default="", help_text=_("card, cash, bank transfer …"))
    reference = models.CharField(max_length=190, blank=True, default="", help_text=_("The provider's own id of it."))
    currency = models.CharField(max_length=3)
    amount = AmountField()
    captured = AmountField(default=0)
    refunded = AmountField(default=0)
    captured_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True, help_text=_("What was not captured by then was let go."))
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text=_("The provider lets go of what is not captured by then.")
    )
    expiry_warned_at = models.DateTimeField(null=True, blank=True, help_text=_("When it was told that it ends soon."))
    expiry_checked_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When its provider was asked what became of it.")
    )
    problem = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text=_("What its provider told that cannot be.")
    )
    is_stated = models.BooleanField(
        default=False, db_default=False, help_text=_("Said by the order's source, and replaced when it says otherwise.")
    )
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        permissions = [
            ("capture_payment", _("Can collect money: take, let go, mark as paid")),
            ("refund_payment", _("Can give money back")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(captured__gte=0, captured__lte=F("amount")), name="payment_captured_within_authorized"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured")), name="payment_refunded_within_captured"
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(collection__isnull=False), name="payment_is_for_something"
            ),
            # Partial, so that payments which are only recorded, by the million, cost nothing in them.
            models.UniqueConstraint(
                fields=["session"], name="payment_of_a_session_once", condition=Q(session__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["provider", "reference"],
                name="payment_reference_once",
                condition=~Q(provider="external") & ~Q(reference=""),
            ),
        ]
        indexes = [
            # The reference first: it is looked for alone as well, whoever the provider is.
            models.Index(fields=["reference", "provider"], name="payment_reference"),
            models.Index(fields=["collection"], name="payment_by_collection", condition=Q(collection__isnull=False)),
            # Few rows: what has to be captured before it ends, and what cannot be.
            models.Index(
                fields=["expires_at"],
                name="payment_expiring",
                condition=Q(expires_at__isnull=False, canceled_at=None, captured__lt=F("amount")),
            ),
            models.Index(fields=["captured_at"], name="payment_captured_at", condition=Q(captured_at__isnull=False)),
            # Of the few providers that are ours; what was only recorded is nearly everything, and found without it.
            models.Index(fields=["provider", "-id"], name="payment_by_provider", condition=~Q(provider="external")),
            models.Index(fields=["-id"], name="payment_with_problem", condition=~Q(problem="")),
            models.Index(
                fields=["id"],
                name="payment_without_order",
                condition=Q(order=None) & (Q(canceled_at=None) | Q(captured__gt=F("refunded"))),
            ),
            models.Index(
                fields=["-id"], name="payment_to_capture", condition=Q(canceled_at=None, captured__lt=F("amount"))
            ),
            # Few payments come to that, and a list of them would else be looked for among all that did not.
            models.Index(fields=["-id"], name="payment_refunded", condition=Q(refunded__gt=0)),
            models.Index(fields=["-id"], name="payment_let_go", condition=Q(canceled_at__isnull=False)),
            models.Index(
                fields=["-id"],
                name="payment_taken_in_part",
                condition=Q(captured__gt=0, captured__lt=F("amount"), refunded=0),
            ),
        ]

    def __str__(self) -> str:
        return self.reference or self.public_id

    @property
    def is_recorded(self) -> bool:
        """Taken elsewhere: nobody can be asked to move it."""
        return self.provider == EXTERNAL

    @property
    def problem_in_words(self) -> str:
        return str(dict(PaymentProblem.choices).get(self.problem, self.problem))

    def money(self, amount: Decimal) -> Money:
        """An amount of this payment with its currency."""
        return Money(amount, self.currency)

"""Each time that money is to move."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified, Timestamped
from payments.enums import HANGING_STATES, OPEN_STATES, AttemptState, MoneyAct, RefundReason
from payments.models.collection import PaymentSession
from payments.models.needing import NeedsSomebody
from payments.models.payment import Payment


class PaymentAttempt(Identified, Timestamped, NeedsSomebody):
    """An authorization, capture, refund or void: written before its provider is asked, settled by what it tells.

    Its id is the idempotency key of the call. A movement that the provider tells of and nobody here asked for has a row
    too (`is_foreign`), so that the captures and refunds of a payment are its attempts that succeeded.
    """

    id_prefix = ids.PAYMENT_ATTEMPT

    session = models.ForeignKey(
        PaymentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    payment = models.ForeignKey(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    act = models.CharField(max_length=12, choices=MoneyAct)
    state = models.CharField(max_length=12, choices=AttemptState, default=AttemptState.INTENDED)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    movement = models.CharField(max_length=190, blank=True, default="", help_text=_("The provider's own id of it."))
    data = models.JSONField(default=dict, blank=True, help_text=_("What the customer chose to pay with, as a token."))
    is_last = models.BooleanField(default=False, help_text=_("Nothing more will be captured after it."))
    is_foreign = models.BooleanField(default=False, help_text=_("Made at the provider, not from here."))
    reason = models.CharField(max_length=20, choices=RefundReason, blank=True, default="")
    note = models.CharField(max_length=255, blank=True, default="")
    code = models.CharField(max_length=60, blank=True, default="", help_text=_("The provider's word for a refusal."))
    message = models.CharField(max_length=255, blank=True, default="")
    actor = models.JSONField(default=dict)
    leased_until = models.DateTimeField(null=True, blank=True, help_text=_("Somebody asks the provider until then."))
    next_try_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="attempt_amount"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False) | Q(session__isnull=False), name="attempt_is_of_something"
            ),
            models.UniqueConstraint(
                fields=["payment", "act", "movement"], name="attempt_movement_once", condition=~Q(movement="")
            ),
        ]
        indexes = [
            models.Index(fields=["payment", "created_at"], name="attempt_by_payment"),
            models.Index(fields=["session", "created_at"], name="attempt_by_session"),
            # What is to be looked at again: few rows, however many there are. Not those of customers who never came
            # back, which stay open for good.
            models.Index(
                fields=["next_try_at"],
                name="attempt_awaited",
                condition=Q(state__in=OPEN_STATES, next_try_at__isnull=False),
            ),
            models.Index(
                fields=["payment"],
                name="attempt_open_of_payment",
                condition=Q(state__in=OPEN_STATES, payment__isnull=False),
            ),
            # Lists by what few attempts are; nearly all are authorizations and captures that were done. One of all that
            # was declined would be taken where attempt_trouble is meant.
            models.Index(fields=["-id"], name="attempt_pending", condition=Q(state=AttemptState.PENDING)),
            models.Index(
                fields=["act", "-id"], name="attempt_back", condition=Q(act__in=(MoneyAct.REFUND, MoneyAct.VOID))
            ),
            # Without it every attempt would be read to find out that no payment that ends had its last capture.
            models.Index(
                fields=["payment"],
                name="attempt_last_capture",
                condition=Q(is_last=True, act=MoneyAct.CAPTURE, state=AttemptState.SUCCEEDED),
            ),
            # What needs a person: a card that a shop's customer is refused does not.
            models.Index(
                fields=["settled_at", "id"],
                name="attempt_trouble",
                condition=Q(
                    state=AttemptState.DECLINED,
                    act__in=(MoneyAct.CAPTURE, MoneyAct.REFUND, MoneyAct.VOID),
                    dealt_with_at=None,
                ),
            ),
            models.Index(fields=["id"], name="attempt_hanging", condition=Q(state__in=HANGING_STATES)),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.amount} {self.currency}"

"""Money that we owe: gift cards, and the store credit of customers. A balance moves together with an entry, or not."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified, Timestamped
from oms.core.money import Money
from payments.enums import BalanceKind, BalanceReason

ZERO: Final = Decimal(0)


class Balance(Identified, Timestamped):
    """An amount in `currency`, major units: the sum of its entries, of which there are `entry_count`."""

    currency = models.CharField(max_length=3)
    balance = AmountField(default=0)
    entry_count = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def available(self) -> Decimal:
        """What can be paid with now."""
        return self.balance

    def money(self, amount: Decimal) -> Money:
        return Money(amount, self.currency)


class BalanceEntry(Identified):
    """One movement of a balance, append-only: the database refuses to change or delete it, but for emptying a note.

    amount: with its sign. number: counts the entries of one balance without gaps. attempt_id: the attempt that moved
    it, which moves it once. reference: of the payment that it belongs to, under which the provider knows it.
    """

    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=BalanceKind)
    amount = AmountField()
    balance_after = AmountField()
    reason = models.CharField(max_length=20, choices=BalanceReason, blank=True, default="")
    note = models.CharField(max_length=255, blank=True, default="")
    reference = models.CharField(max_length=190, blank=True, default="")
    attempt_id = models.UUIDField(null=True, blank=True)
    actor = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number}. {self.get_kind_display()} {self.amount}"


class GiftCard(Balance):
    """Whoever has its code can pay with it. The code itself is nowhere: only its keyed hash, and how it ends.

    order_id, order_line_id: what it was sold with. recipient: whom it is for, as it was given.
    """

    id_prefix = ids.GIFT_CARD

    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    last_four = models.CharField(max_length=4)
    initial_amount = AmountField()
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("Worth nothing from then on."))
    disabled_at = models.DateTimeField(null=True, blank=True, help_text=_("Nobody can pay with it since then."))
    recipient = models.CharField(max_length=190, blank=True, default="")
    note = models.CharField(max_length=255, blank=True, default="")
    order_id = models.UUIDField(null=True, blank=True)
    order_line_id = models.UUIDField(null=True, blank=True)
    actor = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="giftcard_balance"),
            models.CheckConstraint(condition=Q(initial_amount__gt=0), name="giftcard_initial_amount"),
        ]
        indexes = [
            models.Index(fields=["last_four"], name="giftcard_by_last_four"),
            models.Index(fields=["order_id"], name="giftcard_by_order", condition=Q(order_id__isnull=False)),
            models.Index(
                fields=["expires_at"], name="giftcard_expiring", condition=Q(balance__gt=0, expires_at__isnull=False)
            ),
            models.Index(fields=["-id"], name="giftcard_disabled", condition=Q(disabled_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"•••• {self.last_four}"

    def has_expired(self, now: datetime | None = None) -> bool:
        return self.expires_at is not None and self.expires_at <= (now or timezone.now())

    @property
    def available(self) -> Decimal:
        """Nothing while it is disabled, and nothing from the moment it expires, whoever wrote that down yet."""
        return ZERO if self.disabled_at or self.has_expired() else self.balance

    @property
    def status(self) -> str:
        if self.disabled_at:
            return "disabled"
        if self.has_expired():
            return "expired"
        return "active" if self.balance else "used_up"

    @staticmethod
    def that_are(status: str) -> Q:
        """The condition behind a status: an expired card is expired whether or not that was written down."""
        over = Q(expires_at__isnull=False, expires_at__lte=timezone.now())
        if status == "disabled":
            return Q(disabled_at__isnull=False)
        if status == "expired":
            return Q(disabled_at=None) & over
        return Q(disabled_at=None) & ~over & (Q(balance__gt=0) if status == "active" else Q(balance=0))


class GiftCardEntry(BalanceEntry):
    id_prefix = ids.GIFT_CARD_ENTRY

    account = models.ForeignKey(GiftCard, on_delete=models.PROTECT, related_name="entries", db_index=False)

    class Meta:
        verbose_name_plural = "gift card entries"
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="giftcardentry_number_once"),
            models.UniqueConstraint(
                fields=["attempt_id"], name="giftcardentry_attempt_once", condition=Q(attempt_id__isnull=False)
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="giftcardentry_moves_something"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="giftcardentry_balance"),
        ]
        indexes = [models.Index(fields=["reference"], name="giftcardentry_by_reference", condition=~Q(reference=""))]


class StoreCreditAccount(Balance):
    """What a customer has to spend with us, in one currency."""

    id_prefix = ids.STORE_CREDIT_ACCOUNT

    customer = models.ForeignKey(
        "orders.Customer", on_delete=models.PROTECT, related_name="store_credit_accounts", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "currency"], name="storecreditaccount_once"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="storecreditaccount_balance"),
        ]

    def __str__(self) -> str:
        return f"{self.customer}, {self.currency}"


class StoreCreditEntry(BalanceEntry):
    id_prefix = ids.STORE_CREDIT_ENTRY

    account = models.ForeignKey(StoreCreditAccount, on_delete=models.PROTECT, related_name="entries", db_index=False)

    class Meta:
        verbose_name_plural = "store credit entries"
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="storecreditentry_number_once"),
            models.UniqueConstraint(
                fields=["attempt_id"], name="storecreditentry_attempt_once", condition=Q(attempt_id__isnull=False)
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="storecreditentry_moves_something"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="storecreditentry_balance"),
        ]
        indexes = [models.Index(fields=["reference"], name="storecreditentry_by_reference", condition=~Q(reference=""))]

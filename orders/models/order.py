from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified, Timestamped
from oms.core.money import Money
from orders.enums import CancelReason, FulfillmentStatus, OrderStatus, PaymentStatus, ReturnStatus
from orders.models.customer import Customer
from orders.models.lookups import PhoneBackwards

OPEN = Q(status=OrderStatus.PENDING, units_open__gt=0)
UNPAID = Q(
    status=OrderStatus.PENDING,
    payment_status__in=[
        PaymentStatus.NOT_PAID,
        PaymentStatus.AWAITING,
        PaymentStatus.PARTIALLY_AUTHORIZED,
        PaymentStatus.PARTIALLY_CAPTURED,
        PaymentStatus.REQUIRES_ACTION,
    ],
)
# More was taken than it is worth, and has not gone back.
OWED = Q(
    status__in=[OrderStatus.PENDING, OrderStatus.REQUIRES_ACTION, OrderStatus.CANCELED],
    total__lt=F("captured_total") - F("refunded_total"),
)


class NextNumber(Func):
    """The next order number, from a sequence made by the first migration."""

    template = "nextval('orders_order_number')"
    output_field = models.BigIntegerField()


class Order(Identified, Timestamped):
    """A sale: what was ordered, for whom, what it is worth now, and how far it has come.

    All amounts are in `currency`, major units. The statuses beside `status` are derived by `orders.services.rollup`,
    which alone writes them, and `total` by `orders.totals`.
    """

    id_prefix = ids.ORDER

    number = models.BigIntegerField(unique=True, db_default=NextNumber(), editable=False)
    channel = models.ForeignKey(
        "channels.SalesChannel", on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    external_id = models.CharField(max_length=190, null=True, blank=True)  # noqa: DJ001  (null: it was made here)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")

    status = models.CharField(max_length=20, choices=OrderStatus, default=OrderStatus.PENDING)
    payment_status = models.CharField(max_length=24, choices=PaymentStatus, default=PaymentStatus.NOT_PAID)
    fulfillment_status = models.CharField(
        max_length=24, choices=FulfillmentStatus, default=FulfillmentStatus.NOT_FULFILLED
    )
    return_status = models.CharField(
        max_length=20, choices=ReturnStatus, default=ReturnStatus.NONE, db_default=ReturnStatus.NONE
    )
    open_holds = models.PositiveSmallIntegerField(default=0, db_default=0)
    units_open = models.PositiveIntegerField(default=0, help_text=_("Units that are still to be packed."))
    is_sample = models.BooleanField(default=False, help_text=_("Given away: all its prices are zero."))

    currency = models.CharField(max_length=3)
    prices_include_tax = models.BooleanField(default=False)
    item_subtotal = AmountField(default=0)
    shipping_subtotal = AmountField(default=0)
    discount_total = AmountField(default=0)
    tax_total = AmountField(default=0)
    adjustment_total = AmountField(default=0)
    credit_total = AmountField(default=0)
    total = AmountField(default=0, help_text=_("What it is worth now: lines, shipping, taxes, less credit lines."))
    original_total = AmountField(default=0, editable=False)
    captured_total = AmountField(default=0)
    refunded_total = AmountField(default=0)

    placed_at = models.DateTimeField(db_default=Now())
    completed_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    canceling_at = models.DateTimeField(
        null=True, blank=True, help_text=_("It is to be canceled, and waits for its money to go back.")
    )
    cancel_reason = models.CharField(max_length=20, choices=CancelReason, blank=True, default="")

    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(
        default=1, db_default=1, help_text=_("Counts every write that shows: the ETag.")
    )
    version = models.PositiveIntegerField(default=1, db_default=1, help_text=_("Counts confirmed changes."))
    event_seq = models.PositiveIntegerField(default=0)
    source_digest = models.CharField(
        max_length=64, blank=True, default="", help_text=_("SHA-256 of the record it was imported from.")
    )
    import_run_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], name="order_external_id_once", condition=Q(external_id__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(
                    total=F("item_subtotal")
                    + F("shipping_subtotal")
                    - F("discount_total")
                    + F("tax_total")
                    + F("adjustment_total")
                    - F("credit_total")
                ),
                name="order_total_is_its_sum",
            ),
            models.CheckConstraint(
                condition=Q(refunded_total__gte=0, refunded_total__lte=F("captured_total")),
                name="order_refunded_within_captured",
            ),
            models.CheckConstraint(
                condition=~Q(status="canceled") | Q(total=0, canceled_at__isnull=False),
                name="order_canceled_is_worth_0",
            ),
        ]
        indexes = [
            models.Index(fields=["-placed_at", "-id"], name="order_by_time"),
            models.Index(fields=["status", "-placed_at", "-id"], name="order_by_status"),
            models.Index(fields=["channel", "-placed_at", "-id"], name="order_by_channel"),
            models.Index(fields=["customer", "-placed_at", "-id"], name="order_by_customer"),
            models.Index(fields=["fulfillment_status", "-placed_at", "-id"], name="order_by_fulfillment"),
            models.Index(fields=["payment_status", "-placed_at", "-id"], name="order_by_payment"),
            # Few orders come back, and a list of them would else be looked for among all that did not.
            models.Index(
                fields=["return_status", "-placed_at", "-id"],
                name="order_by_return",
                condition=~Q(return_status=ReturnStatus.NONE),
            ),
            # Also finds by the beginning, whatever the database's collation.
            models.Index(fields=["external_id"], name="order_by_external_id", opclasses=["text_pattern_ops"]),
            # Over all rows, so that the planner believes its statistics.
            models.Index(Lower("email"), name="order_by_email"),
            models.Index(OpClass(PhoneBackwards("phone"), name="text_pattern_ops"), name="order_by_phone"),
            models.Index(fields=["-updated_at", "-id"], name="order_by_change"),
            models.Index(fields=["-placed_at", "-id"], name="order_samples", condition=Q(is_sample=True)),
            GinIndex(fields=["tags"], name="order_by_tag"),
            models.Index(fields=["total"], name="order_by_total"),
            # Work that waits: few rows, however many orders there are.
            models.Index(fields=["-placed_at", "-id"], name="order_open", condition=OPEN),
            models.Index(fields=["-placed_at", "-id"], name="order_unpaid", condition=UNPAID),
            models.Index(fields=["placed_at", "id"], name="order_owed", condition=OWED),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def balance(self) -> Money:
        """Above zero the customer owes, below zero the merchant does."""
        return Money(self.total - (self.captured_total - self.refunded_total), self.currency)

    def money(self, amount: Decimal) -> Money:
        """An amount of this order with its currency."""
        return Money(amount, self.currency)

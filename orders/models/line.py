from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified, RateField, UnitPriceField
from orders.enums import AdjustmentKind, LineKind
from orders.models.order import Order


class OrderLine(Identified):
    """What was sold: a quantity of one thing at one price, and how far each unit has come.

    `item_id` is the inventory item (no foreign key: inventory is replaceable). `components` is what one unit of a kit
    consisted of when it was sold (item_id, sku, quantity), and stays so whatever becomes of the kit. `facts` is what
    the catalogue said of the goods when they were sold, so that rules can be applied again years later.
    """

    id_prefix = ids.ORDER_LINE

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=LineKind, default=LineKind.GOODS)
    sku = models.CharField(max_length=100, blank=True, default="")
    title = models.CharField(max_length=255, blank=True, default="")
    item_id = models.UUIDField(null=True, blank=True)
    is_stocked = models.BooleanField(default=False)
    requires_shipping = models.BooleanField(default=True)
    components = models.JSONField(null=True, blank=True)

    quantity = models.PositiveIntegerField()
    unit_price = UnitPriceField()
    subtotal = AmountField()
    discount_total = AmountField(default=0)
    tax_total = AmountField(default=0)
    total = AmountField()

    quantity_fulfilled = models.PositiveIntegerField(default=0)
    quantity_shipped = models.PositiveIntegerField(default=0, db_default=0)
    quantity_delivered = models.PositiveIntegerField(default=0, db_default=0)
    quantity_returned = models.PositiveIntegerField(default=0, db_default=0)

    facts = models.JSONField(default=dict, db_default={}, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="orderline_position_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orderline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") - F("discount_total") + F("tax_total")),
                name="orderline_total_is_its_sum",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_fulfilled__lte=F("quantity"),
                    quantity_shipped__lte=F("quantity_fulfilled"),
                    quantity_delivered__lte=F("quantity_shipped"),
                    quantity_returned__lte=F("quantity"),
                ),
                name="orderline_progress_in_order",
            ),
        ]
        indexes = [
            # The newest orders of a sku that is in many are at its end.
            models.Index(fields=["sku", "order"], name="orderline_by_sku_and_order"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku or self.title}"

    @property
    def quantity_open(self) -> int:
        """What is still to be fulfilled."""
        return self.quantity - self.quantity_fulfilled


class ShippingLine(Identified):
    """What the customer pays for shipping. `quantity` is 1 but where a source counts it like goods.

    `quantity_credited`: how many of them credit notes gave back.
    """

    id_prefix = ids.SHIPPING_LINE

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipping_lines")
    position = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=100, blank=True, default="")
    name = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField(default=1)
    unit_price = UnitPriceField()
    subtotal = AmountField()
    discount_total = AmountField(default=0)
    tax_total = AmountField(default=0)
    total = AmountField()
    quantity_credited = models.PositiveIntegerField(default=0, db_default=0)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total=F("subtotal") - F("discount_total") + F("tax_total")),
                name="shippingline_total_is_its_sum",
            ),
            models.CheckConstraint(
                condition=Q(quantity_credited__lte=F("quantity")), name="shippingline_credited_within_quantity"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TaxLine(Identified):
    """One tax on one line, or on one shipping line."""

    id_prefix = ids.TAX_LINE

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="tax_lines")
    line = models.ForeignKey(OrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="tax_lines")
    shipping_line = models.ForeignKey(
        ShippingLine, null=True, blank=True, on_delete=models.PROTECT, related_name="tax_lines"
    )
    name = models.CharField(max_length=120)
    code = models.CharField(max_length=60, blank=True, default="")
    rate = RateField()
    amount = AmountField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(line__isnull=True) ^ Q(shipping_line__isnull=True), name="taxline_of_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Adjustment(Identified):
    """A change of a price: a discount (`amount` is taken off), or the difference to the source's total (added)."""

    id_prefix = ids.ADJUSTMENT

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="adjustments")
    line = models.ForeignKey(OrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="adjustments")
    shipping_line = models.ForeignKey(
        ShippingLine, null=True, blank=True, on_delete=models.PROTECT, related_name="adjustments"
    )
    kind = models.CharField(max_length=20, choices=AdjustmentKind, default=AdjustmentKind.DISCOUNT)
    code = models.CharField(max_length=100, blank=True, default="")
    description = models.CharField(max_length=255, blank=True, default="")
    amount = AmountField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(line__isnull=True) | Q(shipping_line__isnull=True), name="adjustment_of_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return self.code or str(_("Adjustment"))

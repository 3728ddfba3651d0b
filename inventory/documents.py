"""Papers of stock: what is expected, what is on its way between two places, what was counted, what came out short.

A document is written by its service, which moves counters and ledger with it. `outstanding` of a line is what of it
stands in `incoming` of a level now.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inventory.enums import ArrivalStatus, CountStatus, TransferStatus
from oms.core import ids
from oms.core.fields import Identified, Timestamped


class NextDocumentNumber(Func):
    """The next number of a document of stock, from one sequence for all kinds."""

    template = "nextval('inventory_document_number')"
    output_field = models.BigIntegerField()


class Document(Identified, Timestamped):
    """What papers have in common. `reference` is what other people call it: an order number of the supplier's, say."""

    number = models.BigIntegerField(unique=True, db_default=NextDocumentNumber(), editable=False)
    reference = models.CharField(max_length=120, blank=True, default="")
    note = models.CharField(max_length=255, blank=True, default="")
    placed_by = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(
        default=1, db_default=1, editable=False, help_text=_("Counts the steps taken with it: the ETag.")
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"


class Arrival(Document):
    """Goods expected from outside at a location."""

    id_prefix = ids.ARRIVAL

    location = models.ForeignKey("inventory.StockLocation", on_delete=models.PROTECT, related_name="arrivals")
    status = models.CharField(max_length=12, choices=ArrivalStatus, default=ArrivalStatus.EXPECTED)
    expected_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("arrival")
        indexes = [
            models.Index(fields=["status", "-id"], name="arrival_by_status"),
            models.Index(fields=["reference"], name="arrival_by_reference", opclasses=["text_pattern_ops"]),
        ]


class ArrivalLine(Identified):
    """One item of it. Damaged units have come and are not put to stock; more than expected may come."""

    id_prefix = ids.ARRIVAL_LINE

    arrival = models.ForeignKey(Arrival, on_delete=models.PROTECT, related_name="lines", db_index=False)
    item = models.ForeignKey("inventory.InventoryItem", on_delete=models.PROTECT, related_name="arrival_lines")
    quantity_expected = models.PositiveIntegerField()
    quantity_received = models.PositiveIntegerField(default=0)
    quantity_damaged = models.PositiveIntegerField(default=0)
    outstanding = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("arrival line")
        constraints = [
            models.UniqueConstraint(fields=["arrival", "item"], name="arrivalline_item_once"),
            models.CheckConstraint(
                condition=Q(quantity_expected__gt=0, outstanding__lte=F("quantity_expected")),
                name="arrivalline_outstanding_within_expected",
            ),
        ]
        indexes = [models.Index(fields=["item"], name="arrivalline_outstanding", condition=Q(outstanding__gt=0))]

    def __str__(self) -> str:
        return f"{self.quantity_expected} x {self.item}"


class Transfer(Document):
    """Goods that go from one location to another. Sent they have left the one and are incoming at the other."""

    id_prefix = ids.TRANSFER

    source = models.ForeignKey("inventory.StockLocation", on_delete=models.PROTECT, related_name="transfers_out")
    target = models.ForeignKey("inventory.StockLocation", on_delete=models.PROTECT, related_name="transfers_in")
    status = models.CharField(max_length=12, choices=TransferStatus, default=TransferStatus.DRAFT)
    loss_reason = models.CharField(max_length=255, blank=True, default="")
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("transfer")
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="transfer_between_two_places"),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="transfer_by_status"),
            models.Index(fields=["reference"], name="transfer_by_reference", opclasses=["text_pattern_ops"]),
        ]


class TransferLine(Identified):
    """One item of it. What was sent is received, lost, returned to where it came from, or still on its way."""

    id_prefix = ids.TRANSFER_LINE

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="lines", db_index=False)
    item = models.ForeignKey("inventory.InventoryItem", on_delete=models.PROTECT, related_name="transfer_lines")
    quantity = models.PositiveIntegerField()
    quantity_received = models.PositiveIntegerField(default=0)
    quantity_lost = models.PositiveIntegerField(default=0)
    quantity_returned = models.PositiveIntegerField(default=0)
    outstanding = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("transfer line")
        constraints = [
            models.UniqueConstraint(fields=["transfer", "item"], name="transferline_item_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(
                    quantity__gte=F("quantity_received")
                    + F("quantity_lost")
                    + F("quantity_returned")
                    + F("outstanding")
                ),
                name="transferline_parts_within_quantity",
            ),
        ]
        indexes = [models.Index(fields=["item"], name="transferline_outstanding", condition=Q(outstanding__gt=0))]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.item}"


class StockCount(Document):
    """People walk along the shelves of a location and write down what lies there."""

    id_prefix = ids.STOCK_COUNT

    location = models.ForeignKey("inventory.StockLocation", on_delete=models.PROTECT, related_name="counts")
    status = models.CharField(max_length=12, choices=CountStatus, default=CountStatus.OPEN)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("stock count")
        indexes = [
            models.Index(fields=["status", "-id"], name="stockcount_by_status"),
            models.Index(fields=["reference"], name="stockcount_by_reference", opclasses=["text_pattern_ops"]),
        ]


class StockCountLine(Identified):
    """What was counted of an item, and what the books said at that moment. Applying moves stock by the difference."""

    id_prefix = ids.STOCK_COUNT_LINE

    count = models.ForeignKey(StockCount, on_delete=models.PROTECT, related_name="lines", db_index=False)
    item = models.ForeignKey("inventory.InventoryItem", on_delete=models.PROTECT, related_name="count_lines")
    quantity_expected = models.PositiveIntegerField(help_text=_("On hand in the books when it was counted."))
    quantity_counted = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("stock count line")
        constraints = [models.UniqueConstraint(fields=["count", "item"], name="stockcountline_item_once")]

    def __str__(self) -> str:
        return f"{self.quantity_counted} x {self.item}"

    @property
    def difference(self) -> int:
        return self.quantity_counted - self.quantity_expected


class StockShortage(Identified):
    """Goods that were promised and are not there: somebody must look at it.

    Made when a count finds fewer than are reserved. Settled by staff, or by itself when goods come for what waits.
    """

    id_prefix = ids.STOCK_SHORTAGE

    level = models.ForeignKey("inventory.InventoryLevel", on_delete=models.PROTECT, related_name="shortages")
    count = models.ForeignKey(StockCount, on_delete=models.PROTECT, related_name="shortages")
    reservation_id = models.UUIDField()
    order_id = models.UUIDField(null=True, blank=True)
    line_id = models.UUIDField(null=True, blank=True)
    quantity = models.PositiveIntegerField()
    raised_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.JSONField(null=True, blank=True)
    note = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        verbose_name = _("stock shortage")
        indexes = [
            models.Index(fields=["-id"], name="stockshortage_open", condition=Q(settled_at=None)),
            models.Index(fields=["reservation_id"], name="stockshortage_by_reservation", condition=Q(settled_at=None)),
        ]

    def __str__(self) -> str:
        return self.public_id


class LowStockAlert(Identified):
    """What is available at a level fell to its threshold. One for each time; open until there is more again."""

    id_prefix = ids.LOW_STOCK_ALERT

    level = models.ForeignKey("inventory.InventoryLevel", on_delete=models.PROTECT, related_name="alerts")
    threshold = models.IntegerField()
    available = models.IntegerField(help_text=_("When it was raised."))
    raised_at = models.DateTimeField(db_default=Now())
    cured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("low stock alert")
        constraints = [
            models.UniqueConstraint(fields=["level"], name="lowstockalert_open_once", condition=Q(cured_at=None)),
        ]
        indexes = [models.Index(fields=["-id"], name="lowstockalert_open", condition=Q(cured_at=None))]

    def __str__(self) -> str:
        return self.public_id

"""One quantity for each item, for merchants who do not keep stock by location: `inventory.providers.pooled`."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.enums import AdjustmentReason, MovementKind
from oms.core import ids
from oms.core.fields import Identified, Timestamped


class PooledStock(Timestamped):
    """The counters of one item. They move only together with a row of their ledger (`services.pool.ledger`)."""

    item = models.OneToOneField(
        "inventory.InventoryItem", on_delete=models.PROTECT, primary_key=True, related_name="pooled"
    )
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    backordered = models.IntegerField(default=0)
    available = models.GeneratedField(
        expression=F("on_hand") - F("reserved"), output_field=models.IntegerField(), db_persist=True
    )
    ledger_seq = models.BigIntegerField(default=0, help_text=_("The number of its last ledger row."))

    class Meta:
        verbose_name = _("pooled stock")
        verbose_name_plural = _("pooled stock")
        indexes = [
            models.Index(fields=["item"], name="pooledstock_backordered", condition=Q(backordered__gt=0)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="pooledstock_on_hand_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")), name="pooledstock_reserved_within_on_hand"
            ),
            models.CheckConstraint(condition=Q(backordered__gte=0), name="pooledstock_backordered_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.item)

    @property
    def is_used(self) -> bool:
        """Whether any of it is there, or somebody waits for it."""
        return bool(self.on_hand or self.backordered)

    @property
    def unclaimed(self) -> int:
        """What is available and nobody waits for, who would be given it in a moment."""
        return int(self.available) - self.backordered

    @property
    def public_id(self) -> str:
        return ids.encode(ids.INVENTORY_ITEM, self.pk)


class PooledReservation(Identified, Timestamped):
    """Units of an item that an order line holds, and that it waits for; gone when there are none of either."""

    id_prefix = ids.RESERVATION

    stock = models.ForeignKey(PooledStock, on_delete=models.PROTECT, related_name="reservations")
    order_id = models.UUIDField()
    line_id = models.UUIDField()
    quantity = models.IntegerField(default=0)
    backordered = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=0, backordered__gte=0) & (Q(quantity__gt=0) | Q(backordered__gt=0)),
                name="pooledreservation_holds_something",
            ),
            models.UniqueConstraint(fields=["line_id", "stock"], name="pooledreservation_once"),
        ]
        indexes = [
            models.Index(fields=["order_id"], name="pooledreservation_by_order"),
            models.Index(fields=["stock", "id"], name="pooledreservation_waiting", condition=Q(backordered__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} + {self.backordered}"


class PooledMovement(Identified):
    """One row of the ledger: what moved, why, and who did it. Append-only, which a trigger sees to."""

    id_prefix = ids.STOCK_MOVEMENT

    stock = models.ForeignKey(PooledStock, on_delete=models.PROTECT, related_name="movements", db_index=False)
    seq = models.BigIntegerField(help_text=_("Counts the rows of the item, without gaps."))
    kind = models.CharField(max_length=12, choices=MovementKind)
    delta_on_hand = models.IntegerField(default=0)
    delta_reserved = models.IntegerField(default=0)
    delta_backordered = models.IntegerField(default=0)
    on_hand_after = models.IntegerField()
    reserved_after = models.IntegerField()
    occurred_at = models.DateTimeField(help_text=_("Taken while the stock was locked."))
    reason = models.CharField(max_length=20, choices=AdjustmentReason, blank=True, default="")
    note = models.CharField(max_length=255, blank=True, default="")
    cause = models.CharField(max_length=20, blank=True, default="", help_text=_("order or fulfillment"))
    cause_id = models.UUIDField(null=True, blank=True)
    actor = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stock", "seq"], name="pooledmovement_seq_once")]
        indexes = [models.Index(fields=["cause_id"], name="pooledmovement_by_cause")]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta_on_hand:+d}/{self.delta_reserved:+d}"

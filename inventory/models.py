"""Stock: what is counted, where it lies, who holds it, and how it came to be so."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.functions import TransactionNow
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Now, Upper
from django.utils.translation import gettext_lazy as _

from inventory.description import Described
from inventory.documents import (
    Arrival,
    ArrivalLine,
    LowStockAlert,
    StockCount,
    StockCountLine,
    StockShortage,
    Transfer,
    TransferLine,
)
from inventory.enums import AdjustmentReason, MovementKind
from inventory.pool import PooledMovement, PooledReservation, PooledStock
from oms.core import ids
from oms.core.fields import Identified, Timestamped

__all__ = [
    "Arrival",
    "ArrivalLine",
    "InventoryItem",
    "InventoryLevel",
    "LowStockAlert",
    "PooledMovement",
    "PooledReservation",
    "PooledStock",
    "Reservation",
    "SourcingDecision",
    "StockCount",
    "StockCountLine",
    "StockLocation",
    "StockMovement",
    "StockShortage",
    "Transfer",
    "TransferLine",
]


class InventoryItem(Identified, Described, Timestamped):
    """What is counted or sold: one row for each sku. Codes that differ only in case are different items.

    A kit (`is_kit`, written by `services.kits` alone) is sold and never counted: its components are.
    """

    id_prefix = ids.INVENTORY_ITEM

    sku = models.CharField(max_length=100, unique=True)
    title = models.CharField(max_length=255, blank=True, default="")
    is_stocked = models.BooleanField(
        _("stocked"), default=True, help_text=_("Counted in stock locations. Off for services and downloads.")
    )
    allow_backorder = models.BooleanField(
        _("may be backordered"), default=False, help_text=_("Sold beyond what is there; the shortage waits for goods.")
    )
    requires_shipping = models.BooleanField(default=True)
    is_kit = models.BooleanField(
        _("kit"), default=False, db_default=False, editable=False, help_text=_("Packed of other items.")
    )
    barcode = models.CharField(max_length=60, blank=True, default="")
    low_stock_threshold = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Told when no more than this is available, where a location says nothing.")
    )
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["sku"]
        indexes = [
            models.Index(Upper("sku"), name="inventoryitem_upper_sku"),
            models.Index(fields=["barcode"], name="inventoryitem_barcode", condition=~Q(barcode="")),
            GinIndex(SearchVector("title", config="simple"), name="inventoryitem_title_words"),
        ]
        # What the components refer to, so that the database knows a kit from what is counted.
        constraints = [models.UniqueConstraint(fields=["id", "is_kit"], name="inventoryitem_kit_or_not")]

    def __str__(self) -> str:
        return self.sku


class KitComponent(Identified):
    """So many units of an item in one unit of a kit. A kit consists of what is counted, never of kits.

    The database holds it to that: the migration adds foreign keys from (kit, true) and (component, false) to an item
    and its `is_kit`.
    """

    id_prefix = ids.KIT_COMPONENT

    kit = models.ForeignKey(InventoryItem, on_delete=models.PROTECT, related_name="components", db_index=False)
    component = models.ForeignKey(InventoryItem, on_delete=models.PROTECT, related_name="kits")
    position = models.PositiveSmallIntegerField(default=0)
    quantity = models.PositiveIntegerField(default=1)
    kit_is_kit = models.GeneratedField(expression=Value(True), output_field=models.BooleanField(), db_persist=True)
    component_is_kit = models.GeneratedField(
        expression=Value(False), output_field=models.BooleanField(), db_persist=True
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["kit", "component"], name="kitcomponent_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="kitcomponent_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.component}"


class StockLocation(Identified, Timestamped):
    """A place where goods lie and from where they are shipped."""

    id_prefix = ids.STOCK_LOCATION

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Orders are sent here."))
    priority = models.PositiveIntegerField(default=100, help_text=_("Lower goes first where other rules are even."))
    address_1 = models.CharField(max_length=255, blank=True, default="")
    address_2 = models.CharField(max_length=255, blank=True, default="")
    city = models.CharField(max_length=120, blank=True, default="")
    province = models.CharField(max_length=120, blank=True, default="")
    postal_code = models.CharField(max_length=30, blank=True, default="")
    country_code = models.CharField(max_length=2, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["priority", "code"]

    def __str__(self) -> str:
        return self.name


class LevelQuerySet(models.QuerySet["InventoryLevel"]):
    def kept(self) -> Self:
        """The levels that people see: those that are not deleted."""
        return self.filter(deleted_at=None)

    def counted(self) -> Self:
        """With `expired` read beside the counters, so that `held` and `free` are what they will be without it."""
        over = Reservation.objects.expired().filter(level=OuterRef("pk")).order_by().values("level")
        return self.annotate(expired=Coalesce(Subquery(over.values(units=Sum("quantity"))), 0))

    def due(self) -> Self:
        """With `is_due`: whether something has expired there, be it held or waiting."""
        return self.annotate(is_due=Exists(Reservation.objects.expired().filter(level=OuterRef("pk"))))


class InventoryLevel(Identified, Timestamped):
    """The counters of one item at one location. They move only together with a row of the ledger (`services.ledger`).

    A deleted level is empty and stays for its history (`services.deletion`); whoever lists levels asks for `kept()`.
    """

    id_prefix = ids.INVENTORY_LEVEL

    item = models.ForeignKey(InventoryItem, on_delete=models.PROTECT, related_name="levels", db_index=False)
    location = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    backordered = models.IntegerField(default=0)
    incoming = models.IntegerField(default=0)
    safety_stock = models.IntegerField(default=0, help_text=_("Kept back: never promised to an order."))
    available = models.GeneratedField(
        expression=F("on_hand") - F("reserved") - F("safety_stock"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    low_stock_threshold = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Told when no more than this is available. Empty: what the item says.")
    )
    is_low = models.BooleanField(
        _("low"), default=False, db_default=False, help_text=_("No more is available than the threshold.")
    )
    ledger_seq = models.BigIntegerField(default=0, help_text=_("The number of its last ledger row."))
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Taken off the books while empty; its history stays. Stock brings it back.")
    )

    objects = LevelQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="inventorylevel_backordered", condition=Q(backordered__gt=0)),
            models.Index(fields=["id"], name="inventorylevel_low", condition=Q(is_low=True)),
            models.Index(fields=["id"], name="inventorylevel_incoming", condition=Q(incoming__gt=0)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["item", "location"], name="inventorylevel_once"),
            models.CheckConstraint(
                condition=Q(deleted_at=None) | Q(on_hand=0, reserved=0, backordered=0, incoming=0, safety_stock=0),
                name="inventorylevel_deleted_is_empty",
            ),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="inventorylevel_on_hand_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")), name="inventorylevel_reserved_within_on_hand"
            ),
            models.CheckConstraint(
                condition=Q(backordered__gte=0, incoming__gte=0, safety_stock__gte=0),
                name="inventorylevel_counters_not_negative",
            ),
        ]

    # Units of reservations that have expired, where `counted()` has read them. Whoever locks a level lets go of them.
    expired = 0
    is_due = False

    def __str__(self) -> str:
        return f"{self.item} @ {self.location}"

    @property
    def held(self) -> int:
        """What is reserved, without what has expired."""
        return self.reserved - self.expired

    @property
    def unclaimed(self) -> int:
        """What is available and nobody waits for, who would be given it in a moment."""
        return int(self.available) - self.backordered

    @property
    def free(self) -> int:
        """What is available, with what has expired."""
        return int(self.available) + self.expired


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def expired(self) -> Self:
        """Those whose time is over when the transaction begins and that nobody keeps: they count no more."""
        return self.filter(expires_at__lte=TransactionNow(), is_kept=False)

    def live(self) -> Self:
        """Those that count, whether or not the cleaner has taken the expired ones away."""
        return self.filter(Q(expires_at=None) | Q(is_kept=True) | Q(expires_at__gt=TransactionNow()))


class Reservation(Identified, Timestamped):
    """Goods of a level held for somebody: an order line, or whatever the description says.

    Open as long as it exists; fulfilling, releasing and canceling shrink it, and at nothing it is gone (the ledger
    keeps its history). `quantity` is held on the shelf, `backordered` waits for goods.

    What is held for nobody's order yet may expire. Whoever is about to finish with it (a payment that is under way)
    sets `is_kept` meanwhile, and it does not. What an order holds never expires.
    """

    id_prefix = ids.RESERVATION

    level = models.ForeignKey(InventoryLevel, on_delete=models.PROTECT, related_name="reservations")
    quantity = models.IntegerField(default=0)
    backordered = models.IntegerField(default=0)
    order_id = models.UUIDField(null=True, blank=True)
    line_id = models.UUIDField(null=True, blank=True)
    description = models.CharField(max_length=255, blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("It counts no more then."))
    is_kept = models.BooleanField(
        _("kept"), default=False, db_default=False, help_text=_("Somebody is finishing with it: it does not expire.")
    )
    metadata = models.JSONField(default=dict, blank=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(order_id=None, line_id=None),
                name="reservation_of_an_order_never_expires",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, backordered__gte=0) & (Q(quantity__gt=0) | Q(backordered__gt=0)),
                name="reservation_holds_something",
            ),
            models.UniqueConstraint(
                fields=["line_id", "level"],
                name="reservation_once_per_line_and_level",
                condition=Q(line_id__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["order_id"], name="reservation_by_order", condition=Q(order_id__isnull=False)),
            models.Index(fields=["level", "id"], name="reservation_backordered", condition=Q(backordered__gt=0)),
            models.Index(
                fields=["level", "expires_at"],
                name="reservation_expiring",
                condition=Q(expires_at__isnull=False, is_kept=False),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class StockMovement(Identified):
    """The ledger: one row for each change of a level's counters. Append-only; a trigger refuses UPDATE and DELETE."""

    id_prefix = ids.STOCK_MOVEMENT

    level = models.ForeignKey(InventoryLevel, on_delete=models.PROTECT, related_name="movements", db_index=False)
    seq = models.BigIntegerField(help_text=_("Counts the rows of the level, without gaps."))
    kind = models.CharField(max_length=12, choices=MovementKind)
    delta_on_hand = models.IntegerField(default=0)
    delta_reserved = models.IntegerField(default=0)
    delta_backordered = models.IntegerField(default=0)
    delta_incoming = models.IntegerField(default=0)
    on_hand_after = models.IntegerField()
    reserved_after = models.IntegerField()
    occurred_at = models.DateTimeField(help_text=_("Taken while the level was locked."))
    reason = models.CharField(max_length=20, choices=AdjustmentReason, blank=True, default="")
    note = models.CharField(max_length=255, blank=True, default="")
    cause = models.CharField(max_length=20, blank=True, default="", help_text=_("order, fulfillment, import …"))
    cause_id = models.UUIDField(null=True, blank=True)
    actor = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "seq"], name="stockmovement_seq_once"),
        ]
        indexes = [
            models.Index(fields=["cause_id"], name="stockmovement_by_cause"),
            models.Index(fields=["level", "occurred_at"], name="stockmovement_by_time"),
            # The few rows that move more than the shelf: what these counters were is asked from now backwards.
            models.Index(
                fields=["level", "occurred_at"],
                name="stockmovement_expected",
                condition=~Q(delta_backordered=0) | ~Q(delta_incoming=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta_on_hand:+d}/{self.delta_reserved:+d}"


class SourcingDecision(Identified):
    """Where an order is shipped from, and why: every candidate with the numbers it was judged by."""

    id_prefix = ids.SOURCING_DECISION

    order_id = models.UUIDField(db_index=True)
    strategy = models.CharField(max_length=80)
    parcels = models.PositiveIntegerField(help_text=_("How many locations ship."))
    candidates = models.JSONField(help_text=_("Location, numbers, chosen or not, and the reason."))
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.strategy

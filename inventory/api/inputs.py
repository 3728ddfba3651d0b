"""The bodies of requests about stock."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from inventory.description import DETAILS, SIZES
from inventory.services.kits import MOST_COMPONENTS
from oms.web.bodies import Body

Text = Annotated[str, Meta(max_length=255)]
Count = Annotated[int, Meta(ge=0, le=2_147_483_647)]
AwareTime = Annotated[datetime, Meta(tz=True)]
Units = Annotated[int, Meta(ge=1, le=2_147_483_647)]


class ComponentInput(Body):
    """So many units of an item in one kit."""

    inventory_item_id: str
    quantity: Units = 1


class StockAt(Body):
    """incoming_quantity: 0 or left out; it follows from arrivals and transfers."""

    location_id: str
    stocked_quantity: Count = 0
    incoming_quantity: Literal[0] = 0


Components = Annotated[list[ComponentInput], Meta(max_length=MOST_COMPONENTS)]


class ItemDetails(Body, kw_only=True):
    """A null empties a field. Sizes are whole numbers: grams and millimetres, as a rule."""

    description: Annotated[str, Meta(max_length=10_000)] | UnsetType | None = UNSET
    thumbnail: Annotated[str, Meta(max_length=500, pattern=r"^(https?://[^\s]+)?$(?!\n)")] | UnsetType | None = UNSET
    origin_country: Annotated[str, Meta(pattern=r"^[A-Za-z]{2}$(?!\n)")] | UnsetType | None = UNSET
    hs_code: Annotated[str, Meta(max_length=20)] | UnsetType | None = UNSET
    mid_code: Annotated[str, Meta(max_length=40)] | UnsetType | None = UNSET
    material: Annotated[str, Meta(max_length=120)] | UnsetType | None = UNSET
    unit_of_measure: Annotated[str, Meta(max_length=40)] | UnsetType | None = UNSET
    weight: Count | UnsetType | None = UNSET
    length: Count | UnsetType | None = UNSET
    height: Count | UnsetType | None = UNSET
    width: Count | UnsetType | None = UNSET

    def details(self) -> dict[str, Any]:
        """As columns keep them."""
        found = {name: getattr(self, name) for name in DETAILS if getattr(self, name) is not UNSET}
        texts = {name: "" for name, value in found.items() if value is None and name not in SIZES}
        if found.get("origin_country"):
            texts["origin_country"] = found["origin_country"].upper()
        return found | texts


class CreateItem(ItemDetails, kw_only=True):
    """location_levels: its opening stock. components: what one unit of a kit consists of."""

    sku: Annotated[str, Meta(min_length=1, max_length=100)]
    title: Text = ""
    is_stocked: bool = True
    allow_backorder: bool = False
    requires_shipping: bool = True
    barcode: Annotated[str, Meta(max_length=60)] = ""
    low_stock_threshold: Count | None = None
    metadata: dict[str, Any] | None = None
    components: Components = []
    location_levels: Annotated[list[StockAt], Meta(max_length=200)] = []


class UpdateItem(ItemDetails, kw_only=True):
    title: Text | UnsetType = UNSET
    is_stocked: bool | UnsetType = UNSET
    allow_backorder: bool | UnsetType = UNSET
    requires_shipping: bool | UnsetType = UNSET
    barcode: Annotated[str, Meta(max_length=60)] | UnsetType = UNSET
    low_stock_threshold: Count | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    components: Components | UnsetType = UNSET


class LocationAddressInput(Body):
    address_1: Text | None = None
    address_2: Text | None = None
    city: Annotated[str, Meta(max_length=120)] | None = None
    province: Annotated[str, Meta(max_length=120)] | None = None
    postal_code: Annotated[str, Meta(max_length=30)] | None = None
    country_code: Annotated[str, Meta(pattern=r"^[A-Za-z]{2}$(?!\n)")] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None


class CreateLocation(Body):
    """code: left out, it is made from the name."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    code: Annotated[str, Meta(max_length=60)] = ""
    priority: Count = 100
    is_active: bool = True
    address: LocationAddressInput | None = None
    metadata: dict[str, Any] | None = None


class UpdateLocation(Body):
    name: Annotated[str, Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    priority: Count | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    address: LocationAddressInput | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET


class ChangedStockAt(StockAt):
    """id: of the level; the location says the same."""

    id: str | None = None


class StockBatch(Body):
    """create and update set the count of a location; delete names the levels to take away, or their locations."""

    create: Annotated[list[StockAt], Meta(max_length=200)] = []
    update: Annotated[list[ChangedStockAt], Meta(max_length=200)] = []
    delete: Annotated[list[str], Meta(max_length=200)] = []


class UpdateLevel(Body):
    """stocked_quantity: what was counted. reason, note, safety_stock and low_stock_threshold are ours; a threshold of
    null means that of the item."""

    stocked_quantity: Count | UnsetType = UNSET
    safety_stock: Count | UnsetType = UNSET
    low_stock_threshold: Count | UnsetType | None = UNSET
    reason: str = "count"
    note: Text = ""


class AdjustLevel(Body):
    """delta: units more (or fewer, below zero) than before."""

    delta: Annotated[int, Meta(ge=-2_147_483_647, le=2_147_483_647)]
    reason: str
    note: Text = ""


class CreateReservation(Body):
    """line_item_id: the order line it is for. order_id: its order, left out or the right one; never without a line.

    expires_at (ours): it counts no more then; not for an order line.
    """

    inventory_item_id: str
    location_id: str
    quantity: Units
    order_id: str | None = None
    line_item_id: str | None = None
    description: Text | None = None
    expires_at: AwareTime | None = None
    metadata: dict[str, Any] | None = None


class UpdateReservation(Body):
    """expires_at (ours): null for never. is_kept (ours): it does not expire while this is set."""

    quantity: Units | None = None
    location_id: str | None = None
    description: Text | None = None
    expires_at: AwareTime | UnsetType | None = UNSET
    is_kept: bool | None = None
    metadata: dict[str, Any] | None = None

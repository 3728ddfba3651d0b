"""Stock as the API shows it, by the contract's names. What this system has no notion of is null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from inventory.description import DETAILS, SIZES
from inventory.models import InventoryItem, InventoryLevel, Reservation, StockLocation
from inventory.selectors import kits_by_location
from oms.core import ids
from oms.web.rendering import moment


class LocationAddress(Struct, kw_only=True):
    id: str
    address_1: str | None
    address_2: str | None
    city: str | None
    province: str | None
    postal_code: str | None
    country_code: str | None
    phone: str | None
    company: str | None = None
    metadata: dict[str, Any] | None = None


class Location(Struct, kw_only=True):
    """code, is_active and priority are ours."""

    id: str
    name: str
    code: str
    is_active: bool
    priority: int
    address_id: str
    address: LocationAddress
    metadata: dict[str, Any]
    created_at: str
    updated_at: str


class Level(Struct, kw_only=True):
    """stocked: what lies on the shelf. available = stocked - reserved - safety_stock."""

    id: str
    inventory_item_id: str
    location_id: str
    stocked_quantity: int
    reserved_quantity: int
    incoming_quantity: int
    available_quantity: int
    backordered_quantity: int
    safety_stock: int
    low_stock_threshold: int | None
    is_low: bool
    created_at: str
    updated_at: str
    metadata: dict[str, Any] | None = None
    deleted_at: str | None = None


class Component(Struct, kw_only=True):
    """quantity: units of the item in one kit."""

    inventory_item_id: str
    sku: str
    quantity: int


class KitAt(Struct, kw_only=True):
    """How many of a kit the components at a location suffice for."""

    location_id: str
    available_quantity: int


class StockItem(Struct, kw_only=True):
    """stocked_quantity and reserved_quantity are sums over all locations. is_kit (ours): it has no stock of its own."""

    id: str
    sku: str
    title: str | None
    requires_shipping: bool
    is_stocked: bool
    allow_backorder: bool
    is_kit: bool
    barcode: str | None
    low_stock_threshold: int | None
    metadata: dict[str, Any]
    reserved_quantity: int
    stocked_quantity: int
    created_at: str
    updated_at: str
    description: str | None = None
    thumbnail: str | None = None
    origin_country: str | None = None
    hs_code: str | None = None
    mid_code: str | None = None
    material: str | None = None
    unit_of_measure: str | None = None
    weight: int | None = None
    length: int | None = None
    height: int | None = None
    width: int | None = None


class ItemWithLevels(StockItem, kw_only=True):
    """components and location_kits (ours) are those of a kit."""

    location_levels: list[Level]
    components: list[Component]
    location_kits: list[KitAt]


class ReservationShape(Struct, kw_only=True):
    """quantity: held on the shelf. Ours: backordered_quantity waits for goods; at expires_at it counts no more, but
    while it is_kept.
    """

    id: str
    location_id: str
    inventory_item_id: str
    quantity: int
    backordered_quantity: int
    order_id: str | None
    line_item_id: str | None
    description: str | None
    expires_at: str | None
    is_kept: bool
    metadata: dict[str, Any]
    created_at: str
    updated_at: str
    inventory_item: StockItem
    external_id: str | None = None
    created_by: str | None = None
    deleted_at: str | None = None


class Deleted(Struct, kw_only=True):
    id: str
    object: str
    deleted: bool = True


class LevelBatch(Struct, kw_only=True):
    created: list[Level]
    updated: list[Level]
    deleted: list[str]


def location(row: StockLocation) -> Location:
    address_id = ids.encode("laddr", row.pk)
    return Location(
        id=row.public_id,
        name=row.name,
        code=row.code,
        is_active=row.is_active,
        priority=row.priority,
        address_id=address_id,
        address=LocationAddress(
            id=address_id,
            address_1=row.address_1 or None,
            address_2=row.address_2 or None,
            city=row.city or None,
            province=row.province or None,
            postal_code=row.postal_code or None,
            country_code=row.country_code.lower() or None,
            phone=row.phone or None,
        ),
        metadata=row.metadata,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )


def level(row: InventoryLevel) -> Level:
    return Level(
        id=row.public_id,
        inventory_item_id=ids.encode(ids.INVENTORY_ITEM, row.item_id),
        location_id=ids.encode(ids.STOCK_LOCATION, row.location_id),
        stocked_quantity=row.on_hand,
        reserved_quantity=row.held,
        incoming_quantity=row.incoming,
        available_quantity=row.free,
        backordered_quantity=row.backordered,
        safety_stock=row.safety_stock,
        low_stock_threshold=row.low_stock_threshold,
        is_low=row.is_low,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )


def _item_fields(row: InventoryItem, levels: list[InventoryLevel]) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "sku": row.sku,
        "title": row.title or None,
        "requires_shipping": row.requires_shipping,
        "is_stocked": row.is_stocked,
        "allow_backorder": row.allow_backorder,
        "is_kit": row.is_kit,
        "barcode": row.barcode or None,
        "low_stock_threshold": row.low_stock_threshold,
        "metadata": row.metadata,
        **{name: getattr(row, name) or None for name in DETAILS if name not in SIZES},
        **{name: getattr(row, name) for name in SIZES},
        "reserved_quantity": sum(each.held for each in levels),
        "stocked_quantity": sum(each.on_hand for each in levels),
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }


def items(rows: Sequence[InventoryItem], *, with_kits: bool = True) -> list[ItemWithLevels]:
    """`rows` have their levels and components prefetched. One query where kits are among them and with_kits."""
    kits = kits_by_location([row.pk for row in rows if row.is_kit and with_kits])
    return [_item(row, kits.get(row.pk, {})) for row in rows]


def _item(row: InventoryItem, kits: Mapping[UUID, int]) -> ItemWithLevels:
    levels = list(row.levels.all())
    return ItemWithLevels(
        **_item_fields(row, levels),
        location_levels=[level(each) for each in levels],
        components=[
            Component(
                inventory_item_id=ids.encode(ids.INVENTORY_ITEM, each.component_id),
                sku=each.component.sku,
                quantity=each.quantity,
            )
            for each in row.components.all()
        ],
        location_kits=[
            KitAt(location_id=ids.encode(ids.STOCK_LOCATION, location_id), available_quantity=units)
            for location_id, units in kits.items()
        ],
    )


def reservation(row: Reservation) -> ReservationShape:
    """`row` has its level, the level's item and that item's levels at hand."""
    of = row.level.item
    return ReservationShape(
        id=row.public_id,
        location_id=ids.encode(ids.STOCK_LOCATION, row.level.location_id),
        inventory_item_id=of.public_id,
        quantity=row.quantity,
        backordered_quantity=row.backordered,
        order_id=ids.encode(ids.ORDER, row.order_id) if row.order_id else None,
        line_item_id=ids.encode(ids.ORDER_LINE, row.line_id) if row.line_id else None,
        description=row.description or None,
        expires_at=moment(row.expires_at) if row.expires_at else None,
        is_kept=row.is_kept,
        metadata=row.metadata,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
        inventory_item=StockItem(**_item_fields(of, list(of.levels.all()))),
    )

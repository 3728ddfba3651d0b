"""Documents of stock, alerts and shortages as the API shows them. All of it is ours. `revision` is the ETag."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from inventory.models import (
    Arrival,
    ArrivalLine,
    LowStockAlert,
    StockCount,
    StockCountLine,
    StockShortage,
    Transfer,
    TransferLine,
)
from oms.core import ids
from oms.web.rendering import moment


class ArrivalItem(Struct, kw_only=True):
    """outstanding_quantity: what is still incoming. damaged_quantity has come and is not in stock."""

    id: str
    inventory_item_id: str
    sku: str
    expected_quantity: int
    received_quantity: int
    damaged_quantity: int
    outstanding_quantity: int


class ArrivalShape(Struct, kw_only=True):
    """status: expected, receiving, received, or closed (short)."""

    id: str
    number: int
    revision: int
    reference: str
    status: str
    location_id: str
    expected_on: str | None
    note: str
    items: list[ArrivalItem]
    created_at: str
    updated_at: str
    closed_at: str | None


class TransferItem(Struct, kw_only=True):
    """What was sent is received, lost, returned to the source, or outstanding: on its way."""

    id: str
    inventory_item_id: str
    sku: str
    quantity: int
    received_quantity: int
    lost_quantity: int
    returned_quantity: int
    outstanding_quantity: int


class TransferShape(Struct, kw_only=True):
    """status: draft, sent, receiving, received, closed (with a loss), or canceled."""

    id: str
    number: int
    revision: int
    reference: str
    status: str
    source_location_id: str
    target_location_id: str
    note: str
    loss_reason: str
    items: list[TransferItem]
    created_at: str
    updated_at: str
    sent_at: str | None
    closed_at: str | None


class CountItem(Struct, kw_only=True):
    """expected_quantity: what the books said when it was counted."""

    id: str
    inventory_item_id: str
    sku: str
    expected_quantity: int
    counted_quantity: int
    difference: int
    counted_at: str


class CountShape(Struct, kw_only=True):
    """status: open, applied or canceled."""

    id: str
    number: int
    revision: int
    reference: str
    status: str
    location_id: str
    note: str
    items: list[CountItem]
    created_at: str
    updated_at: str
    applied_at: str | None


class Shortage(Struct, kw_only=True):
    """Goods that were promised and not found by a count."""

    id: str
    inventory_item_id: str
    sku: str
    location_id: str
    stock_count_id: str
    reservation_id: str
    order_id: str | None
    line_item_id: str | None
    quantity: int
    note: str
    raised_at: str
    settled_at: str | None


class Alert(Struct, kw_only=True):
    """available_quantity: when it was raised. cured_at: when there was more than the threshold again."""

    id: str
    inventory_item_id: str
    sku: str
    location_id: str
    threshold: int
    available_quantity: int
    raised_at: str
    cured_at: str | None


def _when(at: datetime | None) -> str | None:
    return moment(at) if at else None


def _item(line: ArrivalLine | TransferLine | StockCountLine) -> dict[str, Any]:
    return {
        "id": line.public_id,
        "inventory_item_id": ids.encode(ids.INVENTORY_ITEM, line.item_id),
        "sku": line.item.sku,
    }


def _head(row: Arrival | Transfer | StockCount) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "number": row.number,
        "revision": row.revision,
        "reference": row.reference,
        "status": row.status,
        "note": row.note,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }


def arrival(row: Arrival) -> ArrivalShape:
    """`row` has its lines and their items prefetched, as the others here."""
    items = [
        ArrivalItem(
            **_item(line),
            expected_quantity=line.quantity_expected,
            received_quantity=line.quantity_received,
            damaged_quantity=line.quantity_damaged,
            outstanding_quantity=line.outstanding,
        )
        for line in row.lines.all()
    ]
    return ArrivalShape(
        **_head(row),
        location_id=ids.encode(ids.STOCK_LOCATION, row.location_id),
        expected_on=row.expected_on.isoformat() if row.expected_on else None,
        closed_at=_when(row.closed_at),
        items=items,
    )


def transfer(row: Transfer) -> TransferShape:
    items = [
        TransferItem(
            **_item(line),
            quantity=line.quantity,
            received_quantity=line.quantity_received,
            lost_quantity=line.quantity_lost,
            returned_quantity=line.quantity_returned,
            outstanding_quantity=line.outstanding,
        )
        for line in row.lines.all()
    ]
    return TransferShape(
        **_head(row),
        source_location_id=ids.encode(ids.STOCK_LOCATION, row.source_id),
        target_location_id=ids.encode(ids.STOCK_LOCATION, row.target_id),
        loss_reason=row.loss_reason,
        sent_at=_when(row.sent_at),
        closed_at=_when(row.closed_at),
        items=items,
    )


def count(row: StockCount) -> CountShape:
    items = [
        CountItem(
            **_item(line),
            expected_quantity=line.quantity_expected,
            counted_quantity=line.quantity_counted,
            difference=line.difference,
            counted_at=moment(line.counted_at),
        )
        for line in row.lines.all()
    ]
    return CountShape(
        **_head(row),
        location_id=ids.encode(ids.STOCK_LOCATION, row.location_id),
        applied_at=_when(row.applied_at),
        items=items,
    )


def _place(row: StockShortage | LowStockAlert) -> dict[str, Any]:
    """`row` has its level and the level's item at hand."""
    return {
        "id": row.public_id,
        "inventory_item_id": ids.encode(ids.INVENTORY_ITEM, row.level.item_id),
        "sku": row.level.item.sku,
        "location_id": ids.encode(ids.STOCK_LOCATION, row.level.location_id),
    }


def shortage(row: StockShortage) -> Shortage:
    return Shortage(
        **_place(row),
        stock_count_id=ids.encode(ids.STOCK_COUNT, row.count_id),
        reservation_id=ids.encode(ids.RESERVATION, row.reservation_id),
        order_id=ids.encode(ids.ORDER, row.order_id) if row.order_id else None,
        line_item_id=ids.encode(ids.ORDER_LINE, row.line_id) if row.line_id else None,
        quantity=row.quantity,
        note=row.note,
        raised_at=moment(row.raised_at),
        settled_at=_when(row.settled_at),
    )


def alert(row: LowStockAlert) -> Alert:
    return Alert(
        **_place(row),
        threshold=row.threshold,
        available_quantity=row.available,
        raised_at=moment(row.raised_at),
        cured_at=_when(row.cured_at),
    )

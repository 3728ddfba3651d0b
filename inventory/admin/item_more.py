"""What the page of an item shows beside its levels: goods on their way, and its newest movements."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from inventory.models import ArrivalLine, StockMovement, TransferLine
from oms.web.console import show

NEWEST: Final = 20


def more_of(item_id: str) -> dict[str, Any]:
    """Three queries, whatever there is."""
    try:
        item = UUID(item_id)
    except ValueError:
        return {}
    moves = StockMovement.objects.filter(level__item_id=item).select_related("level__item", "level__location")
    return {"coming": [*_arriving(item), *_transferred(item)], "movements": moves.order_by("-pk")[:NEWEST]}


def _arriving(item_id: UUID) -> list[dict[str, Any]]:
    lines = ArrivalLine.objects.filter(item_id=item_id, outstanding__gt=0).select_related("arrival__location")
    return [
        {
            "outstanding": line.outstanding,
            "document": line.arrival,
            "place": line.arrival.location,
            "url": show.change_url("inventory_arrival", line.arrival_id),
        }
        for line in lines.order_by("pk")[:NEWEST]
    ]


def _transferred(item_id: UUID) -> list[dict[str, Any]]:
    lines = TransferLine.objects.filter(item_id=item_id, outstanding__gt=0).select_related("transfer__target")
    return [
        {
            "outstanding": line.outstanding,
            "document": line.transfer,
            "place": line.transfer.target,
            "url": show.change_url("inventory_transfer", line.transfer_id),
        }
        for line in lines.order_by("pk")[:NEWEST]
    ]

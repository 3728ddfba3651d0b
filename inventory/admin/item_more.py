"""What of an item is on its way: lines of arrivals and transfers that are open."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from inventory.models import ArrivalLine, TransferLine
from oms.web.console import show
from oms.web.limits import answering, narrow

NEWEST: Final = 20


def coming(item_id: UUID) -> list[dict[str, Any]]:
    """Two queries, whatever there is."""
    return [*_arriving(item_id), *_transferred(item_id)]


def _arriving(item_id: UUID) -> list[dict[str, Any]]:
    seen = narrow(ArrivalLine.objects.filter(item_id=item_id, outstanding__gt=0), answering.get())
    lines = seen.select_related("arrival__location")
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
    seen = narrow(TransferLine.objects.filter(item_id=item_id, outstanding__gt=0), answering.get())
    lines = seen.select_related("transfer__target")
    return [
        {
            "outstanding": line.outstanding,
            "document": line.transfer,
            "place": line.transfer.target,
            "url": show.change_url("inventory_transfer", line.transfer_id),
        }
        for line in lines.order_by("pk")[:NEWEST]
    ]

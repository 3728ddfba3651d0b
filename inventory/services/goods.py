"""What the rest of the house needs to know of the things it sells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from inventory.models import InventoryItem


@dataclass(frozen=True, slots=True)
class Goods:
    """An inventory item as a sale sees it."""

    id: UUID
    sku: str
    title: str
    is_stocked: bool
    allow_backorder: bool
    requires_shipping: bool


def find(skus: Iterable[str]) -> dict[str, Goods]:
    """The items of these skus, by sku, in one query. Skus that do not exist are missing from the answer."""
    wanted = {sku for sku in skus if sku}
    if not wanted:
        return {}
    found = InventoryItem.objects.filter(sku__in=wanted).values_list(
        "id", "sku", "title", "is_stocked", "allow_backorder", "requires_shipping"
    )
    return {row[1]: Goods(*row) for row in found}

"""What the rest of the house needs to know of the things it sells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from oms.core import bulk


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
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [bulk.text_array(wanted)])
        return {row[1]: Goods(*row) for row in cursor.fetchall()}


# An array, not a list of two thousand placeholders, which costs Django and psycopg more than the query takes.
_FIND = """
SELECT id, sku, title, is_stocked, allow_backorder, requires_shipping
FROM inventory_inventoryitem WHERE sku = ANY(%s::text[])
"""

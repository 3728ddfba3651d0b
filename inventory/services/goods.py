"""What the rest of the house needs to know of the things it sells."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from inventory.models import InventoryItem
from inventory.providers.base import Component
from oms.core import bulk

_MOST_REMEMBERED: Final = 50_000  # skus


@dataclass(frozen=True, slots=True)
class Goods:
    """An inventory item as a sale sees it. What has components is a kit: they are what stock is held of."""

    id: UUID
    sku: str
    title: str
    is_stocked: bool
    allow_backorder: bool
    requires_shipping: bool
    components: tuple[Component, ...] = ()


class Memory:
    """What `find` has found before, for a caller who asks for the same skus again and again, and to whom it is all the
    same that it may be some minutes old: an import of past sales, which moves no stock. It forgets when it is full."""

    def __init__(self) -> None:
        self.found: dict[str, Goods] = {}
        self.asked: set[str] = set()

    def find(self, wanted: set[str]) -> dict[str, Goods]:
        if len(self.asked) > _MOST_REMEMBERED:
            self.found, self.asked = {}, set()
        fresh = wanted - self.asked
        self.found |= _look_up(fresh)
        self.asked |= fresh
        return self.found


def find(skus: Iterable[str], *, memory: Memory | None = None) -> dict[str, Goods]:
    """The items of these skus, by sku, in one query. Skus that do not exist are missing from the answer.

    memory: only what it does not know is asked for; others that it knows are in the answer too.
    """
    wanted = set(skus) - {""}
    return memory.find(wanted) if memory else _look_up(wanted)


def _look_up(wanted: set[str]) -> dict[str, Goods]:
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [bulk.text_array(wanted)])
        return {row[1]: Goods(*(*row[:6], _components(row[6]))) for row in cursor.fetchall()}


def waiting_allowed(item_ids: Collection[UUID]) -> set[UUID]:
    """Which of these items may be backordered now."""
    if not item_ids:
        return set()
    allowed = InventoryItem.objects.filter(pk__in=item_ids, allow_backorder=True)
    return set(allowed.values_list("pk", flat=True))


def stocked() -> QuerySet[InventoryItem]:
    """Everything that stock is kept of, and kits."""
    return InventoryItem.objects.filter(is_stocked=True)


def _components(found: str | None) -> tuple[Component, ...]:
    if not found:
        return ()
    return tuple([Component(UUID(each[0]), *each[1:]) for each in json.loads(found)])


# An array, not a list of two thousand placeholders, which costs Django and psycopg more than the query takes.
_FIND = """
SELECT id, sku, title, is_stocked, allow_backorder, requires_shipping,
       CASE WHEN is_kit THEN (
           SELECT json_agg(json_build_array(part.id, part.sku, recipe.quantity, part.allow_backorder)
                           ORDER BY recipe.position, part.sku)::text
           FROM inventory_kitcomponent AS recipe JOIN inventory_inventoryitem AS part ON part.id = recipe.component_id
           WHERE recipe.kit_id = item.id
       ) END
FROM inventory_inventoryitem AS item WHERE sku = ANY(%s::text[])
"""

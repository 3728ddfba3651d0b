"""What the views of stock share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from msgspec import UNSET, Struct
from rest_framework.request import Request

from inventory.api import access
from inventory.models import InventoryItem
from inventory.selectors import components, kept_levels
from oms.core import ids
from oms.core.errors import NotFound
from oms.web import bodies, fields, idempotency
from oms.web.scopes import Access
from oms.web.views import ApiView, one, reads_and_writes


class StockView(ApiView):
    access: ClassVar[Mapping[str, Access]] = reads_and_writes(access.READ, access.WRITE)


def item_id_of(text: str) -> UUID:
    return bodies.path_id(ids.INVENTORY_ITEM, text, "inventory item")


def location_id_of(text: str) -> UUID:
    return bodies.path_id(ids.STOCK_LOCATION, text, "stock location")


def given(body: Struct) -> dict[str, Any]:
    """The fields that the body has, by name."""
    return {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}


def id_of(row: Model) -> UUID:
    key: UUID = row.pk
    return key


def answer(request: Request, name: str, work: Callable[[], UUID], show: Callable[[UUID], Any]) -> HttpResponse:
    """Do `work`, then answer `{name: …}` with what `show` reads of the thing it changed."""
    return idempotency.answer(request, work, lambda changed: one(request, name, show(changed)))


# What is made of the rows that belong to an item, by relation: what nobody asks for is not read.
MADE_OF: Final[dict[str, Collection[str]]] = {
    "levels": ["location_levels", "stocked_quantity", "reserved_quantity"],
    "components": ["components"],
}


def items_with(*relations: str) -> QuerySet[InventoryItem]:
    """Items with those of MADE_OF at hand, a query for each."""
    ways = {"levels": kept_levels("levels"), "components": components()}
    return InventoryItem.objects.prefetch_related(*(ways[name] for name in sorted(relations)))


def item_with_levels(item_id: UUID, *, leave_out: Collection[str] = ()) -> InventoryItem:
    """Raises NotFound. Three queries, fewer where relations are left out, which then read as empty."""
    item = items_with(*(set(MADE_OF) - set(leave_out))).filter(pk=item_id).first()
    if item is None:
        raise NotFound(kind="inventory item", id=ids.encode(ids.INVENTORY_ITEM, item_id))
    fields.leave_out([item], *leave_out)
    return item

"""Levels as the bodies of requests name them: by their location, or by their own id."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from inventory.api.inputs import StockAt
from inventory.models import InventoryLevel
from oms.core import ids
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.web import bodies


def counts(name: str, rows: Sequence[StockAt]) -> dict[UUID, int]:
    """What lies at each location. Raises InvalidInput for what is no location's id, and for one that comes twice."""
    found: dict[UUID, int] = {}
    for index, row in enumerate(rows):
        pointer = f"/{name}/{index}/location_id" if name else "/location_id"
        location = bodies.public_id(ids.STOCK_LOCATION, row.location_id, pointer, "stock location")
        if location in found:
            raise InvalidInput(errors=[FieldError(pointer, f"{pointer}: named twice.", "repeated")])
        found[location] = row.stocked_quantity
    return found


def places(item: UUID, texts: Sequence[str]) -> list[UUID]:
    """The locations of an item's levels, named by either id. Raises InvalidInput for what is neither."""
    levels: dict[int, UUID] = {}
    found: dict[int, UUID] = {}
    for index, text in enumerate(texts):
        try:
            levels[index] = ids.decode(ids.INVENTORY_LEVEL, text)
        except NotFound:
            found[index] = bodies.public_id(ids.STOCK_LOCATION, text, f"/delete/{index}", "stock location")
    kept = InventoryLevel.objects.kept().filter(item_id=item, pk__in=levels.values())
    known = dict(kept.values_list("pk", "location_id")) if levels else {}
    errors = []
    for index, level in levels.items():
        if level in known:
            found[index] = known[level]
        else:
            message = f"/delete/{index}: no inventory level with id {texts[index]}."
            errors.append(FieldError(f"/delete/{index}", message, "not_found"))
    if errors:
        raise InvalidInput(errors=errors)
    return [found[index] for index in sorted(found)]

"""The bodies of requests about documents of stock, and what of them the services take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from msgspec import Meta

from inventory.api.inputs import Count, Text, Units
from inventory.services.papers import MOST_LINES, Line, Part
from oms.core import ids
from oms.web import bodies
from oms.web.bodies import Body

Reference = Annotated[str, Meta(max_length=120)]


class ItemUnits(Body):
    inventory_item_id: str
    quantity: Units


class ItemCounted(Body):
    inventory_item_id: str
    quantity: Count


class LineCame(Body):
    """id: of the document's item. quantity: put to stock. damaged_quantity: came too, and is not."""

    id: str
    quantity: Count = 0
    damaged_quantity: Count = 0


class CreateArrival(Body):
    """reference: what the supplier calls it."""

    location_id: str
    items: Annotated[list[ItemUnits], Meta(min_length=1, max_length=MOST_LINES)]
    reference: Reference = ""
    expected_on: date | None = None
    note: Text = ""


class CreateTransfer(Body):
    source_location_id: str
    target_location_id: str
    items: Annotated[list[ItemUnits], Meta(min_length=1, max_length=MOST_LINES)]
    reference: Reference = ""
    note: Text = ""


class CreateCount(Body):
    """items: what is counted already."""

    location_id: str
    items: Annotated[list[ItemCounted], Meta(max_length=MOST_LINES)] = []
    reference: Reference = ""
    note: Text = ""


class RecordCounted(Body):
    items: Annotated[list[ItemCounted], Meta(min_length=1, max_length=MOST_LINES)]


class Receive(Body):
    items: Annotated[list[LineCame], Meta(min_length=1, max_length=MOST_LINES)]


class Close(Body):
    """reason: where the rest is; a transfer asks for one."""

    reason: Text = ""


class Settle(Body):
    note: Text = ""


class Nothing(Body):
    """No fields are asked for."""


def lines(rows: Sequence[ItemUnits | ItemCounted]) -> list[Line]:
    """Raises InvalidInput for an id that is none."""
    return [
        Line(
            bodies.public_id(
                ids.INVENTORY_ITEM, row.inventory_item_id, f"/items/{index}/inventory_item_id", "inventory item"
            ),
            row.quantity,
        )
        for index, row in enumerate(rows)
    ]


def parts(prefix: ids.IdPrefix, rows: Sequence[LineCame]) -> list[Part]:
    """Raises InvalidInput for an id that is none."""
    return [
        Part(bodies.public_id(prefix, row.id, f"/items/{index}/id", "item"), row.quantity, row.damaged_quantity)
        for index, row in enumerate(rows)
    ]

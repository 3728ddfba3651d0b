"""What an order holds, counted in the ways that those who plan with it need. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from inventory.providers.base import Held, LineDemand, OrderDemand

ByItem = Mapping[UUID, Mapping[UUID, Mapping[UUID | None, int]]]


def by_item(holds: Iterable[Held]) -> ByItem:
    """Units on the shelf by order line, item and location. What is backordered is not among them."""
    found: dict[UUID, dict[UUID, dict[UUID | None, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for each in holds:
        if each.line_id is not None and each.quantity:
            found[each.line_id][each.item_id][each.location_id] += each.quantity
    return found


def promised(holds: Iterable[Held]) -> Mapping[UUID, Mapping[UUID, int]]:
    """Units that are held or waited for, wherever they are, by order line and item."""
    found: dict[UUID, dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    for each in holds:
        if each.line_id is not None:
            found[each.line_id][each.item_id] += each.quantity + each.backordered
    return found


def is_just(demand: OrderDemand, holds: Sequence[Held]) -> bool:
    """Whether an order holds, or waits for, just what it demands."""
    if not demand.lines:
        return not holds
    wanted = {
        line.line_id: {part.item_id: line.quantity * part.quantity for part in line.parts} for line in demand.lines
    }
    return wanted == promised(holds)


def going_on(demand: OrderDemand, holds: Sequence[Held]) -> OrderDemand:
    """The same demand, in which lines that wait for goods may go on waiting where they ask for no more than before."""
    waited, before = {each.line_id for each in holds if each.backordered}, promised(holds)

    def goes_on(line: LineDemand) -> bool:
        promise = before.get(line.line_id, {})
        return line.line_id in waited and all(
            line.quantity * part.quantity <= promise.get(part.item_id, 0) for part in line.parts
        )

    lines = [replace(line, forced=line.forced or goes_on(line)) for line in demand.lines]
    return OrderDemand(demand.order_id, lines)


def by_line(
    holds: Iterable[Held], recipes: Mapping[UUID, Mapping[UUID, int]] | None = None
) -> Mapping[UUID, Mapping[UUID | None, int]]:
    """Units that lie ready by order line and location, in the units that were sold: of kits the whole ones.

    recipes: units by item in one of each line that is of a kit.
    """
    return {line_id: _whole(items, (recipes or {}).get(line_id, {})) for line_id, items in by_item(holds).items()}


def _whole(items: Mapping[UUID, Mapping[UUID | None, int]], recipe: Mapping[UUID, int]) -> dict[UUID | None, int]:
    units: dict[UUID | None, int] = {}
    for location_id in dict.fromkeys(location_id for there in items.values() for location_id in there):
        there = {item: places.get(location_id, 0) for item, places in items.items()}
        whole = min(there.get(item, 0) // each for item, each in recipe.items()) if recipe else sum(there.values())
        if whole:
            units[location_id] = whole
    return units

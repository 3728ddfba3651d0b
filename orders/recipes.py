"""What a kit consisted of when it was sold, as an order line keeps it. The kit may be packed otherwise since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from inventory.providers.base import Component

Stored = list[dict[str, Any]]


class Sold(Protocol):
    """As much of an order line as its recipe needs."""

    @property
    def pk(self) -> UUID: ...

    @property
    def components(self) -> Stored | None: ...


def stored(components: Sequence[Component]) -> Stored | None:
    """As a line keeps it; None for what is no kit."""
    return [{"item_id": str(each.item_id), "sku": each.sku, "quantity": each.quantity} for each in components] or None


def kept(components: Stored | None, *, may_wait: Iterable[UUID] = ()) -> tuple[Component, ...]:
    """What a line keeps. may_wait: the items that may be backordered."""
    waiting = frozenset(may_wait)
    return tuple(
        Component(item_id, each["sku"], each["quantity"], item_id in waiting)
        for each in components or ()
        for item_id in [UUID(each["item_id"])]
    )


def by_line(lines: Iterable[Sold]) -> Mapping[UUID, Mapping[UUID, int]]:
    """Units by item in one of each line that is of a kit."""
    return {
        line.pk: {each.item_id: each.quantity for each in kept(line.components)} for line in lines if line.components
    }

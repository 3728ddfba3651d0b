"""What stock tells the world. Ids and facts of the moment."""

from __future__ import annotations

from dataclasses import dataclass

from oms.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChanged(Event):
    """A level was changed by a person or an import.

    Its stream is the level and its sequence the number of the ledger row, so later news of a level is delivered later.
    What orders do to a level (reserve, fulfil) is told by the orders' own events: one for each placement here would
    double the outbox and say nothing new. The numbers of a stream therefore rise with gaps.
    """

    name = "inventory.level_changed"
    level_id: str
    item_id: str
    location_id: str
    sku: str
    kind: str
    reason: str
    delta_on_hand: int
    on_hand: int
    reserved: int
    safety_stock: int
    available: int
    backordered: int
    incoming: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationCreated(Event):
    """Stock was set aside by hand. Ordered like `inventory.level_changed`, by the level that holds it."""

    name = "reservation.created"
    reservation_id: str
    item_id: str
    location_id: str
    sku: str
    quantity: int
    order_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationUpdated(Event):
    """A reservation was raised, lowered, moved or described anew; the figures are the new ones."""

    name = "reservation.updated"
    reservation_id: str
    item_id: str
    location_id: str
    sku: str
    quantity: int
    order_id: str | None
    changed: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationReleased(Event):
    """A reservation was deleted by hand; `quantity` is what it held."""

    name = "reservation.released"
    reservation_id: str
    item_id: str
    location_id: str
    sku: str
    quantity: int
    order_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackorderFilled(Event):
    """Goods came for what waited; `still_waiting` units of that reservation do not have theirs yet.

    In the stream of the order, among its other news. What waits for nobody's order has no stream.
    """

    name = "inventory.backorder_filled"
    reservation_id: str
    item_id: str
    location_id: str
    sku: str
    quantity: int
    still_waiting: int
    order_id: str | None
    line_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LowStock(Event):
    """What is available of an item at a location fell to its threshold. Told once, until there is more again."""

    name = "inventory.low_stock"
    alert_id: str
    level_id: str
    item_id: str
    location_id: str
    sku: str
    available: int
    threshold: int

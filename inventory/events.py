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

"""One quantity for each sku, no stock locations: what `inventory.services.pool` keeps.

Every channel sells from the pool, whichever locations it is linked to; a fulfillment may still say from where it ships.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from inventory.errors import NotKeptByLocation
from inventory.pool import PooledReservation
from inventory.providers.base import Held, OrderDemand, Proof, Sourced, StockThen, TakenLine
from inventory.services.pool import filling, holding, packing, proof
from oms.core.actors import Actor
from oms.core.errors import DomainError


class PooledInventory:
    has_places = False

    def refusals(self, demands: Sequence[OrderDemand], location_ids: Collection[UUID]) -> Mapping[UUID, DomainError]:
        return holding.refusals(demands)

    def reserve(
        self, demands: Sequence[OrderDemand], location_ids: Collection[UUID], *, actor: Actor
    ) -> Mapping[UUID, DomainError]:
        return holding.reserve(demands, actor=actor)

    def release(self, order_id: UUID, *, actor: Actor) -> None:
        holding.release(order_id, actor=actor)

    def hold_anew(
        self, demand: OrderDemand, location_ids: Collection[UUID], *, only_if_held: bool, actor: Actor
    ) -> None:
        holding.hold_anew(demand, only_if_held=only_if_held, actor=actor)

    def consume(
        self,
        order_id: UUID,
        location_id: UUID | None,
        lines: Sequence[TakenLine],
        *,
        fulfillment_id: UUID,
        actor: Actor,
    ) -> None:
        packing.consume(order_id, lines, fulfillment_id=fulfillment_id, actor=actor)

    def put_back(
        self,
        order_id: UUID,
        location_id: UUID | None,
        lines: Sequence[TakenLine],
        *,
        fulfillment_id: UUID,
        actor: Actor,
    ) -> None:
        packing.put_back(order_id, lines, fulfillment_id=fulfillment_id, actor=actor)

    def restock(self, order_id: UUID, lines: Mapping[UUID | None, Sequence[TakenLine]], *, actor: Actor) -> None:
        packing.restock(order_id, [each for some in lines.values() for each in some], actor=actor)

    def move(
        self, order_id: UUID, source_id: UUID, target_id: UUID, lines: Sequence[TakenLine], *, actor: Actor
    ) -> None:
        raise NotKeptByLocation()

    def holds(self, order_id: UUID) -> Sequence[Held]:
        return holding.of_order(order_id)

    def held_at(self, location_ids: Collection[UUID]) -> QuerySet[Any]:
        return PooledReservation.objects.none()

    def waiting(self) -> QuerySet[Any, Any]:
        return holding.waiting()

    def sourced(self, order_id: UUID) -> Sourced | None:
        return None

    def available(
        self, item_ids: Collection[UUID], locations: Collection[UUID] | QuerySet[Any, Any]
    ) -> Mapping[UUID, int]:
        return holding.available(item_ids)

    def fill_backorders(self) -> None:
        filling.fill_everywhere()

    def verify(self, *, sku: str | None = None) -> Proof:
        return proof.verify(sku=sku)

    def stock_at(self, at: datetime, *, sku: str | None = None) -> Iterator[StockThen]:
        return proof.stock_at(at, sku=sku)

"""Levels by stock location: what `inventory.services` keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from inventory import selectors
from inventory.models import Reservation
from inventory.providers.base import Held, OrderDemand, Proof, Sourced, StockThen, TakenLine
from inventory.services import consumption, holdings, moving, promises, reservations, restocking, verify
from oms.core.actors import Actor
from oms.core.errors import DomainError, FieldError, InvalidInput


class LocalInventory:
    has_places = True

    def refusals(self, demands: Sequence[OrderDemand], location_ids: Collection[UUID]) -> Mapping[UUID, DomainError]:
        return reservations.refusals(demands, location_ids)

    def reserve(
        self, demands: Sequence[OrderDemand], location_ids: Collection[UUID], *, actor: Actor
    ) -> Mapping[UUID, DomainError]:
        return reservations.reserve(demands, location_ids, actor=actor)

    def release(self, order_id: UUID, *, actor: Actor) -> None:
        reservations.release(order_id, actor=actor)

    def hold_anew(
        self, demand: OrderDemand, location_ids: Collection[UUID], *, only_if_held: bool, actor: Actor
    ) -> None:
        reservations.hold_anew(demand, location_ids, only_if_held=only_if_held, actor=actor)

    def consume(
        self,
        order_id: UUID,
        location_id: UUID | None,
        lines: Sequence[TakenLine],
        *,
        fulfillment_id: UUID,
        actor: Actor,
    ) -> None:
        here = _required(location_id)
        consumption.consume(order_id, here, lines, fulfillment_id=fulfillment_id, actor=actor)

    def put_back(
        self,
        order_id: UUID,
        location_id: UUID | None,
        lines: Sequence[TakenLine],
        *,
        fulfillment_id: UUID,
        actor: Actor,
    ) -> None:
        here = _required(location_id)
        consumption.put_back(order_id, here, lines, fulfillment_id=fulfillment_id, actor=actor)

    def restock(self, order_id: UUID, lines: Mapping[UUID | None, Sequence[TakenLine]], *, actor: Actor) -> None:
        restocking.restock(order_id, {_required(place): each for place, each in lines.items()}, actor=actor)

    def move(
        self, order_id: UUID, source_id: UUID, target_id: UUID, lines: Sequence[TakenLine], *, actor: Actor
    ) -> None:
        moving.move(order_id, source_id, target_id, lines, actor=actor)

    def holds(self, order_id: UUID) -> Sequence[Held]:
        return holdings.of_order(order_id)

    def held_at(self, location_ids: Collection[UUID]) -> QuerySet[Any]:
        return Reservation.objects.filter(order_id__isnull=False, level__location_id__in=location_ids)

    def waiting(self) -> QuerySet[Any, Any]:
        return holdings.waiting()

    def sourced(self, order_id: UUID) -> Sourced | None:
        return holdings.sourced(order_id)

    def available(
        self, item_ids: Collection[UUID], locations: Collection[UUID] | QuerySet[Any, Any]
    ) -> Mapping[UUID, int]:
        return selectors.available_at(item_ids, locations)

    def fill_backorders(self) -> None:
        promises.fill_everywhere()

    def verify(self, *, sku: str | None = None) -> Proof:
        return verify.verify_stock(sku=sku)

    def stock_at(self, at: datetime, *, sku: str | None = None) -> Iterator[StockThen]:
        return verify.stock_at(at, sku=sku)


def _required(location_id: UUID | None) -> UUID:
    if location_id is None:
        raise InvalidInput(errors=[FieldError("/location_id", "Say from which stock location.", "required")])
    return location_id

"""Holding stock for orders, and letting it go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from inventory.enums import MovementKind
from inventory.models import InventoryLevel, Reservation
from inventory.providers.base import OrderDemand
from inventory.services import ledger, levels
from inventory.services.planning import Plan, items_of, plan
from oms.core import bulk, ids
from oms.core.actors import Actor
from oms.core.errors import DomainError

_NOTHING: Final[Mapping[str, Any]] = {}


class ReservationRow(bulk.Row, kw_only=True):
    table = "inventory_reservation"

    id: UUID
    level_id: UUID
    quantity: int
    backordered: int
    order_id: UUID | None
    line_id: UUID | None
    description: str
    metadata: Mapping[str, Any]


class DecisionRow(bulk.Row, kw_only=True):
    table = "inventory_sourcingdecision"

    id: UUID
    order_id: UUID
    strategy: str
    parcels: int
    candidates: list[dict[str, Any]]


def refusals(demands: Sequence[OrderDemand], location_ids: Collection[UUID]) -> dict[UUID, DomainError]:
    """Which of these orders could not be served now, by order id, and why. Nothing is locked: it can change."""
    return plan(demands, levels.read(items_of(demands), location_ids)).refusals


def reserve(demands: Sequence[OrderDemand], location_ids: Collection[UUID], *, actor: Actor) -> dict[UUID, DomainError]:
    """Hold stock for orders, first come first served, at the active ones of these locations. Of kits: their components.

    Levels are locked here, so this is the last thing a transaction does. Items that may be backordered take the
    shortage as backordered. Orders that cannot be served get nothing; they come back by id with InsufficientStock (all
    shortages of the order in one error) or NoStockLocation, and the caller rolls back.
    """
    if not demands:
        return {}
    if any(part.allow_backorder for demand in demands for line in demand.lines for part in line.parts):
        _make_room_to_wait(demands, location_ids)
    found = levels.lock(items_of(demands), location_ids)
    made = plan(demands, found)
    if made.refusals:
        return made.refusals
    level_ids = {(level.item_id, level.location_id): level.id for level in found.levels}
    if missing := made.backorders - level_ids.keys():
        levels.ensure(missing)
        fresh = levels.lock({item for item, _ in missing}, {location for _, location in missing})
        level_ids |= {(level.item_id, level.location_id): level.id for level in fresh.levels}
    _write(made, level_ids, actor)
    return {}


def _make_room_to_wait(demands: Sequence[OrderDemand], location_ids: Collection[UUID]) -> None:
    """Make the levels at which backordered items will wait that lie nowhere yet.

    Before anything is locked: who makes a level waits for whoever is making the same one, and that one may be waiting
    for the levels held here. What changes between this and the lock is made after it, which is rare.
    """
    found = levels.read(items_of(demands), location_ids)
    waiting = plan(demands, found).backorders
    levels.ensure(waiting - {(level.item_id, level.location_id) for level in found.levels})


def _write(made: Plan, level_ids: dict[tuple[UUID, UUID], UUID], actor: Actor) -> None:
    """Reservations and decisions, then last the counters with their ledger rows."""
    rows: list[ReservationRow] = []
    decisions: list[DecisionRow] = []
    moved: dict[UUID, ledger.Movement] = {}
    for demand in made.demands:
        served = made.served[demand.order_id]
        decision = served.decision
        rows += [
            ReservationRow(
                id=ids.new_id(),
                level_id=level_ids[each.item_id, each.location_id],
                quantity=each.quantity,
                backordered=each.backordered,
                order_id=demand.order_id,
                line_id=each.line_id,
                description="",
                metadata=_NOTHING,
            )
            for each in served.shares(demand)
        ]
        decisions.append(
            DecisionRow(
                id=ids.new_id(),
                order_id=demand.order_id,
                strategy=decision.strategy,
                parcels=decision.parcels,
                candidates=[verdict.as_dict() for verdict in decision.verdicts],
            )
        )
    single = made.demands[0].order_id if len(made.demands) == 1 else None
    for row in rows:
        movement = moved.setdefault(
            row.level_id,
            ledger.Movement(level_id=row.level_id, kind=MovementKind.RESERVE, cause="order", cause_id=single),
        )
        movement.reserved += row.quantity
        movement.backordered += row.backordered
    bulk.insert(rows, decisions)
    ledger.post(list(moved.values()), actor=actor)


def release(order_id: UUID, *, actor: Actor) -> None:
    """Let go of everything an order holds. Done twice, the second time finds nothing."""
    held = list(Reservation.objects.filter(order_id=order_id))
    locked = levels.lock_rows({reservation.level_id for reservation in held})
    held = list(Reservation.objects.filter(order_id=order_id, level_id__in=locked))
    moved: dict[UUID, ledger.Movement] = {}
    for reservation in held:
        movement = moved.setdefault(
            reservation.level_id,
            ledger.Movement(level_id=reservation.level_id, kind=MovementKind.RELEASE, cause="order", cause_id=order_id),
        )
        movement.reserved -= reservation.quantity
        movement.backordered -= reservation.backordered
    Reservation.objects.filter(pk__in=[reservation.pk for reservation in held]).delete()
    ledger.post(list(moved.values()), actor=actor)


def hold_anew(demand: OrderDemand, location_ids: Collection[UUID], *, only_if_held: bool, actor: Actor) -> None:
    """Lock the levels of then and now together, in order; let go of what an order holds; hold what it wants now.

    only_if_held: an order that holds nothing goes on so. Raises what `reserve` returns.
    """
    then = set(Reservation.objects.filter(order_id=demand.order_id).values_list("level_id", flat=True))
    if only_if_held and not then:
        return
    now = InventoryLevel.objects.filter(item_id__in=items_of([demand]), location_id__in=location_ids)
    levels.lock_rows({*then, *now.values_list("pk", flat=True)})
    release(demand.order_id, actor=actor)
    if not demand.lines:
        return
    if short := reserve([demand], location_ids, actor=actor):
        raise short[demand.order_id]

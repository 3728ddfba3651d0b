"""Holding stock for orders, and letting it go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from inventory import holdings
from inventory.enums import MovementKind
from inventory.models import InventoryLevel, Reservation
from inventory.providers.base import Held, OrderDemand
from inventory.services import alerts, ledger, levels, stock_shortages
from inventory.services.levels import Shelves
from inventory.services.planning import Pair, Plan, Share, items_of, not_counted, plan
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
    if refused := _make_room_to_wait(demands, location_ids, ()):
        return refused
    return _hold(demands, levels.lock(items_of(demands), location_ids), (), actor)


def hold_anew(demand: OrderDemand, location_ids: Collection[UUID], *, only_if_held: bool, actor: Actor) -> None:
    """Have an order hold this in the place of what it holds, as `Inventory.hold_anew` says; raises as it does.

    What it held it may hold again before those who wait and whatever is kept back. Levels are locked here, of then and
    now together. The caller has locked the order.
    """
    before = list(Reservation.objects.filter(order_id=demand.order_id).select_related("level"))
    if only_if_held and not before:
        return
    holds = [
        Held(each.line_id, each.level.item_id, each.level.location_id, each.quantity, each.backordered)
        for each in before
    ]
    if holdings.is_just(demand, holds):
        return
    demands = [holdings.going_on(demand, holds)] if demand.lines else []
    if refused := _make_room_to_wait(demands, location_ids, before):
        raise refused[demand.order_id]
    here = InventoryLevel.objects.filter(item_id__in=items_of(demands), location_id__in=location_ids)
    locked = levels.lock_rows({*(each.level_id for each in before), *here.values_list("pk", flat=True)})
    with ledger.together():
        _let_go(demand.order_id, actor=actor)
        found = levels.lock(items_of(demands), location_ids) if demands else Shelves([], [])
        if refused := _hold(demands, _with_own(found, before), before, actor):
            raise refused[demand.order_id]
    now = Reservation.objects.filter(order_id=demand.order_id).values_list("level_id", flat=True)
    stock_shortages.settle_void([each.pk for each in before if each.backordered], actor=actor)
    alerts.judge({*locked, *now}, actor=actor)
    ledger.freed(list(locked))


def _with_own(found: Shelves, before: Collection[Reservation]) -> Shelves:
    own = Counter[UUID]()
    for each in before:
        own[each.level_id] += each.quantity
    return found.with_own(own)


def _hold(
    demands: Sequence[OrderDemand], found: Shelves, before: Collection[Reservation], actor: Actor
) -> dict[UUID, DomainError]:
    made = plan(demands, found)
    if made.refusals:
        return made.refusals
    level_ids = {(level.item_id, level.location_id): level.id for level in found.levels}
    if missing := made.backorders - level_ids.keys():
        levels.ensure(missing)
        fresh = levels.lock({item for item, _ in missing}, {location for _, location in missing})
        level_ids |= {(level.item_id, level.location_id): level.id for level in fresh.levels}
    _write(made, level_ids, before, actor)
    return {}


def _make_room_to_wait(
    demands: Sequence[OrderDemand], location_ids: Collection[UUID], before: Collection[Reservation]
) -> dict[UUID, DomainError]:
    """Make the levels at which backordered items will wait that lie nowhere yet.

    Before anything is locked: who makes a level waits for whoever is making the same one, and that one may be waiting
    for the levels held here. What changes between this and the lock is made after it, which is rare. Orders that would
    wait for what is not counted any more come back by id: it became a kit since the order was read. `before`: what will
    be let go of.
    """
    if not any(part.allow_backorder for demand in demands for line in demand.lines for part in line.parts):
        return {}
    found = levels.read(items_of(demands), location_ids)
    if before:
        let_go = Counter[UUID]()
        for each in before:
            let_go[each.level_id] += each.quantity + each.backordered
        found = _with_own(found.with_more(let_go), before)
    waiting = plan(demands, found).backorders
    if refused := not_counted(demands, waiting):
        return refused
    levels.ensure(waiting - {(level.item_id, level.location_id) for level in found.levels})
    return {}


def _write(made: Plan, level_ids: dict[tuple[UUID, UUID], UUID], before: Collection[Reservation], actor: Actor) -> None:
    """Reservations and decisions with the counters and their ledger rows. `before`: whose ids are used again."""
    known = {(each.line_id, each.level_id): each for each in before}
    rows: list[ReservationRow] = []
    decisions: list[DecisionRow] = []
    moved: dict[UUID, ledger.Movement] = {}
    for demand in made.demands:
        served = made.served[demand.order_id]
        decision = served.decision
        rows += [_row(demand.order_id, share, level_ids, known) for share in served.shares(demand)]
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
    ledger.post(list(moved.values()), actor=actor, beside=(rows, decisions))


def _row(
    order_id: UUID,
    share: Share,
    level_ids: Mapping[Pair, UUID],
    known: Mapping[tuple[UUID | None, UUID], Reservation],
) -> ReservationRow:
    level_id = level_ids[share.item_id, share.location_id]
    old = known.get((share.line_id, level_id))
    return ReservationRow(
        id=old.pk if old else ids.new_id(),
        level_id=level_id,
        quantity=share.quantity,
        backordered=share.backordered,
        order_id=order_id,
        line_id=share.line_id,
        description=old.description if old else "",
        metadata=old.metadata if old else _NOTHING,
    )


def release(order_id: UUID, *, actor: Actor) -> None:
    """Let go of everything an order holds, and close the shortages of what it waited for.

    Done twice, the second time finds nothing.
    """
    gone = _let_go(order_id, actor=actor)
    stock_shortages.settle_void([each.pk for each in gone if each.backordered], actor=actor)


def _let_go(order_id: UUID, *, actor: Actor) -> list[Reservation]:
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
    return held

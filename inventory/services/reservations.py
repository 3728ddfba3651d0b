"""Holding stock for orders, and letting it go."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from inventory.enums import MovementKind
from inventory.models import InventoryLevel, Reservation
from inventory.services import alerts, holdings, ledger, levels
from inventory.services.levels import Shelves
from inventory.services.planning import LineDemand, OrderDemand, Plan, Served, items_of, plan
from oms.core import bulk, ids
from oms.core.actors import Actor
from oms.core.errors import DomainError


class ReservationRow(bulk.Row, kw_only=True):
    table = "inventory_reservation"

    id: UUID
    level_id: UUID
    quantity: int
    backordered: int
    order_id: UUID | None
    line_id: UUID | None
    description: str
    metadata: dict[str, Any]


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


def hold_anew(demand: OrderDemand, location_ids: Collection[UUID], *, actor: Actor) -> DomainError | None:
    """Have an order hold this in the place of what it holds; why not, where it cannot, and the caller rolls back.

    Nothing moves where it holds, or waits for, just that already. What it held it may hold again before those who wait
    and whatever is kept back; what waits keeps its place, and may go on waiting though its goods may not. Levels are
    locked here, of then and now together. The caller has locked the order.
    """
    before = list(Reservation.objects.filter(order_id=demand.order_id))
    promised = holdings.promised(demand.order_id)
    if _is_held(demand, promised):
        return None
    waited = {each.line_id for each in before if each.backordered}
    lines = [replace(line, forced=line.forced or _goes_on(line, waited, promised)) for line in demand.lines]
    demands = [OrderDemand(demand.order_id, lines)] if lines else []
    if refused := _make_room_to_wait(demands, location_ids, before):
        return refused[demand.order_id]
    here = InventoryLevel.objects.filter(item_id__in=items_of(demands), location_id__in=location_ids)
    locked = levels.lock_rows({*(each.level_id for each in before), *here.values_list("pk", flat=True)})
    with ledger.together():
        release(demand.order_id, actor=actor)
        found = levels.lock(items_of(demands), location_ids) if demands else Shelves([], [])
        refused = _hold(demands, _with_own(found, before), before, actor)
    now = Reservation.objects.filter(order_id=demand.order_id).values_list("level_id", flat=True)
    alerts.judge({*locked, *now}, actor=actor)
    ledger.freed(list(locked))
    return refused.get(demand.order_id)


def _is_held(demand: OrderDemand, promised: Mapping[UUID, Mapping[UUID, int]]) -> bool:
    """Whether an order holds, or waits for, just this."""
    wanted = {
        line.line_id: {part.item_id: line.quantity * part.quantity for part in line.parts} for line in demand.lines
    }
    return wanted == promised


def _goes_on(line: LineDemand, waited: Collection[UUID | None], promised: Mapping[UUID, Mapping[UUID, int]]) -> bool:
    """Whether a line has waited, and asks for no more than it was promised."""
    before = promised.get(line.line_id, {})
    return line.line_id in waited and all(
        line.quantity * part.quantity <= before.get(part.item_id, 0) for part in line.parts
    )


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
    if uncounted := levels.uncounted({item for item, _ in waiting}):
        parts = [(demand, part) for demand in demands for line in demand.lines for part in line.parts]
        return {demand.order_id: uncounted[part.item_id] for demand, part in parts if part.item_id in uncounted}
    levels.ensure(waiting - {(level.item_id, level.location_id) for level in found.levels})
    return {}


def _write(made: Plan, level_ids: dict[tuple[UUID, UUID], UUID], before: Collection[Reservation], actor: Actor) -> None:
    """Reservations and decisions, then last the counters with their ledger rows. `before`: whose ids are used again."""
    known = {(each.line_id, each.level_id): each for each in before}
    rows: list[ReservationRow] = []
    decisions: list[DecisionRow] = []
    moved: dict[UUID, ledger.Movement] = {}
    for demand in made.demands:
        served = made.served[demand.order_id]
        decision = served.decision
        rows += _reservation_rows(demand, served, level_ids, known)
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


def _reservation_rows(
    demand: OrderDemand,
    served: Served,
    level_ids: dict[tuple[UUID, UUID], UUID],
    known: Mapping[tuple[UUID | None, UUID], Reservation],
) -> list[ReservationRow]:
    """Share what was decided among the lines, in their order: one row for each line and level."""
    rows: dict[tuple[UUID, UUID], ReservationRow] = {}
    taken, waiting, at_hand = _by_key(served.decision.taken), _by_key(served.waiting), dict(served.at_hand)

    def row(line: LineDemand, item_id: UUID, location_id: UUID) -> ReservationRow:
        level_id = level_ids[item_id, location_id]
        old = known.get((line.line_id, level_id))
        fresh = ReservationRow(
            id=old.pk if old else ids.new_id(),
            level_id=level_id,
            quantity=0,
            backordered=0,
            order_id=demand.order_id,
            line_id=line.line_id,
            description=old.description if old else "",
            metadata=old.metadata if old else {},
        )
        return rows.setdefault((line.line_id, level_id), fresh)

    for line, key in zip(demand.lines, served.keys, strict=True):
        wanted = line.quantity
        for location_id, units in _share(taken[key], wanted):
            wanted -= units
            for part in line.parts:
                row(line, part.item_id, location_id).quantity += units * part.quantity
        for location_id, units in _share(waiting[key], wanted):
            for part in line.parts:
                held = min(units * part.quantity, at_hand.get((key, part.item_id, location_id), 0))
                if held:
                    at_hand[key, part.item_id, location_id] -= held
                here = row(line, part.item_id, location_id)
                here.quantity += held
                here.backordered += units * part.quantity - held
    return list(rows.values())


def _by_key(units: Mapping[tuple[UUID, UUID], int]) -> defaultdict[UUID, dict[UUID, int]]:
    """Units by thing and location."""
    found: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
    for (key, location_id), count in units.items():
        found[key][location_id] = count
    return found


def _share(left: dict[UUID, int], wanted: int) -> list[tuple[UUID, int]]:
    """Up to so many of the units that are left, by location; they are left no more."""
    shares = []
    for location_id, units in left.items():
        share = min(units, wanted)
        if share:
            left[location_id] -= share
            wanted -= share
            shares.append((location_id, share))
    return shares


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

"""Holding stock for orders, and letting it go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from inventory.enums import MovementKind
from inventory.errors import InsufficientStock, NoStockLocation, TooManyBackordered
from inventory.models import InventoryLevel, Reservation
from inventory.services import ledger, levels
from inventory.services.levels import Place, Shelves
from inventory.sourcing.base import Candidate, Decision, Strategy, Verdict
from oms.core import bulk, ids, providers
from oms.core.actors import Actor
from oms.core.errors import DomainError, FieldError

MOST_BACKORDERED: Final = 2_147_483_647  # of an item at a location; it is counted in four bytes


@dataclass(frozen=True, slots=True)
class LineDemand:
    """Units of an item that one line of an order wants. `pointer` is where the line stands in the request."""

    line_id: UUID
    item_id: UUID
    sku: str
    quantity: int
    allow_backorder: bool
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class OrderDemand:
    order_id: UUID
    lines: Sequence[LineDemand]


@dataclass(slots=True)
class Plan:
    """What is to be held for the orders that can be served, and why the others cannot."""

    decisions: dict[UUID, Decision]
    backorders: dict[UUID, dict[UUID, UUID]]
    refusals: dict[UUID, DomainError]
    demands: Sequence[OrderDemand]


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
    return _plan(demands, levels.read(_items(demands), location_ids)).refusals


def reserve(demands: Sequence[OrderDemand], location_ids: Collection[UUID], *, actor: Actor) -> dict[UUID, DomainError]:
    """Hold stock for orders, first come first served, at the active ones of these locations.

    Levels are locked here, so this is the last thing a transaction does. Items that may be backordered take the
    shortage as backordered. Orders that cannot be served get nothing; they come back by id with InsufficientStock (all
    shortages of the order in one error) or NoStockLocation, and the caller rolls back.
    """
    if not demands:
        return {}
    if any(line.allow_backorder for demand in demands for line in demand.lines):
        _make_room_to_wait(demands, location_ids)
    found = levels.lock(_items(demands), location_ids)
    plan = _plan(demands, found)
    if plan.refusals:
        return plan.refusals
    level_ids = {(level.item_id, level.location_id): level.id for level in found.levels}
    if missing := _waiting(plan) - level_ids.keys():
        levels.ensure(missing)
        fresh = levels.lock({item for item, _ in missing}, {location for _, location in missing})
        level_ids |= {(level.item_id, level.location_id): level.id for level in fresh.levels}
    _write(plan, level_ids, actor)
    return {}


def _make_room_to_wait(demands: Sequence[OrderDemand], location_ids: Collection[UUID]) -> None:
    """Make the levels at which backordered items will wait that lie nowhere yet.

    Before anything is locked: who makes a level waits for whoever is making the same one, and that one may be waiting
    for the levels held here. What changes between this and the lock is made after it, which is rare.
    """
    found = levels.read(_items(demands), location_ids)
    waiting = _waiting(_plan(demands, found))
    levels.ensure(waiting - {(level.item_id, level.location_id) for level in found.levels})


def _items(demands: Sequence[OrderDemand]) -> set[UUID]:
    return {line.item_id for demand in demands for line in demand.lines}


def _plan(demands: Sequence[OrderDemand], found: Shelves) -> Plan:
    """Serve the orders one after the other in memory, each from what the ones before it left."""
    strategy: Strategy = providers.the("SOURCING")
    available = {(level.item_id, level.location_id): level.available for level in found.levels if level.is_kept}
    places = [place for place in found.places if place.is_active]
    plan = Plan({}, {}, {}, demands)
    queue = _Queue()
    for demand in demands:
        wanted, backorder = _wanted(demand), {line.item_id: line.allow_backorder for line in demand.lines}
        decision = strategy(wanted, [_candidate(place, wanted, available) for place in places])
        refused = {item: units for item, units in decision.short.items() if not backorder[item]}
        if refused or (decision.short and not places):
            plan.refusals[demand.order_id] = _refusal(demand, wanted, decision.short, bool(places))
            continue
        waits = {(item, _waits_at(item, places, available)): units for item, units in decision.short.items()}
        if waits and (too_many := queue.refuses(demand, waits)):
            plan.refusals[demand.order_id] = too_many
            continue
        for pair, units in decision.taken.items():
            available[pair] -= units
        plan.decisions[demand.order_id] = decision
        plan.backorders[demand.order_id] = dict(waits.keys())
        decision.verdicts += [
            Verdict(_candidate(place, wanted, {}), 0, 0, chosen=False, reason="inactive")
            for place in found.places
            if not place.is_active
        ]
    return plan


class _Queue:
    """How many units of an item wait at a location, with those of the orders planned so far."""

    def __init__(self) -> None:
        self._units: dict[tuple[UUID, UUID], int] = {}

    def refuses(self, demand: OrderDemand, waits: dict[tuple[UUID, UUID], int]) -> DomainError | None:
        """Put an order's shortages, units by (item, location), in the queue; why not, where they do not fit."""
        self._read({pair for pair in waits if pair not in self._units})
        full = {pair[0]: pair for pair, units in waits.items() if self._units[pair] + units > MOST_BACKORDERED}
        if not full:
            for pair, units in waits.items():
                self._units[pair] += units
            return None
        errors: dict[UUID, FieldError] = {}
        for line in demand.lines:
            if line.item_id in full and line.item_id not in errors:
                pair = full[line.item_id]
                facts = {"sku": line.sku, "requested": waits[pair], "backordered": self._units[pair]}
                message = str(TooManyBackordered.message) % facts
                errors[line.item_id] = FieldError(line.pointer, message, TooManyBackordered.code, facts)
        first = next(iter(errors.values()))
        return TooManyBackordered(errors=list(errors.values()), **first.facts)

    def _read(self, pairs: set[tuple[UUID, UUID]]) -> None:
        if not pairs:
            return
        rows = InventoryLevel.objects.filter(
            item_id__in={item for item, _ in pairs}, location_id__in={location for _, location in pairs}
        ).values_list("item_id", "location_id", "backordered")
        there = {(item, location): units for item, location, units in rows}
        self._units |= {pair: there.get(pair, 0) for pair in pairs}


def _wanted(demand: OrderDemand) -> dict[UUID, int]:
    """Units by item: lines that share an item are summed before anything is checked."""
    wanted: dict[UUID, int] = defaultdict(int)
    for line in demand.lines:
        wanted[line.item_id] += line.quantity
    return wanted


def _candidate(place: Place, wanted: dict[UUID, int], available: dict[tuple[UUID, UUID], int]) -> Candidate:
    there = {item: max(0, available.get((item, place.id), 0)) for item in wanted}
    return Candidate(place.id, place.code, place.name, place.priority, there)


def _waits_at(item: UUID, places: Sequence[Place], available: dict[tuple[UUID, UUID], int]) -> UUID:
    """Where a backordered item waits for goods: the first location that keeps it, else the first there is."""
    return next((place.id for place in places if (item, place.id) in available), places[0].id)


def _refusal(demand: OrderDemand, wanted: dict[UUID, int], short: dict[UUID, int], has_location: bool) -> DomainError:
    first = next(line for line in demand.lines if line.item_id in short)
    if not has_location:
        return NoStockLocation(sku=first.sku)
    errors, seen = [], set()
    for line in demand.lines:
        if line.item_id not in short or line.item_id in seen or line.allow_backorder:
            continue
        seen.add(line.item_id)
        asked = wanted[line.item_id]
        facts = {"sku": line.sku, "requested": asked, "available": asked - short[line.item_id]}
        errors.append(FieldError(line.pointer, str(InsufficientStock.message) % facts, InsufficientStock.code, facts))
    return InsufficientStock(errors=errors, **errors[0].facts)


def _waiting(plan: Plan) -> set[tuple[UUID, UUID]]:
    """(item, location) of all that is backordered: its level must exist."""
    return {(item, place) for waiting in plan.backorders.values() for item, place in waiting.items()}


def _write(plan: Plan, level_ids: dict[tuple[UUID, UUID], UUID], actor: Actor) -> None:
    """Reservations and decisions, then last the counters with their ledger rows."""
    rows: list[ReservationRow] = []
    decisions: list[DecisionRow] = []
    moved: dict[UUID, ledger.Movement] = {}
    for demand in plan.demands:
        decision = plan.decisions[demand.order_id]
        rows += _reservation_rows(demand, decision, plan.backorders[demand.order_id], level_ids)
        decisions.append(
            DecisionRow(
                id=ids.new_id(),
                order_id=demand.order_id,
                strategy=decision.strategy,
                parcels=decision.parcels,
                candidates=[verdict.as_dict() for verdict in decision.verdicts],
            )
        )
    single = plan.demands[0].order_id if len(plan.demands) == 1 else None
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
    demand: OrderDemand, decision: Decision, backorders: dict[UUID, UUID], level_ids: dict[tuple[UUID, UUID], UUID]
) -> list[ReservationRow]:
    """Share what was decided by item among the lines, in the order of the lines: one row for each line and level."""
    left = dict(decision.taken)
    rows: dict[tuple[UUID, UUID], ReservationRow] = {}

    def row(line: LineDemand, location_id: UUID) -> ReservationRow:
        level_id = level_ids[line.item_id, location_id]
        fresh = ReservationRow(
            id=ids.new_id(),
            level_id=level_id,
            quantity=0,
            backordered=0,
            order_id=demand.order_id,
            line_id=line.line_id,
            description="",
            metadata={},
        )
        return rows.setdefault((line.line_id, level_id), fresh)

    for line in demand.lines:
        wanted = line.quantity
        for (item, location_id), units in left.items():
            taken = min(wanted, units) if item == line.item_id else 0
            if taken:
                row(line, location_id).quantity += taken
                left[item, location_id] -= taken
                wanted -= taken
        if wanted:
            row(line, backorders[line.item_id]).backordered += wanted
    return list(rows.values())


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

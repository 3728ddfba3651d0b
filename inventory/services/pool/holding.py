"""Holding pooled stock for orders, and letting it go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from inventory import holdings
from inventory.enums import MovementKind
from inventory.models import PooledReservation, PooledStock
from inventory.providers.base import Held, OrderDemand
from inventory.services import planning
from inventory.services.levels import Level, Place, Shelves
from inventory.services.planning import Pair, Plan, items_of
from inventory.services.pool import ledger
from inventory.sourcing.fewest_parcels import fewest_parcels
from oms.core import bulk, ids
from oms.core.actors import Actor
from oms.core.errors import DomainError

# To the planner the pool is one location that is always open.
_POOL: Final = Place(UUID(int=0), "pool", "", 0, is_active=True)


class ReservationRow(bulk.Row, kw_only=True):
    table = "inventory_pooledreservation"

    id: UUID
    stock_id: UUID
    order_id: UUID
    line_id: UUID
    quantity: int
    backordered: int


def refusals(demands: Sequence[OrderDemand]) -> Mapping[UUID, DomainError]:
    """Which of these orders could not be served now, by order id, and why. Nothing is locked: it can change."""
    return _plan(demands, ledger.read(items_of(demands))).refusals


def reserve(demands: Sequence[OrderDemand], *, actor: Actor) -> Mapping[UUID, DomainError]:
    """Hold stock for orders, first come first served. Those that cannot be served come back by id with the reason."""
    if refused := _make_room_to_wait(demands, ()):
        return refused
    return _hold(demands, (), actor)


def _make_room_to_wait(demands: Sequence[OrderDemand], before: Collection[Held]) -> Mapping[UUID, DomainError]:
    """Make the stock that backordered items will wait at, before anything is locked. `before`: what will be let go of.

    Orders that would wait for what is not counted any more come back by id.
    """
    may_wait = {part.item_id for each in demands for line in each.lines for part in line.parts if part.allow_backorder}
    if not may_wait:
        return {}
    found = ledger.read(items_of(demands))
    for each in before:
        if each.item_id in found:
            found[each.item_id].available += each.quantity
            found[each.item_id].backordered -= each.backordered
    if refused := planning.not_counted(demands, _plan(demands, found, before).backorders):
        return refused
    ledger.ensure(may_wait)
    return {}


def _hold(
    demands: Sequence[OrderDemand], before: Collection[PooledReservation], actor: Actor
) -> Mapping[UUID, DomainError]:
    """`before`: what was let go of, and whose ids are used again."""
    made = _plan(demands, ledger.lock(items_of(demands)), _held(before))
    if made.refusals:
        return made.refusals
    known = {(each.line_id, each.stock_id): each.pk for each in before}
    rows = [
        ReservationRow(
            id=known.get((share.line_id, share.item_id)) or ids.new_id(),
            stock_id=share.item_id,
            order_id=demand.order_id,
            line_id=share.line_id,
            quantity=share.quantity,
            backordered=share.backordered,
        )
        for demand in demands
        for share in made.served[demand.order_id].shares(demand)
    ]
    moved: dict[UUID, ledger.Movement] = {}
    single = demands[0].order_id if len(demands) == 1 else None
    for row in rows:
        fresh = ledger.Movement(item_id=row.stock_id, kind=MovementKind.RESERVE, cause="order", cause_id=single)
        movement = moved.setdefault(row.stock_id, fresh)
        movement.reserved += row.quantity
        movement.backordered += row.backordered
    bulk.insert(rows)
    ledger.post(list(moved.values()), actor=actor)
    return {}


def _plan(demands: Sequence[OrderDemand], found: Mapping[UUID, PooledStock], before: Collection[Held] = ()) -> Plan:
    """`before`: what one order has let go of, and may hold again before anybody else."""
    levels = [Level(stock.pk, stock.pk, _POOL.id, stock.unclaimed, is_kept=True) for stock in found.values()]
    own = Counter[UUID]()
    for each in before:
        own[each.item_id] += each.quantity

    def waiting(pairs: Collection[Pair]) -> dict[Pair, int]:
        return {(item_id, place): found[item_id].backordered for item_id, place in pairs if item_id in found}

    return planning.plan(demands, Shelves([_POOL], levels).with_own(own), strategy=fewest_parcels, waiting=waiting)


def release(order_id: UUID, *, actor: Actor) -> None:
    """Let go of everything an order holds and waits for. Done twice, the second time finds nothing."""
    theirs = PooledReservation.objects.filter(order_id=order_id)
    ledger.lock(set(theirs.values_list("stock_id", flat=True)))
    moved: dict[UUID, ledger.Movement] = {}
    held = list(theirs)
    for each in held:
        fresh = ledger.Movement(item_id=each.stock_id, kind=MovementKind.RELEASE, cause="order", cause_id=order_id)
        movement = moved.setdefault(each.stock_id, fresh)
        movement.reserved -= each.quantity
        movement.backordered -= each.backordered
    theirs.filter(pk__in=[each.pk for each in held]).delete()
    ledger.post(list(moved.values()), actor=actor)


def hold_anew(demand: OrderDemand, *, only_if_held: bool, actor: Actor) -> None:
    """Have an order hold this in the place of what it holds, as `Inventory.hold_anew` says; raises as it does.

    The stock of then and now is locked together, in order. The caller has locked the order.
    """
    before = list(PooledReservation.objects.filter(order_id=demand.order_id))
    holds = _held(before)
    if (only_if_held and not before) or holdings.is_just(demand, holds):
        return
    demands = [holdings.going_on(demand, holds)] if demand.lines else []
    if refused := _make_room_to_wait(demands, holds):
        raise refused[demand.order_id]
    ledger.lock({each.stock_id for each in before} | items_of(demands))
    release(demand.order_id, actor=actor)
    if refused := _hold(demands, before, actor):
        raise refused[demand.order_id]


def of_order(order_id: UUID) -> list[Held]:
    """What an order holds and waits for, in one query."""
    return _held(PooledReservation.objects.filter(order_id=order_id).order_by("pk"))


def waiting() -> QuerySet[Any, Any]:
    """The ids of orders that wait for goods, as a query of one column."""
    return PooledReservation.objects.filter(backordered__gt=0).values("order_id")


def _held(rows: Iterable[PooledReservation]) -> list[Held]:
    return [Held(each.line_id, each.stock_id, None, each.quantity, each.backordered) for each in rows]


_AVAILABLE: Final = """
SELECT asked.id, min(greatest(coalesce(stock.available - stock.backordered, 0), 0) / coalesce(recipe.quantity, 1))::int
FROM unnest(%s::uuid[]) AS asked(id)
LEFT JOIN inventory_kitcomponent AS recipe ON recipe.kit_id = asked.id
LEFT JOIN inventory_pooledstock AS stock ON stock.item_id = coalesce(recipe.component_id, asked.id)
GROUP BY asked.id
"""


def available(item_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """What can be promised of each of these items, of a kit how many could be packed; in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_AVAILABLE, [list(item_ids)])
        return dict(cursor.fetchall())

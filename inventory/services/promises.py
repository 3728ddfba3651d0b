"""Promises to orders when stock moves: goods that come are handed to those who wait, the oldest first; where goods are
missing, the newest wait again.

An order is locked before any level, and who waits at a level is only known for sure under its lock. So it is looked
first who will be concerned, those orders are locked, then the levels, and then it is looked again. Has somebody else
come first meanwhile, everything is undone to the savepoint and tried once more with him.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from inventory.enums import MovementKind
from inventory.errors import StockBusy, TooManyBackordered
from inventory.events import BackorderFilled
from inventory.models import InventoryLevel, Reservation, StockShortage
from inventory.services import alerts, ledger, levels
from oms.core import actors, bulk, events, hooks, ids, locks
from oms.core.actors import Actor
from oms.core.transactions import atomic

T = TypeVar("T")
Pair = tuple[UUID, UUID]  # item, location

BATCH: Final = 500  # reservations that are filled in one transaction; what is left follows after it
ATTEMPTS: Final = 10


@dataclass(frozen=True, slots=True)
class Claim:
    """A reservation and `units` of it that it is to be given, or loses."""

    id: UUID
    level_id: UUID
    order_id: UUID | None
    line_id: UUID | None
    units: int
    left: int


class _Others(Exception):
    """These claims are not ours to change yet: nobody holds their orders for us."""

    def __init__(self, claims: Collection[Claim]) -> None:
        self.claims = claims


@dataclass(slots=True)
class Stand:
    """Levels by item and location, locked, and the orders that hold or wait there, locked before them."""

    levels: Mapping[Pair, InventoryLevel]
    actor: Actor
    tell: Callable[..., None]
    orders: set[UUID] = field(default_factory=set)
    loose: set[UUID] = field(default_factory=set)
    filled: int = 0

    def holds(self, claim: Claim) -> bool:
        return claim.order_id in self.orders if claim.order_id else claim.id in self.loose

    def require(self, claims: Sequence[Claim]) -> None:
        if strangers := [claim for claim in claims if not self.holds(claim)]:
            raise _Others(strangers)


def move(coming: Mapping[Pair, int], work: Callable[[Stand], T], *, actor: Actor, goes_on: bool = False) -> T:
    """Run `work` on locked levels, then hand what is free there to those who wait; all in the caller's transaction.

    coming: how many units more (or fewer) each level is expected to have afterwards, by item and location; levels that
    are missing are made. `work` may be run several times, each time with nothing of the time before left. The caller
    has locked no order and no level. More than BATCH reservations are filled in further transactions right after this
    one, unless the caller goes on himself; nobody else gets their units meanwhile. Raises NotStocked and KitHasNoStock
    for goods that come and are not counted, StockBusy when others came first ATTEMPTS times in a row.
    """
    levels.require_counted({item for (item, _), units in coming.items() if units > 0})
    known = _look(coming)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _attempt(coming, work, known, actor, stubborn=attempt < ATTEMPTS, goes_on=goes_on)
        except _Others as others:
            known |= {claim.id: claim for claim in others.claims}
    raise StockBusy()


def _attempt(
    coming: Mapping[Pair, int],
    work: Callable[[Stand], T],
    known: Mapping[UUID, Claim],
    actor: Actor,
    *,
    stubborn: bool,
    goes_on: bool,
) -> T:
    order_ids = {claim.order_id for claim in known.values() if claim.order_id}
    loose = {claim.id for claim in known.values() if not claim.order_id}
    with atomic(savepoint=True), hooks.orders_change(order_ids, actor=actor) as tell, ledger.together():
        if loose:
            locks.lock(locks.Rank.CAPABILITY, Reservation.objects.filter(pk__in=loose))
        stand = Stand(levels.obtain_all(coming), actor, tell, order_ids, loose)
        done = work(stand)
        left = _fill(stand, stubborn=stubborn)
        alerts.judge([level.pk for level in stand.levels.values()], actor=actor)
        if left and not goes_on:
            fill_soon([level.pk for level in stand.levels.values()])
        return done


_LOOK: Final = """
WITH wanted AS (
    SELECT level.id, level.available + new.units AS free, level.reserved - level.on_hand - new.units AS short
    FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[]) AS new(item_id, location_id, units)
    JOIN inventory_inventorylevel AS level USING (item_id, location_id)
)
(SELECT waiting.* FROM wanted CROSS JOIN LATERAL (
    SELECT id, level_id, order_id, line_id, backordered AS units, 0 AS left,
           sum(backordered) OVER (ORDER BY id) - backordered AS before
    FROM inventory_reservation
    WHERE level_id = wanted.id AND backordered > 0 AND wanted.free > 0
      AND (expires_at IS NULL OR is_kept OR expires_at > now())
    ORDER BY id LIMIT %s) AS waiting
 WHERE before < free ORDER BY id LIMIT %s)
UNION ALL
(SELECT holding.* FROM wanted CROSS JOIN LATERAL (
    SELECT id, level_id, order_id, line_id, quantity AS units, 0 AS left,
           sum(quantity) OVER (ORDER BY id DESC) - quantity AS before
    FROM inventory_reservation WHERE level_id = wanted.id AND quantity > 0 AND wanted.short > 0) AS holding
 WHERE before < short)
"""


def _look(coming: Mapping[Pair, int]) -> dict[UUID, Claim]:
    """Who will probably be given something, or lose it: nothing is locked."""
    pairs = list(coming)
    asked = [[item for item, _ in pairs], [location for _, location in pairs], [coming[pair] for pair in pairs]]
    return {row[0]: Claim(*row[:6]) for row in _fetch(_LOOK, *asked, BATCH, BATCH)}


_WAITING: Final = """
SELECT queue.id, queue.level_id, queue.order_id, queue.line_id,
       least(queue.backordered, level.available - queue.before),
       queue.backordered - least(queue.backordered, level.available - queue.before)
FROM inventory_inventorylevel AS level CROSS JOIN LATERAL (
    SELECT id, level_id, order_id, line_id, backordered,
           sum(backordered) OVER (ORDER BY id) - backordered AS before
    FROM inventory_reservation
    WHERE level_id = level.id AND backordered > 0 AND (expires_at IS NULL OR is_kept OR expires_at > now())
    ORDER BY id LIMIT %s) AS queue
WHERE level.id = ANY(%s) AND level.available > 0 AND level.backordered > 0 AND queue.before < level.available
ORDER BY queue.id LIMIT %s
"""


def _fill(stand: Stand, *, stubborn: bool) -> bool:
    """Give what is available to those who wait longest, partly where it does not suffice. Whether some may be left."""
    by_id = {level.pk: level for level in stand.levels.values()}
    claims = [Claim(*row) for row in _fetch(_WAITING, BATCH, list(by_id), BATCH)]
    if stubborn:
        stand.require(claims)
    turn = _in_turn(stand, claims)
    left = len(claims) == BATCH or len(turn) < len(claims)
    if not turn:
        return left
    _shift(turn, 1)
    done = [claim.id for claim in turn if not claim.left]
    StockShortage.objects.filter(reservation_id__in=done, settled_at=None).update(
        settled_at=Now(), settled_by=stand.actor.as_dict()
    )
    _tell_filled(stand, [(claim, by_id[claim.level_id]) for claim in turn])
    ledger.post(_movements(turn, MovementKind.FILL, 1), actor=stand.actor)
    stand.filled = len(turn)
    return left


def _shift(claims: Sequence[Claim], sign: int) -> None:
    """From waiting to held (1), or back (-1)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_reservation AS held SET quantity = held.quantity + given.units, "
            "backordered = held.backordered - given.units, updated_at = clock_timestamp() "
            "FROM unnest(%s::uuid[], %s::int[]) AS given(id, units) WHERE held.id = given.id",
            [[claim.id for claim in claims], [sign * claim.units for claim in claims]],
        )


def _in_turn(stand: Stand, claims: Sequence[Claim]) -> list[Claim]:
    """Of each level those before the first one that is not ours to change."""
    closed: set[UUID] = set()
    turn = []
    for claim in claims:
        if not stand.holds(claim):
            closed.add(claim.level_id)
        if claim.level_id not in closed:
            turn.append(claim)
    return turn


def _movements(claims: Sequence[Claim], kind: MovementKind, sign: int) -> list[ledger.Movement]:
    """One movement for each level; it names the order where there is one alone."""
    moved: dict[UUID, ledger.Movement] = {}
    owners: dict[UUID, set[UUID | None]] = {}
    for claim in claims:
        movement = moved.setdefault(claim.level_id, ledger.Movement(level_id=claim.level_id, kind=kind))
        movement.reserved += sign * claim.units
        movement.backordered -= sign * claim.units
        owners.setdefault(claim.level_id, set()).add(claim.order_id)
    for level_id, movement in moved.items():
        movement.cause = "order" if any(owners[level_id]) else ""
        movement.cause_id = next(iter(owners[level_id])) if len(owners[level_id]) == 1 else None
    return list(moved.values())


def _tell_filled(stand: Stand, filled: Sequence[tuple[Claim, InventoryLevel]]) -> None:
    """In the stream of its order each; what nobody's order waited for has none."""
    loose = []
    for claim, level in filled:
        event = _filled(claim, level)
        if claim.order_id:
            facts = {"filled": f"{claim.units} x {level.item.sku}", "location": level.location.name}
            stand.tell(claim.order_id, act=event.name, facts=facts, event=event)
        else:
            loose.append(events.row(event, actor=stand.actor))
    if loose:
        bulk.insert(loose)
        events.announce()


def _filled(claim: Claim, level: InventoryLevel) -> BackorderFilled:
    return BackorderFilled(
        reservation_id=ids.encode(ids.RESERVATION, claim.id),
        item_id=level.item.public_id,
        location_id=level.location.public_id,
        sku=level.item.sku,
        quantity=claim.units,
        still_waiting=claim.left,
        order_id=ids.encode(ids.ORDER, claim.order_id) if claim.order_id else None,
        line_id=ids.encode(ids.ORDER_LINE, claim.line_id) if claim.line_id else None,
    )


_HOLDING: Final = """
SELECT held.id, held.level_id, held.order_id, held.line_id, least(held.quantity, missing.units - held.before),
       held.quantity - least(held.quantity, missing.units - held.before)
FROM unnest(%s::uuid[], %s::int[]) AS missing(level_id, units) CROSS JOIN LATERAL (
    SELECT id, level_id, order_id, line_id, quantity, sum(quantity) OVER (ORDER BY id DESC) - quantity AS before
    FROM inventory_reservation WHERE level_id = missing.level_id AND quantity > 0) AS held
WHERE held.before < missing.units ORDER BY held.id DESC
"""


def take_back(stand: Stand, missing: Mapping[UUID, int]) -> list[Claim]:
    """Have the newest reservations of levels wait for goods again, so many units of each; their orders are told.

    Also of items that may not be backordered: what is not there cannot be held. Counters move here, so what is missing
    can leave the books afterwards. Raises TooManyBackordered.
    """
    if not missing:
        return []
    by_id = {level.pk: level for level in stand.levels.values()}
    for level_id, units in missing.items():
        level = by_id[level_id]
        if level.backordered + units > levels.MOST:
            raise TooManyBackordered(sku=level.item.sku, requested=units, backordered=level.backordered)
    claims = [Claim(*row) for row in _fetch(_HOLDING, list(missing), list(missing.values()))]
    stand.require(claims)
    _shift(claims, -1)
    for claim in claims:
        if claim.order_id:
            level = by_id[claim.level_id]
            facts = {"missing": f"{claim.units} x {level.item.sku}", "location": level.location.name}
            stand.tell(claim.order_id, act="inventory.stock_missing", facts=facts)
    ledger.post(_movements(claims, MovementKind.SHORTAGE, -1), actor=stand.actor)
    return claims


def fill(level_ids: Collection[UUID], *, actor: Actor = actors.SYSTEM) -> None:
    """Hand what is free at these levels to those who wait there, in transactions of BATCH reservations.

    Where nobody waits, or nothing is free, nothing is written. Run it outside of any transaction of a service.
    """
    while pairs := _free(level_ids):
        with atomic():
            stand = move(dict.fromkeys(pairs, 0), _as_it_is, actor=actor, goes_on=True)
        if not stand.filled:  # somebody else was quicker
            return


def fill_soon(level_ids: Sequence[UUID]) -> None:
    """The same right after this transaction has committed. What a crash prevents, the sweep makes up for."""
    transaction.on_commit(partial(fill, tuple(level_ids)), robust=True)


def fill_everywhere(limit: int = 1000) -> int:
    """Fill at the levels that have free units while somebody waits; how many there were, at most `limit`."""
    rows = InventoryLevel.objects.filter(backordered__gt=0, available__gt=0).order_by("pk")
    level_ids = list(rows.values_list("pk", flat=True)[:limit])
    for level_id in level_ids:
        with suppress(StockBusy):  # the others do not wait for it; the next sweep finds it again
            fill([level_id])
    return len(level_ids)


def _as_it_is(stand: Stand) -> Stand:
    return stand


def _free(level_ids: Collection[UUID]) -> list[Pair]:
    rows = InventoryLevel.objects.filter(pk__in=level_ids, backordered__gt=0, available__gt=0)
    return list(rows.order_by("pk").values_list("item_id", "location_id"))


def _fetch(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

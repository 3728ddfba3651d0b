"""Taking goods out of the pool for a fulfillment, and putting them back when it is canceled; of kits components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from inventory.enums import AdjustmentReason, MovementKind
from inventory.errors import TooMuchPooled
from inventory.models import PooledReservation, PooledStock
from inventory.providers.base import TakenLine
from inventory.services import levels, restocking, shelf
from inventory.services.pool import ledger
from oms.core.actors import Actor
from oms.core.errors import FieldError


@dataclass(slots=True)
class _Pool:
    """The stock of what some lines consist of, locked, and what these lines hold of it by (line, item)."""

    order_id: UUID
    stocks: dict[UUID, PooledStock]
    held: dict[tuple[UUID, UUID], PooledReservation]

    def free(self, item_id: UUID) -> int:
        return self.stocks[item_id].unclaimed

    def own_units(self, line: TakenLine, item_id: UUID) -> int:
        own = self.held.get((line.line_id, item_id))
        return own.quantity if own else 0

    def own_waiting(self, line: TakenLine, item_id: UUID) -> int:
        own = self.held.get((line.line_id, item_id))
        return own.backordered if own else 0

    def own(self, line: TakenLine, item_id: UUID) -> PooledReservation:
        """What a line holds of an item, begun where it holds nothing yet."""
        fresh = PooledReservation(stock=self.stocks[item_id], order_id=self.order_id, line_id=line.line_id)
        return self.held.setdefault((line.line_id, item_id), fresh)

    def save(self) -> None:
        """Write the reservations as they are now: what holds nothing any more is gone."""
        kept = [each for each in self.held.values() if each.quantity or each.backordered]
        gone = [each.pk for each in self.held.values() if not each.quantity and not each.backordered]
        PooledReservation.objects.filter(pk__in=gone).delete()
        PooledReservation.objects.bulk_create([each for each in kept if each._state.adding])
        PooledReservation.objects.bulk_update(
            [each for each in kept if not each._state.adding], ["quantity", "backordered"], batch_size=500
        )


def consume(order_id: UUID, lines: Sequence[TakenLine], *, fulfillment_id: UUID, actor: Actor) -> None:
    """Take units out of the pool: the lines' own first, then what is available, in which case what they wait for is
    let go. Raises InsufficientStock, all lines in one error; nothing has moved then."""
    pool = _lock(order_id, lines)
    shelf.require_available(pool, lines, spare_own=True)
    moved: dict[UUID, ledger.Movement] = {}
    for line in lines:
        for part in line.parts:
            units, own = line.quantity * part.quantity, pool.own(line, part.item_id)
            held = min(units, own.quantity)
            waiting = min(units - held, own.backordered)
            own.quantity -= held
            own.backordered -= waiting
            movement = _movement(moved, part.item_id, MovementKind.CONSUME, fulfillment_id)
            movement.on_hand -= units
            movement.reserved -= held
            movement.backordered -= waiting
    pool.save()
    ledger.post(list(moved.values()), actor=actor)


def put_back(order_id: UUID, lines: Sequence[TakenLine], *, fulfillment_id: UUID, actor: Actor) -> None:
    """Put the units of a canceled fulfillment back, reserved for their lines again.

    Raises NotStocked and KitHasNoStock for what is not counted any more, TooMuchPooled; nothing has moved then.
    """
    levels.require_counted({part.item_id for line in lines for part in line.parts})
    pool = _lock(order_id, lines)
    moved: dict[UUID, ledger.Movement] = {}
    for line in lines:
        for part in line.parts:
            units = line.quantity * part.quantity
            movement = _movement(moved, part.item_id, MovementKind.UNCONSUME, fulfillment_id)
            movement.on_hand += units
            movement.reserved += units
            pool.own(line, part.item_id).quantity += units
    _require_room(pool, moved)
    pool.save()
    ledger.post(list(moved.values()), actor=actor)


def restock(order_id: UUID, lines: Sequence[TakenLine], *, actor: Actor) -> None:
    """Put goods that came back into the pool, where anybody may have them.

    Raises NotStocked and KitHasNoStock for what is not counted any more, TooMuchPooled; nothing has moved then.
    """
    units = restocking.units_by_item(lines)
    levels.require_counted(units)
    ledger.ensure(units)
    stocks = ledger.lock(set(units))
    moved = {
        item_id: ledger.Movement(
            item_id=item_id,
            kind=MovementKind.RECEIPT,
            on_hand=count,
            reason=str(AdjustmentReason.RETURNED),
            cause="order",
            cause_id=order_id,
        )
        for item_id, count in units.items()
    }
    _require_room(_Pool(order_id, stocks, {}), moved)
    ledger.post(list(moved.values()), actor=actor)


def _require_room(pool: _Pool, moved: Mapping[UUID, ledger.Movement]) -> None:
    counts = [
        (pool.stocks[item_id].item.sku, pool.stocks[item_id].on_hand + each.on_hand) for item_id, each in moved.items()
    ]
    facts = [{"sku": sku, "count": count} for sku, count in counts if count > levels.MOST]
    if facts:
        errors = [FieldError("", str(TooMuchPooled.message) % each, TooMuchPooled.code, each) for each in facts]
        raise TooMuchPooled(errors=errors, **facts[0])


def _lock(order_id: UUID, lines: Sequence[TakenLine]) -> _Pool:
    items = {part.item_id for line in lines for part in line.parts}
    ledger.ensure(items)
    stocks = ledger.lock(items)
    theirs = PooledReservation.objects.filter(
        order_id=order_id, line_id__in={line.line_id for line in lines}, stock_id__in=items
    )
    return _Pool(order_id, stocks, {(each.line_id, each.stock_id): each for each in theirs.order_by("pk")})


def _movement(
    moved: dict[UUID, ledger.Movement], item_id: UUID, kind: MovementKind, fulfillment_id: UUID
) -> ledger.Movement:
    fresh = ledger.Movement(item_id=item_id, kind=kind, cause="fulfillment", cause_id=fulfillment_id)
    return moved.setdefault(item_id, fresh)

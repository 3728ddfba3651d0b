"""What lies in the pool changes: goods come, break, get lost. A person says why."""

from __future__ import annotations

from uuid import UUID

from inventory.enums import AdjustmentReason, MovementKind
from inventory.errors import NegativeStock, PoolBelowReserved
from inventory.events import LevelChanged
from inventory.models import PooledStock
from inventory.services import adjustments, levels
from inventory.services.pool import filling, ledger
from oms.core import bulk, events
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput
from oms.core.transactions import atomic


@atomic()
def adjust_pooled_stock(
    *, item_id: UUID, delta: int, reason: AdjustmentReason | str, actor: Actor, note: str = ""
) -> PooledStock:
    """Put `delta` units of an item in the pool, or take them out when below zero.

    What comes goes first to those who wait for it. The same again adds again. Raises ReasonRequired, InvalidInput (a
    delta of 0), NegativeStock, PoolBelowReserved, KitHasNoStock, NotStocked, NotFound.
    """
    because = adjustments.require_reason(reason, note)
    if not delta:
        raise InvalidInput(errors=[FieldError("/delta", "A change by 0 changes nothing.", "delta")])
    levels.require_countable(item_id)

    def work(stock: PooledStock) -> None:
        _require_possible(stock, stock.on_hand + delta)
        kind = MovementKind.ADJUST if stock.ledger_seq else MovementKind.OPENING
        movement = ledger.Movement(item_id=item_id, kind=kind, on_hand=delta, reason=str(because), note=note)
        ledger.post([movement], actor=actor)
        stock.refresh_from_db()
        _tell(stock, movement, actor)

    filling.move(item_id, delta, work, actor=actor)
    return PooledStock.objects.select_related("item").get(pk=item_id)


def _require_possible(stock: PooledStock, count: int) -> None:
    facts = {"sku": stock.item.sku, "count": count, "reserved": stock.reserved}
    if not 0 <= count <= levels.MOST:
        raise NegativeStock(errors=[_error(NegativeStock, facts)], **facts)
    if count < stock.reserved:
        raise PoolBelowReserved(errors=[_error(PoolBelowReserved, facts)], **facts)


def _error(kind: type[NegativeStock | PoolBelowReserved], facts: dict[str, object]) -> FieldError:
    return FieldError("/delta", str(kind.message) % facts, kind.code, facts)


def _tell(stock: PooledStock, movement: ledger.Movement, actor: Actor) -> None:
    """The news that a level tells, without a level and a location. Its stream is the item."""
    event = LevelChanged(
        level_id="",
        item_id=stock.public_id,
        location_id="",
        sku=stock.item.sku,
        kind=str(movement.kind),
        reason=movement.reason,
        delta_on_hand=movement.on_hand,
        on_hand=stock.on_hand,
        reserved=stock.reserved,
        safety_stock=0,
        available=stock.available,
        backordered=stock.backordered,
        incoming=0,
    )
    bulk.insert([events.row(event, actor=actor, stream=stock.pk, sequence=stock.ledger_seq)])
    events.announce()

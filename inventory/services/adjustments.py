"""Stock changed by hand: more or less of it, a count, or what is kept back. A person says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils import timezone

from inventory.enums import AdjustmentReason, MovementKind
from inventory.errors import BelowReserved, NegativeStock, ReasonRequired
from inventory.events import LevelChanged
from inventory.models import InventoryLevel
from inventory.services import alerts, ledger, levels, promises
from inventory.services.promises import Stand
from oms.core import bulk, events
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput
from oms.core.transactions import atomic


@atomic()
def adjust_stock(
    *, item_id: UUID, location_id: UUID, delta: int, reason: AdjustmentReason | str, actor: Actor, note: str = ""
) -> InventoryLevel:
    """Put `delta` units on the shelf, or take them off it when below zero. The level is made when it is missing.

    What comes goes first to those who wait for it. The same again adds again. Raises ReasonRequired, InvalidInput (a
    delta of 0), NegativeStock, BelowReserved, NotStocked, NotFound.
    """
    because = require_reason(reason, note)
    if not delta:
        raise InvalidInput(errors=[FieldError("/delta", "A change by 0 changes nothing.", "delta")])
    levels.require_stocked(item_id, location_id)
    pair = (item_id, location_id)

    def work(stand: Stand) -> InventoryLevel:
        level = stand.levels[pair]
        return _move(level, MovementKind.ADJUST, level.on_hand + delta, because, note, actor, pointer="/delta")

    return _as_it_is(promises.move({pair: delta}, work, actor=actor))


@atomic()
def set_on_hand(
    *, item_id: UUID, location_id: UUID, on_hand: int, reason: AdjustmentReason | str, actor: Actor, note: str = ""
) -> InventoryLevel:
    """Set what lies on the shelf to a count. The level is made when it is missing, and brought back when deleted.

    The count that is there already writes nothing. Raises ReasonRequired, NegativeStock, BelowReserved, NotStocked,
    NotFound.
    """
    because = require_reason(reason, note)
    levels.require_stocked(item_id, location_id)
    pair = (item_id, location_id)

    def work(stand: Stand) -> InventoryLevel:
        return count(stand.levels[pair], on_hand, because, note, actor)

    return _as_it_is(promises.move(coming({pair: on_hand}), work, actor=actor))


def coming(counts: Mapping[tuple[UUID, UUID], int]) -> dict[tuple[UUID, UUID], int]:
    """By how much these counts, by item and location, differ from what lies there as far as one can see."""
    rows = InventoryLevel.objects.filter(item_id__in={item for item, _ in counts}).values_list(
        "item_id", "location_id", "on_hand"
    )
    there = {(item, location): on_hand for item, location, on_hand in rows if (item, location) in counts}
    return {pair: on_hand - there.get(pair, 0) for pair, on_hand in counts.items()}


def count(level: InventoryLevel, on_hand: int, reason: AdjustmentReason, note: str, actor: Actor) -> InventoryLevel:
    """Set what lies at a level, which is locked, to a count. Raises NegativeStock, BelowReserved."""
    if on_hand == level.on_hand:
        return _bring_back(level)
    kind = MovementKind.COUNT if level.ledger_seq else MovementKind.OPENING
    return _move(level, kind, on_hand, reason, note, actor, pointer="/on_hand")


@atomic()
def set_safety_stock(
    *, item_id: UUID, location_id: UUID, safety_stock: int, actor: Actor, note: str = ""
) -> InventoryLevel:
    """Keep units back that are never promised to an order; `available` may fall below zero, what is reserved stays.

    The value that is there already writes nothing. Raises InvalidInput (below zero), NotStocked, NotFound.
    """
    if not 0 <= safety_stock <= levels.MOST:
        raise InvalidInput(errors=[FieldError("/safety_stock", f"{safety_stock} cannot be kept back.", "safety_stock")])
    level = levels.obtain(item_id, location_id)
    if safety_stock == level.safety_stock:
        _bring_back(level)
        alerts.judge([level.pk], actor=actor)
        return level
    said = f"{level.safety_stock} -> {safety_stock}{': ' if note else ''}{note}"
    InventoryLevel.objects.filter(pk=level.pk).update(safety_stock=safety_stock, deleted_at=None)
    movement = ledger.Movement(level_id=level.pk, kind=MovementKind.SAFETY, note=said[:255])
    return _post(level, movement, actor)  # what is free by it goes to those who wait right after the commit


def changed_event(level: InventoryLevel, movement: ledger.Movement) -> LevelChanged:
    """The news of a level that has moved; `level` as it is after the movement."""
    return LevelChanged(
        level_id=level.public_id,
        item_id=level.item.public_id,
        location_id=level.location.public_id,
        sku=level.item.sku,
        kind=str(movement.kind),
        reason=str(movement.reason),
        delta_on_hand=movement.on_hand,
        on_hand=level.on_hand,
        reserved=level.reserved,
        safety_stock=level.safety_stock,
        available=level.available,
        backordered=level.backordered,
        incoming=level.incoming,
    )


def require_count(level: InventoryLevel, on_hand: int, *, pointer: str = "") -> None:
    """Refuse a count that cannot be: below zero, above what a column holds, or below what is reserved."""
    if not 0 <= on_hand <= levels.MOST:
        facts = {"sku": level.item.sku, "count": on_hand}
        error = FieldError(pointer, str(NegativeStock.message) % facts, NegativeStock.code, facts)
        raise NegativeStock(errors=[error], **facts)
    if on_hand < level.reserved:
        facts = {
            "sku": level.item.sku,
            "location": level.location.name,
            "reserved": level.reserved,
            "count": on_hand,
        }
        raise BelowReserved(
            errors=[FieldError(pointer, str(BelowReserved.message) % facts, BelowReserved.code, facts)], **facts
        )


def require_reason(reason: AdjustmentReason | str, note: str) -> AdjustmentReason:
    """The reason, if it is one. Raises ReasonRequired, InvalidInput for the note."""
    errors = []
    if reason not in AdjustmentReason.values:
        known = ", ".join(AdjustmentReason.values)
        errors.append(FieldError("/reason", f"reason: one of {known}.", ReasonRequired.code))
    if len(note) > 255 or "\x00" in note:
        errors.append(FieldError("/note", "note: at most 255 characters, without NUL.", "note"))
    if errors and errors[0].pointer == "/reason":
        raise ReasonRequired(errors=errors)
    if errors:
        raise InvalidInput(errors=errors)
    return AdjustmentReason(reason)


def _move(
    level: InventoryLevel,
    kind: MovementKind,
    on_hand: int,
    reason: AdjustmentReason,
    note: str,
    actor: Actor,
    *,
    pointer: str,
) -> InventoryLevel:
    require_count(level, on_hand, pointer=pointer)
    movement = ledger.Movement(
        level_id=level.pk, kind=kind, on_hand=on_hand - level.on_hand, reason=str(reason), note=note
    )
    return _post(level, movement, actor)


def _post(level: InventoryLevel, movement: ledger.Movement, actor: Actor) -> InventoryLevel:
    return post_and_tell([movement], actor=actor)[level.pk]


def post_and_tell(movements: Sequence[ledger.Movement], *, actor: Actor) -> dict[UUID, InventoryLevel]:
    """Move counters and record inventory.level_changed of each level; the levels as they are now."""
    ledger.post(movements, actor=actor)
    rows = InventoryLevel.objects.select_related("item", "location")
    fresh = rows.in_bulk([movement.level_id for movement in movements])
    told = [(fresh[movement.level_id], movement) for movement in movements]
    bulk.insert(
        [
            events.row(changed_event(level, movement), actor=actor, stream=level.pk, sequence=level.ledger_seq)
            for level, movement in told
        ]
    )
    events.announce()
    return fresh


def _as_it_is(level: InventoryLevel) -> InventoryLevel:
    """With what was handed on to those who waited."""
    level.refresh_from_db()
    return level


def _bring_back(level: InventoryLevel) -> InventoryLevel:
    """A level that is asked for by name is there, though it holds nothing."""
    if level.deleted_at is not None:
        level.deleted_at = None
        InventoryLevel.objects.filter(pk=level.pk).update(deleted_at=None, updated_at=timezone.now())
    return level

"""Goods that came back from a customer lie on a shelf again, for anybody; of kits their components."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from inventory.enums import AdjustmentReason, MovementKind
from inventory.providers.base import TakenLine
from inventory.services import adjustments, ledger, levels
from inventory.services.levels import Growth
from oms.core.actors import Actor


def restock(order_id: UUID, lines: Mapping[UUID, Sequence[TakenLine]], *, actor: Actor) -> None:
    """Put these units on the shelves of locations. Who waits for them gets them right after the commit.

    The same again puts as many there again. Raises NotStocked and KitHasNoStock for what is not counted any more,
    TooMuchStock; nothing has moved then.
    """
    units = {
        (item_id, location_id): count
        for location_id, some in lines.items()
        for item_id, count in units_by_item(some).items()
    }
    levels.require_counted({item_id for item_id, _ in units})
    locked = levels.obtain_all(units)
    levels.require_room([Growth(level, "", on_hand=units[pair]) for pair, level in locked.items()])
    movements = [
        ledger.Movement(
            level_id=level.pk,
            kind=MovementKind.RECEIPT,
            on_hand=units[pair],
            reason=str(AdjustmentReason.RETURNED),
            cause="order",
            cause_id=order_id,
        )
        for pair, level in locked.items()
    ]
    adjustments.post_and_tell(movements, actor=actor)


def units_by_item(lines: Iterable[TakenLine]) -> Counter[UUID]:
    """How many units of what is counted these lines consist of."""
    units = Counter[UUID]()
    for line in lines:
        for part in line.parts:
            units[part.item_id] += line.quantity * part.quantity
    return units

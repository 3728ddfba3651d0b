"""Several levels of one item in one go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from inventory.enums import AdjustmentReason
from inventory.errors import LevelExists
from inventory.models import InventoryLevel
from inventory.services import adjustments, deletion, levels
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput
from oms.core.transactions import atomic


@dataclass(slots=True)
class ChangedLevels:
    created: list[InventoryLevel] = field(default_factory=list)
    updated: list[InventoryLevel] = field(default_factory=list)
    deleted: list[InventoryLevel] = field(default_factory=list)


@atomic()
def change_levels(
    *, item_id: UUID, create: Mapping[UUID, int], update: Mapping[UUID, int], delete: Collection[UUID], actor: Actor
) -> ChangedLevels:
    """Make levels with their opening stock, set the count of others and delete the rest, by location: all or nothing.

    Raises InvalidInput when a location is named twice, LevelExists (also when the same is asked again), and what
    set_on_hand and delete_level raise.
    """
    wanted = [*create, *update, *delete]
    if len(set(wanted)) < len(wanted):
        raise InvalidInput(errors=[FieldError("", "A location is named twice.", "repeated")])
    taken = InventoryLevel.objects.kept().filter(item_id=item_id, location_id__in=create)
    if there := list(taken.select_related("item", "location")):
        raise LevelExists(sku=there[0].item.sku, location=there[0].location.name)
    counts = {**create, **update}
    by_id = {levels.find_or_make(item_id, location_id): location_id for location_id in counts}
    found = InventoryLevel.objects.kept().filter(item_id=item_id, location_id__in=delete)
    by_id |= dict(found.values_list("pk", "location_id"))

    done = ChangedLevels()
    for _, location_id in sorted(by_id.items()):  # levels are locked in the order of their ids
        if location_id not in counts:
            done.deleted.append(deletion.delete_level(item_id=item_id, location_id=location_id))
            continue
        level = adjustments.set_on_hand(
            item_id=item_id,
            location_id=location_id,
            on_hand=counts[location_id],
            reason=AdjustmentReason.COUNT,
            actor=actor,
        )
        (done.created if location_id in create else done.updated).append(level)
    return done

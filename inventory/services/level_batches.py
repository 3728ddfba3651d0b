"""Several levels of one item in one go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from inventory.enums import AdjustmentReason
from inventory.errors import LevelExists
from inventory.models import InventoryLevel
from inventory.services import adjustments, deletion, levels, promises
from inventory.services.promises import Stand
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
    pairs = {(item_id, location_id): units for location_id, units in {**create, **update}.items()}
    for _, location_id in pairs:
        levels.require_stocked(item_id, location_id)

    def work(stand: Stand) -> None:
        for level in sorted(stand.levels.values(), key=lambda level: level.pk):
            if level.location_id not in delete:
                units = pairs[item_id, level.location_id]
                adjustments.count(level, units, AdjustmentReason.COUNT, "", actor)
        for location_id in delete:
            deletion.delete_level(item_id=item_id, location_id=location_id)

    gone = InventoryLevel.objects.kept().filter(item_id=item_id, location_id__in=delete)
    touched = adjustments.coming(pairs) | {(item_id, level.location_id): 0 for level in gone}
    promises.move(touched, work, actor=actor)
    return _changed(item_id, create, update, delete)


def _changed(
    item_id: UUID, create: Collection[UUID], update: Collection[UUID], delete: Collection[UUID]
) -> ChangedLevels:
    """The levels as they are now, with what was handed on to those who waited."""
    done = ChangedLevels()
    for level in InventoryLevel.objects.filter(item_id=item_id, location_id__in=[*create, *update, *delete]).order_by(
        "pk"
    ):
        if level.location_id in delete:
            done.deleted.append(level)
        else:
            (done.created if level.location_id in create else done.updated).append(level)
    return done

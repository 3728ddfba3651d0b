"""What a kit consists of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory.errors import KitInUse
from inventory.models import InventoryItem, InventoryLevel, KitComponent, PooledStock
from inventory.services import alerts, levels
from oms.core import actors, ids
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.core.transactions import atomic

MOST_COMPONENTS: Final = 100  # of a kit
MOST_UNITS: Final = 100_000  # of a component in one kit


@dataclass(frozen=True, slots=True)
class Part:
    """So many units of an item in one kit."""

    item_id: UUID
    quantity: int


@atomic()
def set_components(*, item_id: UUID, components: Sequence[Part]) -> InventoryItem:
    """Say what a kit consists of, in this order; with nothing it is an ordinary item again. The same changes nothing.

    Orders that are placed keep what they were placed with. A kit consists of stocked items that are no kits. Raises
    KitInUse while the item has stock of its own or somebody waits for it, InvalidInput for everything that is wrong
    with the components, NotFound.
    """
    items = _lock({item_id, *(part.item_id for part in components)})
    kit = items.get(item_id)
    if kit is None:
        raise NotFound(kind="inventory item", id=ids.encode(ids.INVENTORY_ITEM, item_id))
    _require_possible(kit, components, items)
    if components and not kit.is_kit:
        _take_off_the_books(kit)
    before = list(kit.components.values_list("component_id", "quantity"))
    if before == [(part.item_id, part.quantity) for part in components]:
        return kit
    kit.components.all().delete()
    if kit.is_kit != bool(components):
        kit.is_kit = bool(components)
        kit.save(update_fields=["is_kit", "updated_at"])
    KitComponent.objects.bulk_create(
        KitComponent(kit=kit, component_id=part.item_id, quantity=part.quantity, position=position)
        for position, part in enumerate(components)
    )
    return kit


def _lock(item_ids: set[UUID]) -> Mapping[UUID, InventoryItem]:
    """In the order of their ids, against other kits and against whoever makes a level of one of them."""
    rows = InventoryItem.objects.select_for_update().filter(pk__in=item_ids).order_by("pk")
    return {row.pk: row for row in rows}


def _require_possible(kit: InventoryItem, components: Sequence[Part], items: Mapping[UUID, InventoryItem]) -> None:
    if not components:
        return
    errors = []
    if not kit.is_stocked:
        errors.append(FieldError("/is_stocked", f"{kit.sku}: a kit is stocked, as its components are."))
    if user := kit.kits.select_related("kit").first():
        sentence = f"{kit.sku} is a component of {user.kit.sku}: a kit does not consist of kits."
        errors.append(FieldError("/components", sentence, "kit_of_kits"))
    if len(components) > MOST_COMPONENTS:
        errors.append(FieldError("/components", f"A kit has at most {MOST_COMPONENTS} components."))
    repeated = {item_id for item_id, times in Counter(part.item_id for part in components).items() if times > 1}
    for index, part in enumerate(components):
        place = f"/components/{index}"
        if not 1 <= part.quantity <= MOST_UNITS:
            sentence = f"A kit has between 1 and {MOST_UNITS} units of a component."
            errors.append(FieldError(f"{place}/quantity", sentence, "quantity"))
        if problem := _problem(kit, items.get(part.item_id), part.item_id in repeated):
            errors.append(FieldError(f"{place}/item_id", *problem))
    if errors:
        raise InvalidInput(errors=errors)


def _problem(kit: InventoryItem, component: InventoryItem | None, is_repeated: bool) -> tuple[str, str] | None:
    """Why this item cannot be a component: a sentence and its code."""
    if component is None:
        return "No such inventory item.", "not_found"
    if component.pk == kit.pk:
        return f"{kit.sku} cannot contain itself.", "kit_of_kits"
    if component.is_kit:
        return f"{component.sku} is a kit itself: name its components.", "kit_of_kits"
    if not component.is_stocked:
        return f"{component.sku} is not stocked: a kit consists of what is counted.", "not_stocked"
    return (f"{component.sku} is named twice.", "repeated") if is_repeated else None


def _take_off_the_books(item: InventoryItem) -> None:
    """What has been counted becomes a kit only when nothing of it is left. Raises KitInUse."""
    # Locked beside the ranks: it is the one row, and whoever keeps stock in the pool has no levels to lock after it.
    pooled = PooledStock.objects.select_for_update().filter(pk=item.pk).first()
    if pooled and pooled.is_used:
        raise KitInUse(sku=item.sku)
    rows = levels.lock_rows(set(item.levels.values_list("pk", flat=True)))
    for level in rows.values():
        if level.on_hand or level.backordered or level.incoming or level.reservations.exists():
            raise KitInUse(sku=item.sku)
    InventoryLevel.objects.filter(pk__in=rows, deleted_at=None).update(safety_stock=0, deleted_at=timezone.now())
    alerts.judge(rows, actor=actors.SYSTEM)

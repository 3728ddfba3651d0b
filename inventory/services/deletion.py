"""Taking an empty level off the books. Its ledger is append-only, so the row stays and is no longer shown."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from inventory.errors import LevelInUse
from inventory.models import InventoryLevel
from inventory.services import alerts, levels
from oms.core import actors, ids
from oms.core.errors import NotFound
from oms.core.transactions import atomic


@atomic()
def delete_level(*, item_id: UUID, location_id: UUID) -> InventoryLevel:
    """Delete the level of an item at a location: nobody sees it any more, and its safety stock is forgotten.

    Its history stays, and stock that comes brings it back under the same id. Raises LevelInUse while it has stock,
    reservations or expected goods; NotFound, also the second time.
    """
    level_id = (
        InventoryLevel.objects.kept()
        .filter(item_id=item_id, location_id=location_id)
        .values_list("pk", flat=True)
        .first()
    )
    level = levels.lock_rows({level_id}).get(level_id) if level_id else None
    if level is None or level.deleted_at:
        raise NotFound(kind="inventory level", id=f"{ids.encode(ids.INVENTORY_ITEM, item_id)} at this location")
    if level.on_hand or level.reserved or level.backordered or level.incoming or level.reservations.exists():
        raise LevelInUse(location=level.location.name, sku=level.item.sku)

    level.safety_stock, level.deleted_at = 0, timezone.now()
    level.save(update_fields=["safety_stock", "deleted_at", "updated_at"])
    alerts.judge([level.pk], actor=actors.SYSTEM)
    return level

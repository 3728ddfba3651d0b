"""Low stock: told once when what is available falls to the threshold, and not again until there is more than that.

What others wait for is theirs, and so not available, though it is only handed to them in a moment. Whether a level is
low is kept on it (`is_low`), brought up to date by the very statement that moves its counters (`ledger.post`): of any
number of orders at the same moment exactly one sees it turn.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from inventory.events import LowStock
from inventory.models import InventoryLevel, LowStockAlert
from inventory.services import levels
from oms.core import bulk, events, ids
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput
from oms.core.transactions import atomic


@dataclass(frozen=True, slots=True)
class Turned:
    """A level that has become low, or is so no longer; with what is available there now."""

    level_id: UUID
    item_id: UUID
    location_id: UUID
    sku: str
    is_low: bool
    available: int
    threshold: int | None


class AlertRow(bulk.Row, kw_only=True):
    table = "inventory_lowstockalert"

    id: UUID
    level_id: UUID
    threshold: int
    available: int


def follow(turned: Sequence[Turned], *, actor: Actor) -> None:
    """Raise an alert with its event for each level that has become low, close those of levels that no longer are.

    The caller holds the levels. Two statements at most, whatever the number of levels.
    """
    cured = [each.level_id for each in turned if not each.is_low]
    if cured:
        LowStockAlert.objects.filter(level_id__in=cured, cured_at=None).update(cured_at=Now())
    rows, outbox = [], []
    for each in turned:
        if each.is_low and each.threshold is not None:
            row = AlertRow(id=ids.new_id(), level_id=each.level_id, threshold=each.threshold, available=each.available)
            rows.append(row)
            outbox.append(events.row(_event(row, each), actor=actor, stream=row.id, sequence=1))
    if rows:
        bulk.insert(rows, outbox)
        events.announce()


def _event(row: AlertRow, turned: Turned) -> LowStock:
    return LowStock(
        alert_id=ids.encode(ids.LOW_STOCK_ALERT, row.id),
        level_id=ids.encode(ids.INVENTORY_LEVEL, turned.level_id),
        item_id=ids.encode(ids.INVENTORY_ITEM, turned.item_id),
        location_id=ids.encode(ids.STOCK_LOCATION, turned.location_id),
        sku=turned.sku,
        available=turned.available,
        threshold=row.threshold,
    )


@atomic()
def set_threshold(*, item_id: UUID, location_id: UUID, threshold: int | None, actor: Actor) -> InventoryLevel:
    """Say below which number staff want to know of an item at a location; None: what the item says goes.

    A level that is low by the new threshold is told of at once. The same again changes nothing. Raises InvalidInput,
    NotStocked, NotFound.
    """
    require_threshold(threshold)
    level = levels.obtain(item_id, location_id)
    if level.low_stock_threshold != threshold:
        InventoryLevel.objects.filter(pk=level.pk).update(low_stock_threshold=threshold)
        judge([level.pk], actor=actor)
    level.refresh_from_db()
    return level


def require_threshold(threshold: int | None) -> None:
    """Raises InvalidInput for one below zero, or above what a counter holds."""
    if threshold is not None and not 0 <= threshold <= levels.MOST:
        sentence = f"low_stock_threshold: {threshold} is not a threshold."
        raise InvalidInput(errors=[FieldError("/low_stock_threshold", sentence)])


# The same words as in ledger.post, for levels whose counters stay and whose threshold has changed.
_JUDGE: Final = """
UPDATE inventory_inventorylevel AS level SET is_low = NOT level.is_low
FROM inventory_inventoryitem AS item
WHERE level.id = ANY(%s) AND item.id = level.item_id AND level.is_low <> (level.deleted_at IS NULL AND coalesce(
    level.available::bigint - level.backordered
    <= coalesce(level.low_stock_threshold, item.low_stock_threshold), false))
RETURNING level.id, item.id, level.location_id, item.sku, level.is_low, level.available,
    coalesce(level.low_stock_threshold, item.low_stock_threshold)
"""


def judge(level_ids: Collection[UUID], *, actor: Actor) -> None:
    """Look again whether these levels are low, after something else than their counters has changed. They are locked.

    A deleted level is not low.
    """
    with connection.cursor() as cursor:
        cursor.execute(_JUDGE, [list(level_ids)])
        turned = [Turned(*row) for row in cursor.fetchall()]
    follow(turned, actor=actor)

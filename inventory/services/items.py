"""Making and changing what is counted or sold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from inventory.description import DETAILS
from inventory.errors import DuplicateSku
from inventory.models import InventoryItem, PooledStock
from inventory.services import alerts, kits, levels, validity
from inventory.services.kits import Part
from oms.core import actors, ids
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.core.transactions import atomic

CHANGEABLE: Final = (
    "title",
    "allow_backorder",
    "is_stocked",
    "requires_shipping",
    "barcode",
    "low_stock_threshold",
    "metadata",
    *DETAILS,
)


@atomic()
def create_item(
    *,
    sku: str,
    title: str = "",
    is_stocked: bool = True,
    allow_backorder: bool = False,
    requires_shipping: bool = True,
    barcode: str = "",
    low_stock_threshold: int | None = None,
    metadata: Mapping[str, Any] | None = None,
    components: Sequence[Part] = (),
    details: Mapping[str, Any] | None = None,
) -> InventoryItem:
    """Make an inventory item. Skus are kept as given, without blanks around them; a change of case is another item.

    components: of a kit. details: any of DETAILS. Raises DuplicateSku (also the second time), InvalidInput.
    """
    item = InventoryItem(
        sku=sku.strip(),
        title=title.strip(),
        is_stocked=is_stocked,
        allow_backorder=allow_backorder,
        requires_shipping=requires_shipping,
        barcode=barcode.strip(),
        low_stock_threshold=low_stock_threshold,
        metadata=dict(metadata or {}),
    )
    validity.set_fields(item, details or {}, DETAILS)
    validity.require_valid(item)
    # Of two at the same moment the second waits here for the first, and then finds its sku taken.
    InventoryItem.objects.bulk_create([item], ignore_conflicts=True)
    made = InventoryItem.objects.filter(pk=item.pk).first()
    if made is None:
        problem = FieldError("/sku", str(DuplicateSku.message) % {"sku": item.sku}, DuplicateSku.code)
        raise DuplicateSku(sku=item.sku, errors=[problem])
    return kits.set_components(item_id=made.pk, components=components) if components else made


@atomic()
def update_item(*, item_id: UUID, changes: Mapping[str, Any], actor: Actor = actors.SYSTEM) -> InventoryItem:
    """Change title, allow_backorder, is_stocked, requires_shipping, barcode, low_stock_threshold, metadata, details
    (any of DETAILS) or components. The same again changes nothing.

    A new threshold counts at once wherever a location has none of its own: what is low by it is told. An item that has
    been counted stays stocked: its counters would be lost from sight; and so does what kits consist of. Raises
    NotFound, InvalidInput, and what set_components raises.
    """
    changes = dict(changes)
    if "components" in changes:
        # First, for it locks other items too, in their order; what is refused below takes it back.
        kits.set_components(item_id=item_id, components=changes.pop("components"))
    # Items have no rank among the locks: this is the only row that is locked here, and FOR NO KEY UPDATE does not stand
    # in the way of those who insert levels of it while they hold locks of their own.
    item = InventoryItem.objects.select_for_update(no_key=True).filter(pk=item_id).first()
    if item is None:
        raise NotFound(kind="inventory item", id=ids.encode(ids.INVENTORY_ITEM, item_id))
    changed = validity.set_fields(item, changes, CHANGEABLE)
    validity.require_valid(item)
    if (
        "is_stocked" in changed
        and not item.is_stocked
        and (
            item.levels.exclude(on_hand=0, backordered=0, incoming=0).exists()
            or any(pooled.is_used for pooled in PooledStock.objects.filter(pk=item.pk))
        )
    ):
        sentence = f"There is stock of {item.sku} or an order waits for it: it stays stocked."
        raise InvalidInput(errors=[FieldError("/is_stocked", sentence)])
    if "is_stocked" in changed and not item.is_stocked and (item.is_kit or item.kits.exists()):
        sentence = f"{item.sku} is a kit or a component of one: it stays stocked."
        raise InvalidInput(errors=[FieldError("/is_stocked", sentence)])
    if changed:
        item.save(update_fields=[*changed, "updated_at"])
    if "low_stock_threshold" in changed:
        kept = item.levels.filter(deleted_at=None).values_list("pk", flat=True)
        alerts.judge(levels.lock_rows(set(kept)), actor=actor)
    return item

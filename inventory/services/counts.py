"""Stocktakes: what people found on the shelves of a location, and bringing the books to it.

A line keeps what the books said when it was counted, so that what is sold between counting and applying is not undone:
applying moves stock by the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from inventory.enums import AdjustmentReason, CountStatus, MovementKind
from inventory.errors import NegativeStock
from inventory.models import InventoryLevel, StockCount, StockCountLine, StockShortage
from inventory.services import adjustments, ledger, levels, papers, promises, validity
from inventory.services.papers import Line
from inventory.services.promises import Pair, Stand
from oms.core import ids
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.core.transactions import atomic


@atomic()
def create_count(
    *, location_id: UUID, actor: Actor, lines: Sequence[Line] = (), reference: str = "", note: str = ""
) -> StockCount:
    """Begin a count at a location, with what is counted already. Nothing moves. Raises InvalidInput."""
    papers.require_location(location_id, "/location_id")
    count = StockCount(
        location_id=location_id, reference=reference.strip(), note=note.strip(), placed_by=actor.as_dict()
    )
    validity.require_valid(count, leave_out={"location", "number"})
    count.save(force_insert=True)
    count.refresh_from_db()
    if lines:
        _write_down(count, lines)
    return count


@atomic()
def record_counted(*, count_id: UUID, lines: Sequence[Line]) -> StockCount:
    """Write down what was counted of some items, beside what the books say now. Counted again, the later one goes.

    Raises NotPossibleNow for a count that is done with, InvalidInput.
    """
    count = papers.lock(StockCount, count_id)
    papers.require_status(count, CountStatus.OPEN)
    _write_down(count, lines)
    return count


@atomic()
def apply_count(*, count_id: UUID, actor: Actor) -> StockCount:
    """Move what lies at the location by the differences found, more or fewer; what comes to light goes to who waits.

    Where less is left than is reserved, the newest reservations wait for goods again, their orders are told, and a
    shortage is raised for staff. Raises NegativeStock where more has left since than was counted, NotPossibleNow (also
    the second time), InvalidInput for a count without lines.
    """
    count = papers.lock(StockCount, count_id)
    papers.require_status(count, CountStatus.OPEN)
    lines = list(count.lines.select_related("item").order_by("pk"))
    if not lines:
        raise InvalidInput(errors=[FieldError("/items", "Nothing is counted yet.", "required")])
    count.status, count.applied_at = CountStatus.APPLIED, timezone.now()
    count.save(update_fields=["status", "applied_at", "updated_at"])
    differing = {(line.item_id, count.location_id): line for line in lines if line.difference}
    if differing:
        coming = {pair: line.difference for pair, line in differing.items()}
        promises.move(coming, lambda stand: _bring_to(count, differing, stand), actor=actor)
    return count


@atomic()
def cancel_count(*, count_id: UUID) -> StockCount:
    """Throw a count away. Nothing has moved. Raises NotPossibleNow for one that is done with, also the second time."""
    count = papers.lock(StockCount, count_id)
    papers.require_status(count, CountStatus.OPEN)
    count.status = CountStatus.CANCELED
    count.save(update_fields=["status", "updated_at"])
    return count


@atomic()
def settle_shortage(*, shortage_id: UUID, actor: Actor, note: str = "") -> StockShortage:
    """Say that a shortage was dealt with: goods found or ordered, the customer told. The second time changes nothing.

    Raises NotFound, InvalidInput.
    """
    row = StockShortage.objects.select_for_update(of=("self",)).filter(pk=shortage_id).first()
    if row is None:
        raise NotFound(kind="stock shortage", id=ids.encode(ids.STOCK_SHORTAGE, shortage_id))
    if row.settled_at is None:
        row.settled_at, row.settled_by, row.note = timezone.now(), actor.as_dict(), note.strip()
        validity.require_valid(row, leave_out={"level", "count"})
        row.save(update_fields=["settled_at", "settled_by", "note"])
    return row


def _write_down(count: StockCount, lines: Sequence[Line]) -> None:
    papers.require_lines(lines, least=0)
    items = {line.item_id for line in lines}
    rows = InventoryLevel.objects.filter(location_id=count.location_id, item_id__in=items)
    books = dict(rows.values_list("item_id", "on_hand"))
    now = timezone.now()
    StockCountLine.objects.bulk_create(
        [
            StockCountLine(
                count=count,
                item_id=line.item_id,
                quantity_expected=books.get(line.item_id, 0),
                quantity_counted=line.quantity,
                counted_at=now,
            )
            for line in lines
        ],
        update_conflicts=True,
        unique_fields=["count", "item"],
        update_fields=["quantity_expected", "quantity_counted", "counted_at"],
    )


def _bring_to(count: StockCount, differing: dict[Pair, StockCountLine], stand: Stand) -> None:
    _require_possible(differing, stand)
    short = {
        level.pk: level.reserved - level.on_hand - line.difference
        for level, line in ((stand.levels[pair], line) for pair, line in differing.items())
        if level.reserved > level.on_hand + line.difference
    }
    StockShortage.objects.bulk_create(
        StockShortage(
            level_id=claim.level_id,
            count=count,
            reservation_id=claim.id,
            order_id=claim.order_id,
            line_id=claim.line_id,
            quantity=claim.units,
        )
        for claim in promises.take_back(stand, short)
    )
    movements = [
        ledger.Movement(
            level_id=stand.levels[pair].pk,
            kind=MovementKind.COUNT,
            on_hand=line.difference,
            reason=AdjustmentReason.COUNT,
            note=(count.reference or str(count))[:255],
            cause="count",
            cause_id=count.pk,
        )
        for pair, line in differing.items()
    ]
    adjustments.post_and_tell(movements, actor=stand.actor)


def _require_possible(differing: dict[Pair, StockCountLine], stand: Stand) -> None:
    errors = []
    for pair, line in differing.items():
        units = stand.levels[pair].on_hand + line.difference
        if not 0 <= units <= levels.MOST:
            facts = {"sku": line.item.sku, "count": units}
            errors.append(FieldError("/items", str(NegativeStock.message) % facts, NegativeStock.code, facts))
    if errors:
        raise NegativeStock(errors=errors, **errors[0].facts)

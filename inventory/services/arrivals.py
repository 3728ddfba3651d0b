"""Goods expected from outside, and receiving them: in parts, more or fewer than expected, some of them damaged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.utils import timezone

from inventory.enums import AdjustmentReason, ArrivalStatus, MovementKind
from inventory.errors import TooMuchStock
from inventory.models import Arrival, ArrivalLine
from inventory.services import adjustments, ledger, levels, papers, promises, validity
from inventory.services.levels import Growth
from inventory.services.papers import Line, Part
from inventory.services.promises import Pair, Stand
from oms.core.actors import Actor
from oms.core.errors import FieldError
from oms.core.transactions import atomic


@atomic()
def create_arrival(
    *,
    location_id: UUID,
    lines: Sequence[Line],
    actor: Actor,
    reference: str = "",
    expected_on: date | None = None,
    note: str = "",
) -> Arrival:
    """Expect goods at a location: they are `incoming` there, and not available. The same again is one more.

    Raises InvalidInput for everything that is wrong with it, TooMuchStock.
    """
    papers.require_location(location_id, "/location_id")
    papers.require_lines(lines)
    levels.require_counted({line.item_id for line in lines})
    arrival = Arrival(
        location_id=location_id,
        reference=reference.strip(),
        expected_on=expected_on,
        note=note.strip(),
        placed_by=actor.as_dict(),
    )
    validity.require_valid(arrival, leave_out={"location", "number"})
    arrival.save(force_insert=True)
    arrival.refresh_from_db()
    ArrivalLine.objects.bulk_create(
        ArrivalLine(arrival=arrival, item_id=line.item_id, quantity_expected=line.quantity, outstanding=line.quantity)
        for line in lines
    )
    locked = levels.obtain_all({(line.item_id, location_id) for line in lines})
    levels.require_room(
        [
            Growth(locked[line.item_id, location_id], f"/items/{index}/quantity", incoming=line.quantity)
            for index, line in enumerate(lines)
        ]
    )
    movements = [_movement(arrival, locked[line.item_id, location_id].pk, incoming=line.quantity) for line in lines]
    adjustments.post_and_tell(movements, actor=actor)
    return arrival


@atomic()
def receive_arrival(*, arrival_id: UUID, parts: Sequence[Part], actor: Actor, note: str = "") -> Arrival:
    """Put on the shelf what has come; who waits for it gets it first. Damaged units are noted and not put to stock.

    Done again, it receives again. When nothing is outstanding any more the arrival is received. Raises NotPossibleNow
    for one that is done with, NotOnDocument, TooMuchStock, InvalidInput, NotFound.
    """
    arrival = papers.lock(Arrival, arrival_id)
    papers.require_status(arrival, ArrivalStatus.EXPECTED, ArrivalStatus.RECEIVING)
    lines = {line.pk: line for line in arrival.lines.select_related("item")}
    papers.require_parts(arrival, lines, parts)

    moved: dict[Pair, tuple[int, int, str]] = {}
    pointers: dict[Pair, str] = {}
    for index, part in enumerate(parts):
        line = lines[part.line_id]
        _require_noted(arrival, line, part, f"/items/{index}/quantity")
        expected = min(line.outstanding, part.quantity + part.damaged)
        line.quantity_received += part.quantity
        line.quantity_damaged += part.damaged
        line.outstanding -= expected
        said = ", ".join(filter(None, [note, f"{part.damaged} damaged" if part.damaged else ""]))
        moved[line.item_id, arrival.location_id] = (part.quantity, expected, said)
        pointers[line.item_id, arrival.location_id] = f"/items/{index}/quantity"
    ArrivalLine.objects.bulk_update(lines.values(), ["quantity_received", "quantity_damaged", "outstanding"])
    _set_status(arrival, done=not any(line.outstanding for line in lines.values()))

    def work(stand: Stand) -> None:
        levels.require_room(
            [Growth(stand.levels[pair], pointers[pair], units) for pair, (units, _, _) in moved.items()]
        )
        movements = [
            _movement(arrival, stand.levels[pair].pk, on_hand=units, incoming=-expected, note=said)
            for pair, (units, expected, said) in moved.items()
        ]
        adjustments.post_and_tell(movements, actor=actor)

    promises.move({pair: units for pair, (units, _, _) in moved.items()}, work, actor=actor)
    return arrival


@atomic()
def close_arrival(*, arrival_id: UUID, actor: Actor, note: str = "") -> Arrival:
    """Expect no more of it: what is outstanding is no longer incoming. Raises NotPossibleNow, also the second time."""
    arrival = papers.lock(Arrival, arrival_id)
    papers.require_status(arrival, ArrivalStatus.EXPECTED, ArrivalStatus.RECEIVING)
    missing = [line for line in arrival.lines.select_related("item") if line.outstanding]
    locked = levels.obtain_all({(line.item_id, arrival.location_id) for line in missing})
    movements = [
        _movement(arrival, locked[line.item_id, arrival.location_id].pk, incoming=-line.outstanding, note=note)
        for line in missing
    ]
    for line in missing:
        line.outstanding = 0
    ArrivalLine.objects.bulk_update(missing, ["outstanding"])
    arrival.status, arrival.closed_at = ArrivalStatus.CLOSED, timezone.now()
    arrival.save(update_fields=["status", "closed_at", "updated_at"])
    adjustments.post_and_tell(movements, actor=actor)
    return arrival


def _require_noted(arrival: Arrival, line: ArrivalLine, part: Part, pointer: str) -> None:
    """Raises TooMuchStock for more than a line of the document holds."""
    count = max(line.quantity_received + part.quantity, line.quantity_damaged + part.damaged)
    if count > levels.MOST:
        facts = {"sku": line.item.sku, "location": str(arrival.location), "count": count}
        sentence = str(TooMuchStock.message) % facts
        raise TooMuchStock(errors=[FieldError(pointer, sentence, TooMuchStock.code, facts)], **facts)


def _set_status(arrival: Arrival, *, done: bool) -> None:
    arrival.status = ArrivalStatus.RECEIVED if done else ArrivalStatus.RECEIVING
    arrival.closed_at = timezone.now() if done else None
    arrival.save(update_fields=["status", "closed_at", "updated_at"])


def _movement(
    arrival: Arrival, level_id: UUID, *, on_hand: int = 0, incoming: int = 0, note: str = ""
) -> ledger.Movement:
    return ledger.Movement(
        level_id=level_id,
        kind=MovementKind.RECEIPT if on_hand else MovementKind.INCOMING,
        on_hand=on_hand,
        incoming=incoming,
        reason=AdjustmentReason.RECEIVED if on_hand else "",
        note=(note or arrival.reference)[:255],
        cause="arrival",
        cause_id=arrival.pk,
    )

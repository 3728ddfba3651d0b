"""Goods that go from one location to another: drafted, sent, received in parts, and the rest of them lost or returned.

Sent goods have left the shelf of the one place and are `incoming` at the other, so no unit is ever nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from django.utils import timezone

from inventory.enums import MovementKind, TransferStatus
from inventory.errors import MoreThanSent
from inventory.models import InventoryLevel, Transfer, TransferLine
from inventory.services import adjustments, ledger, levels, papers, promises, shortages, validity
from inventory.services.levels import Growth
from inventory.services.papers import Line, Part
from inventory.services.promises import Pair, Stand
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput
from oms.core.transactions import atomic

ON_THE_WAY = (TransferStatus.SENT, TransferStatus.RECEIVING)
Move = Callable[[TransferLine], tuple[int, int, int]]  # on hand at the source, on hand at the target, incoming there


@atomic()
def create_transfer(
    *, source_id: UUID, target_id: UUID, lines: Sequence[Line], actor: Actor, reference: str = "", note: str = ""
) -> Transfer:
    """Plan a transfer. Nothing moves, and nothing is held for it. Raises InvalidInput."""
    papers.require_location(source_id, "/source_location_id")
    papers.require_location(target_id, "/target_location_id")
    if source_id == target_id:
        sentence = "Goods are transferred between two locations."
        raise InvalidInput(errors=[FieldError("/target_location_id", sentence, "repeated")])
    papers.require_lines(lines)
    transfer = Transfer(
        source_id=source_id,
        target_id=target_id,
        reference=reference.strip(),
        note=note.strip(),
        placed_by=actor.as_dict(),
    )
    validity.require_valid(transfer, leave_out={"source", "target", "number"})
    transfer.save(force_insert=True)
    transfer.refresh_from_db()
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, item_id=line.item_id, quantity=line.quantity) for line in lines
    )
    return transfer


@atomic()
def send_transfer(*, transfer_id: UUID, actor: Actor) -> Transfer:
    """Take everything off the shelf of the source and announce it at the target.

    Raises InsufficientStock for what is not available, all lines in one error (nothing has moved then), NotPossibleNow
    for one that was sent.
    """
    transfer = papers.lock(Transfer, transfer_id)
    papers.require_status(transfer, TransferStatus.DRAFT)
    lines = _lines(transfer)
    for line in lines:
        line.outstanding = line.quantity
    transfer.status, transfer.sent_at = TransferStatus.SENT, timezone.now()
    _save(transfer, lines)
    _move(transfer, lines, lambda line: (-line.quantity, 0, line.quantity), actor, check=_require_available)
    return transfer


@atomic()
def receive_transfer(*, transfer_id: UUID, parts: Sequence[Part], actor: Actor) -> Transfer:
    """Put on the target's shelf what has come; who waits for it there gets it first. Done again, it receives again.

    Damaged units are lost: they are not put to stock. Raises MoreThanSent, NotPossibleNow for one that is not on its
    way, NotOnDocument, TooMuchStock, InvalidInput.
    """
    transfer = papers.lock(Transfer, transfer_id)
    papers.require_status(transfer, *ON_THE_WAY)
    lines = {line.pk: line for line in _lines(transfer)}
    papers.require_parts(transfer, lines, parts)
    _require_sent(lines, parts)
    by_line = {part.line_id: part for part in parts}
    for part in parts:
        line = lines[part.line_id]
        line.quantity_received += part.quantity
        line.quantity_lost += part.damaged
        line.outstanding -= part.quantity + part.damaged
    done = not any(line.outstanding for line in lines.values())
    transfer.status = TransferStatus.RECEIVED if done else TransferStatus.RECEIVING
    transfer.closed_at = timezone.now() if done else None
    touched = [lines[line_id] for line_id in by_line]
    _save(transfer, touched)

    def come(line: TransferLine) -> tuple[int, int, int]:
        part = by_line[line.pk]
        return 0, part.quantity, -part.quantity - part.damaged

    _move(transfer, touched, come, actor)
    return transfer


@atomic()
def close_transfer(*, transfer_id: UUID, reason: str, actor: Actor) -> Transfer:
    """Give up what has not come: it is lost, for this reason. Raises InvalidInput without one, NotPossibleNow."""
    transfer = papers.lock(Transfer, transfer_id)
    papers.require_status(transfer, *ON_THE_WAY)
    if not reason.strip() or len(reason) > 200:
        raise InvalidInput(errors=[FieldError("/reason", "Say in at most 200 letters where the rest is.", "required")])
    gone = [line for line in _lines(transfer) if line.outstanding]
    lost = {line.pk: line.outstanding for line in gone}
    for line in gone:
        line.quantity_lost += line.outstanding
        line.outstanding = 0
    transfer.status, transfer.loss_reason, transfer.closed_at = TransferStatus.CLOSED, reason.strip(), timezone.now()
    _save(transfer, gone)
    _move(transfer, gone, lambda line: (0, 0, -lost[line.pk]), actor, note=f"lost: {reason.strip()}")
    return transfer


@atomic()
def cancel_transfer(*, transfer_id: UUID, actor: Actor) -> Transfer:
    """Call it off. What is on its way is back on the source's shelf, what was received stays where it is.

    Raises NotPossibleNow for one that is done with, also the second time.
    """
    transfer = papers.lock(Transfer, transfer_id)
    papers.require_status(transfer, TransferStatus.DRAFT, *ON_THE_WAY)
    back = [line for line in _lines(transfer) if line.outstanding]
    returned = {line.pk: line.outstanding for line in back}
    for line in back:
        line.quantity_returned += line.outstanding
        line.outstanding = 0
    transfer.status, transfer.closed_at = TransferStatus.CANCELED, timezone.now()
    _save(transfer, back)
    _move(transfer, back, lambda line: (returned[line.pk], 0, -returned[line.pk]), actor, note="canceled")
    return transfer


def _lines(transfer: Transfer) -> list[TransferLine]:
    return list(transfer.lines.select_related("item").order_by("pk"))


def _save(transfer: Transfer, lines: Sequence[TransferLine]) -> None:
    parts = ["quantity_received", "quantity_lost", "quantity_returned", "outstanding"]
    TransferLine.objects.bulk_update(lines, parts)
    transfer.save()


def _require_sent(lines: Mapping[UUID, TransferLine], parts: Sequence[Part]) -> None:
    errors = []
    for index, part in enumerate(parts):
        line = lines[part.line_id]
        if part.quantity + part.damaged > line.outstanding:
            facts = {"sku": line.item.sku, "requested": part.quantity + part.damaged, "open": line.outstanding}
            message = str(MoreThanSent.message) % facts
            errors.append(FieldError(f"/items/{index}/quantity", message, MoreThanSent.code, facts))
    if errors:
        raise MoreThanSent(errors=errors, **errors[0].facts)


def _require_available(
    transfer: Transfer, lines: Sequence[TransferLine], shelves: Mapping[Pair, InventoryLevel]
) -> None:
    errors = []
    for index, line in enumerate(lines):
        level = shelves[line.item_id, transfer.source_id]
        if line.quantity > level.unclaimed:
            there = max(0, level.unclaimed)
            errors.append(shortages.shortage(f"/items/{index}/quantity", line.item.sku, line.quantity, there))
    if errors:
        raise shortages.refusal(errors)


def _move(
    transfer: Transfer,
    lines: Sequence[TransferLine],
    how: Move,
    actor: Actor,
    *,
    check: Callable[[Transfer, Sequence[TransferLine], Mapping[Pair, InventoryLevel]], None] | None = None,
    note: str = "",
) -> None:
    """Both sides in one go, a ledger row on each that something happens to."""
    coming: dict[Pair, int] = {}
    moves: dict[Pair, tuple[str, int, int]] = {}
    for index, line in enumerate(lines):
        out, came, incoming = how(line)
        here, there, pointer = (line.item_id, transfer.source_id), (line.item_id, transfer.target_id), f"/items/{index}"
        if out:
            coming[here], moves[here] = out, (f"{pointer}/quantity", out, 0)
        if came or incoming:
            coming[there], moves[there] = came, (f"{pointer}/quantity", came, incoming)

    def work(stand: Stand) -> None:
        if check is not None:
            check(transfer, lines, stand.levels)
        levels.require_room([Growth(stand.levels[pair], *growth) for pair, growth in moves.items()])
        movements = [
            ledger.Movement(
                level_id=stand.levels[pair].pk,
                kind=MovementKind.TRANSFER,
                on_hand=on_hand,
                incoming=incoming,
                note=(note or transfer.reference)[:255],
                cause="transfer",
                cause_id=transfer.pk,
            )
            for pair, (_, on_hand, incoming) in moves.items()
        ]
        adjustments.post_and_tell(movements, actor=actor)

    if moves:
        promises.move(coming, work, actor=actor)

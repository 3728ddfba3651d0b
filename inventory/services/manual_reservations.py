"""Setting stock aside by hand: for an order line that holds none, or for whatever the description says."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from types import EllipsisType
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from inventory.enums import MovementKind
from inventory.errors import AlreadyReserved, InsufficientStock, KitHeldTogether, ReservationExceedsStock
from inventory.events import ReservationCreated, ReservationReleased, ReservationUpdated
from inventory.models import InventoryLevel, Reservation
from inventory.services import ledger, levels, stock_shortages, validity
from oms.core import events, hooks, ids, locks
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.core.transactions import atomic

LONGEST: Final = timedelta(days=3660)  # that something may be set aside with an end to it


@atomic()
def create_reservation(
    *,
    item_id: UUID,
    location_id: UUID,
    quantity: int,
    actor: Actor,
    description: str = "",
    order_id: UUID | None = None,
    line_id: UUID | None = None,
    metadata: Mapping[str, Any] | None = None,
    expires_at: datetime | None = None,
) -> Reservation:
    """Hold units of an item at a location. Asked again, it holds again; a line has one reservation for each level.

    For a line its order is locked first (order_id may be left out: the line says whose it is) and hears of it in the
    same transaction. expires_at: it counts no more then; what is held for a line does not expire. Raises
    ReservationExceedsStock, AlreadyReserved, InvalidInput, NotStocked, KitHasNoStock, NotFound, and what the order has
    against it.
    """
    _require_quantity(quantity)
    _require_expiry(expires_at, is_ordered=line_id is not None)
    order_id = _order_of_line(order_id, line_id)
    with _order_told(order_id, "reservation.created", actor, line_id=line_id, item_id=item_id):
        level = levels.obtain(item_id, location_id)
        _require_available(level, quantity, quantity)
        if line_id is not None and level.reservations.filter(line_id=line_id).exists():
            raise AlreadyReserved(sku=level.item.sku, location=level.location.name)
        reservation = Reservation(
            level=level,
            quantity=quantity,
            order_id=order_id,
            line_id=line_id,
            description=description.strip(),
            metadata=dict(metadata or {}),
            expires_at=expires_at,
        )
        validity.require_valid(reservation, leave_out={"level"})
        reservation.save(force_insert=True)
        _post(reservation, {level.pk: quantity}, actor)
        _tell(ReservationCreated(**_facts(reservation)), reservation.level, actor)
    return reservation


@atomic()
def update_reservation(
    *,
    reservation_id: UUID,
    actor: Actor,
    quantity: int | None = None,
    location_id: UUID | None = None,
    description: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    expires_at: datetime | EllipsisType | None = ...,
    is_kept: bool | None = None,
) -> Reservation:
    """Raise, lower, move or describe anew what is held; what is left out stays. The same again changes nothing.

    expires_at: when it counts no more, None for never. is_kept: set by whoever is finishing with it, so that it does
    not expire meanwhile. One that has expired is not there any more. Raises ReservationExceedsStock where the level
    that is to hold it lacks stock (nothing has moved then), KitHeldTogether for a component of a kit that would go
    elsewhere than the rest, AlreadyReserved, InvalidInput, NotStocked, NotFound.
    """
    if quantity is not None:
        _require_quantity(quantity)
    wished = {"quantity": quantity, "description": description, "metadata": metadata, "is_kept": is_kept}
    order_id = _order_of(reservation_id)
    with _order_told(order_id, "reservation.updated", actor):
        reservation, target = _lock(reservation_id, location_id)
        source, held = reservation.level, reservation.quantity
        changed = validity.set_fields(
            reservation, {name: value for name, value in wished.items() if value is not None}, tuple(wished)
        )
        if expires_at is not ... and expires_at != reservation.expires_at:
            _require_expiry(expires_at, is_ordered=order_id is not None)
            reservation.expires_at = expires_at
            changed.append("expires_at")
        validity.require_valid(reservation, leave_out={"level"})
        deltas = {source.pk: reservation.quantity - held}
        if target.pk != source.pk:
            _require_movable(reservation, target)
            reservation.level = target
            changed.append("location")
            deltas = {source.pk: -held, target.pk: reservation.quantity}
        _require_available(target, reservation.quantity, deltas[target.pk], own_waiting=reservation.backordered)
        if changed:
            reservation.save()
            _post(reservation, deltas, actor)
            told = ReservationUpdated(**_facts(reservation), changed=changed)
            _tell(told, reservation.level if any(deltas.values()) else None, actor)
    return reservation


@atomic()
def delete_reservation(*, reservation_id: UUID, actor: Actor) -> None:
    """Let go of what a reservation holds, and of what it waits for. Raises NotFound, also the second time."""
    with _order_told(_order_of(reservation_id), "reservation.released", actor):
        reservation, level = _lock(reservation_id, None)
        told = ReservationReleased(**_facts(reservation))
        movement = _movement(reservation, level.pk, MovementKind.RELEASE)
        movement.reserved, movement.backordered = -reservation.quantity, -reservation.backordered
        Reservation.objects.filter(pk=reservation_id).delete()
        ledger.post([movement], actor=actor)
        if reservation.backordered:
            stock_shortages.settle_void([reservation_id], actor=actor)
        level.refresh_from_db()
        _tell(told, level, actor)


def _order_told(order_id: UUID | None, action: str, actor: Actor, **what: UUID | None) -> AbstractContextManager[None]:
    """Locks the order before any level, and lets it follow; nothing to do for a reservation of nobody's order."""
    return hooks.order_change(order_id, action=action, actor=actor, **what) if order_id else nullcontext()


def _order_of_line(order_id: UUID | None, line_id: UUID | None) -> UUID | None:
    """The order that is to hear of it. Nobody would let go of what an order held without a line, so none does."""
    if line_id is None:
        if order_id is not None:
            raise InvalidInput(errors=[FieldError("/line_id", "Say for which of its lines the order reserves.")])
        return None
    found = order_id or hooks.order_of_line(line_id)
    if found is None:
        raise NotFound(kind="order line", id=ids.encode(ids.ORDER_LINE, line_id))
    return found


def _order_of(reservation_id: UUID) -> UUID | None:
    """Whose it is, read before anything is locked: a reservation never changes its order."""
    found = Reservation.objects.live().filter(pk=reservation_id).values_list("order_id", flat=True)
    for order_id in found:
        return order_id
    raise _unknown(reservation_id)


def _lock(reservation_id: UUID, location_id: UUID | None) -> tuple[Reservation, InventoryLevel]:
    """The reservation and the level that is to hold it, locked together with the one that holds it now.

    The reservation goes first, so that it cannot move before its level is locked. Nobody else locks one without holding
    its order, which we hold too.
    """
    for reservation in locks.lock(locks.Rank.CAPABILITY, Reservation.objects.live().filter(pk=reservation_id)):
        wanted = {reservation.level_id}
        if location_id is not None:
            item_id = InventoryLevel.objects.values_list("item_id", flat=True).get(pk=reservation.level_id)
            wanted.add(levels.find_or_make(item_id, location_id))
        locked = levels.lock_rows(wanted)
        reservation.level = locked[reservation.level_id]
        target = next((row for row in locked.values() if row.location_id == location_id), reservation.level)
        return reservation, target
    raise _unknown(reservation_id)


def _unknown(reservation_id: UUID) -> NotFound:
    return NotFound(kind="reservation", id=ids.encode(ids.RESERVATION, reservation_id))


def _require_quantity(quantity: int) -> None:
    if not 1 <= quantity <= levels.MOST:
        raise InvalidInput(errors=[FieldError("/quantity", f"{quantity} cannot be reserved.", "quantity")])


def _require_expiry(expires_at: datetime | None, *, is_ordered: bool) -> None:
    if expires_at is None:
        return
    problem = ""
    if is_ordered:
        problem = "What is held for an order does not expire."
    elif not timezone.now() < expires_at < timezone.now() + LONGEST:
        problem = f"It expires some time within {LONGEST.days} days."
    if problem:
        raise InvalidInput(errors=[FieldError("/expires_at", problem, "expires_at")])


def _require_movable(reservation: Reservation, target: InventoryLevel) -> None:
    if reservation.backordered:
        raise InvalidInput(errors=[FieldError("/location_id", "It waits for goods at its location, and stays there.")])
    if reservation.line_id is None:
        return
    if target.reservations.filter(line_id=reservation.line_id).exists():
        raise AlreadyReserved(sku=target.item.sku, location=target.location.name)
    rest = Reservation.objects.filter(line_id=reservation.line_id).exclude(level__item_id=target.item_id)
    if rest.exclude(level__location_id=target.location_id).exists():  # a kit of which a part is elsewhere is no kit
        facts = {"sku": target.item.sku, "location": target.location.name}
        sentence = str(KitHeldTogether.message) % facts
        raise KitHeldTogether(errors=[FieldError("/location_id", sentence, KitHeldTogether.code, facts)], **facts)


def _require_available(level: InventoryLevel, asked: int, more: int, *, own_waiting: int = 0) -> None:
    """`more` units must be free on the level, so that `asked` in all can be held. What others wait for is theirs."""
    there = max(0, level.unclaimed + own_waiting)
    if more > 0 and more > there:
        free = asked - more + there
        facts = {"sku": level.item.sku, "requested": asked, "available": free}
        sentence = str(InsufficientStock.message) % facts
        raise ReservationExceedsStock(
            errors=[FieldError("/quantity", sentence, InsufficientStock.code, facts)], **facts
        )


def _movement(reservation: Reservation, level_id: UUID, kind: MovementKind) -> ledger.Movement:
    cause = ("order", reservation.order_id) if reservation.order_id else ("reservation", reservation.pk)
    return ledger.Movement(level_id=level_id, kind=kind, cause=cause[0], cause_id=cause[1])


def _post(reservation: Reservation, deltas: Mapping[UUID, int], actor: Actor) -> None:
    """One ledger row for each level whose reserved units change."""
    movements = []
    for level_id, delta in deltas.items():
        if delta:
            kind = MovementKind.RESERVE if delta > 0 else MovementKind.RELEASE
            movements.append(_movement(reservation, level_id, kind))
            movements[-1].reserved = delta
    ledger.post(movements, actor=actor)
    reservation.level.refresh_from_db()


def _facts(reservation: Reservation) -> dict[str, Any]:
    level = reservation.level
    return {
        "reservation_id": reservation.public_id,
        "item_id": level.item.public_id,
        "location_id": level.location.public_id,
        "sku": level.item.sku,
        "quantity": reservation.quantity,
        "order_id": ids.encode(ids.ORDER, reservation.order_id) if reservation.order_id else None,
    }


def _tell(event: events.Event, level: InventoryLevel | None, actor: Actor) -> None:
    """In the stream of the level that moved, by the number of its ledger row; a new description moves none."""
    if level is None:
        events.record(event, actor=actor)
    else:
        events.record(event, actor=actor, stream=level.pk, sequence=level.ledger_seq)

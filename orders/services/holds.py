"""Stopping an order until something is settled. Holds stack: each is released for itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from oms.core import actors, ids
from oms.core.actors import Actor
from oms.core.errors import NotFound
from oms.core.transactions import atomic
from orders import errors, events, policies
from orders.enums import HoldReason
from orders.locks import lock_order
from orders.models import Hold
from orders.services import journal, rollup


@atomic()
def place_hold(
    *, order_id: UUID, reason: HoldReason, actor: Actor, note: str = "", release_at: datetime | None = None
) -> Hold:
    """Put an order on hold: it cannot be fulfilled until every hold is released.

    release_at (aware) releases it by itself. Placing another hold adds one. Raises OrderNotOpen.
    """
    order = lock_order(order_id)
    if not policies.can_hold(order):
        raise errors.OrderNotOpen(number=order.number, status=order.get_status_display())

    hold = Hold.objects.create(order=order, reason=reason, note=note, placed_by=actor.as_dict(), release_at=release_at)
    changes = rollup.refresh(order)
    event = events.HoldPlaced(order_id=order.public_id, hold_id=hold.public_id, reason=reason)
    journal.record(order, event, actor=actor, changes=changes, facts={"reason": str(reason), "note": note})
    return hold


@atomic()
def release_hold(*, order_id: UUID, hold_id: UUID, actor: Actor) -> Hold:
    """Lift one hold. Raises HoldAlreadyReleased the second time."""
    order = lock_order(order_id)
    hold = Hold.objects.filter(order=order, pk=hold_id).first()
    if hold is None:
        raise NotFound(kind="hold", id=ids.encode(ids.HOLD, hold_id))
    if hold.released_at:
        raise errors.HoldAlreadyReleased()

    hold.released_at = timezone.now()
    hold.released_by = actor.as_dict()
    hold.save(update_fields=["released_at", "released_by"])
    changes = rollup.refresh(order)
    event = events.HoldReleased(order_id=order.public_id, hold_id=hold.public_id, reason=hold.reason)
    journal.record(order, event, actor=actor, changes=changes, facts={"reason": hold.reason})
    return hold


def release_due_holds() -> int:
    """Release every hold whose time has come, each in a transaction of its own; how many. Repeats find none."""
    due = Hold.objects.filter(released_at=None, release_at__lte=timezone.now()).order_by("release_at")
    released = 0
    for order_id, hold_id in due.values_list("order_id", "pk").iterator(chunk_size=500):
        try:
            release_hold(order_id=order_id, hold_id=hold_id, actor=actors.SYSTEM)
        except errors.HoldAlreadyReleased:  # somebody was quicker
            continue
        released += 1
    return released

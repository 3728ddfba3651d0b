"""The end of an order's life: completed when nothing is left to do, archived when nobody needs to see it any more."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from oms.core.actors import Actor
from oms.core.transactions import atomic
from orders import errors, events, policies
from orders.enums import OrderStatus
from orders.locks import lock_order
from orders.models import Order
from orders.services import journal, rollup


@atomic()
def complete_order(*, order_id: UUID, actor: Actor) -> Order:
    """Say that everything about an order is done. Raises OrderNotCompletable, also the second time."""
    order = lock_order(order_id)
    if not policies.can_complete(order):
        raise errors.OrderNotCompletable(number=order.number, status=order.get_status_display())

    was, order.status, order.completed_at = order.status, OrderStatus.COMPLETED, timezone.now()
    changes = rollup.refresh(order) | {"status": (was, order.status)}
    journal.record(order, events.OrderCompleted(order_id=order.public_id), actor=actor, changes=changes)
    return order


@atomic()
def archive_order(*, order_id: UUID, actor: Actor) -> Order:
    """Put a completed or canceled order away. Raises OrderNotArchivable, also the second time."""
    order = lock_order(order_id)
    if not policies.can_archive(order):
        raise errors.OrderNotArchivable(number=order.number, status=order.get_status_display())

    was, order.status, order.archived_at = order.status, OrderStatus.ARCHIVED, timezone.now()
    changes = rollup.refresh(order) | {"status": (was, order.status)}
    journal.record(order, events.OrderArchived(order_id=order.public_id), actor=actor, changes=changes)
    return order

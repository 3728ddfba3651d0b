"""Calling an order off before anything of it is packed."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from inventory import providers as stock
from oms.core.actors import Actor
from oms.core.transactions import atomic
from orders import errors, events, policies
from orders.enums import CancelReason, CreditReason, OrderStatus
from orders.locks import lock_order
from orders.models import CreditLine, Order
from orders.services import journal, rollup


@atomic()
def cancel_order(*, order_id: UUID, reason: CancelReason, actor: Actor) -> Order:
    """Cancel a whole order: it is worth nothing any more, and what it holds is let go.

    Money that was taken elsewhere shows as owed to the customer (a balance below zero) until it is given back there.
    Raises OrderNotCancelable; OrderAlreadyCanceled the second time.
    """
    order = lock_order(order_id)
    if order.canceled_at is not None:
        raise errors.OrderAlreadyCanceled(number=order.number)
    if not policies.can_cancel(order):
        raise errors.OrderNotCancelable(
            number=order.number,
            status=order.get_status_display(),
            fulfillment=order.get_fulfillment_status_display(),
        )

    if order.total:
        CreditLine.objects.create(order=order, amount=order.total, reason=CreditReason.CANCELLATION)
    was = order.status
    order.status = OrderStatus.CANCELED
    order.canceled_at = timezone.now()
    order.cancel_reason = reason
    changes = rollup.refresh(order) | {"status": (was, order.status)}
    event = events.OrderCanceled(order_id=order.public_id, reason=reason)
    journal.record(order, event, actor=actor, changes=changes, facts={"reason": str(reason)})
    stock.current().release(order.pk, actor=actor)
    return order

"""Calling an order off before anything of it is packed."""

from __future__ import annotations

from uuid import UUID

from oms.core.actors import Actor
from orders import errors, events, policies
from orders.enums import CancelReason, OrderStatus
from orders.models import Order
from orders.services import cancellation_steps
from orders.services.settlement import money_change


def cancel_order(*, order_id: UUID, reason: CancelReason, actor: Actor, waits: bool = False) -> Order:
    """Cancel a whole order: it is worth nothing any more, what it holds is let go, and its money goes back.

    Where a provider has to give it back the order is `canceling_at` until it did: it cannot be packed meanwhile, and
    keeps its stock. If the provider refuses, it is not canceled but requires action. waits: the caller carries the
    attempts out after the commit. Money that was taken elsewhere shows as owed to the customer (a balance below zero)
    until it is given back there.
    Raises OrderNotCancelable, PaymentBusy; OrderAlreadyCanceled or OrderBeingCanceled the second time.
    """
    with money_change(order_id, actor=actor) as change:
        order = change.order
        if order.canceled_at is not None:
            raise errors.OrderAlreadyCanceled(number=order.number)
        cancellation_steps.require_none(order)
        if not policies.can_cancel(order):
            raise errors.OrderNotCancelable(
                number=order.number,
                status=order.get_status_display(),
                fulfillment=order.get_fulfillment_status_display(),
            )

        if cancellation_steps.begin(change, reason, waits=waits):
            change.record(
                events.OrderUpdated(order_id=order.public_id, changed=["status"]),
                {"act": "order.cancel_requested", "reason": str(reason)},
            )
        elif not change.told:
            cancellation_steps.finish(change)
        return order


def keep_order(*, order_id: UUID, actor: Actor) -> Order:
    """Somebody decided that an order which requires action goes on as it is. Raises OrderNeedsNoDecision."""
    with money_change(order_id, actor=actor) as change:
        order = change.order
        if not policies.can_keep(order):
            raise errors.OrderNeedsNoDecision(number=order.number, status=order.get_status_display())
        was, order.status = order.status, OrderStatus.PENDING
        change.record(
            events.OrderUpdated(order_id=order.public_id, changed=["status"]),
            {"act": "order.kept"},
            {"status": (was, order.status)},
        )
        return order

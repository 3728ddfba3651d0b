"""Locking an order, which every change of it does first."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from oms.core import ids, locks
from oms.core.errors import NotFound, StaleRevision
from orders.models import Order


def lock_order(order_id: UUID, *, revision: int | None = None) -> Order:
    """The order as it is now, locked until the transaction ends.

    Raises NotFound; StaleRevision when `revision` (from If-Match) is no longer the present one.
    """
    for order in locks.lock(locks.Rank.ORDER, Order.objects.filter(pk=order_id)):
        if revision is not None and revision != order.revision:
            raise StaleRevision(expected=revision, present=order.revision)
        return order
    raise NotFound(kind="order", id=ids.encode(ids.ORDER, order_id))


def lock_orders(order_ids: Collection[UUID]) -> list[Order]:
    """Those of these orders that exist, locked in the order of their ids until the transaction ends."""
    return locks.lock(locks.Rank.ORDER, Order.objects.filter(pk__in=order_ids)) if order_ids else []

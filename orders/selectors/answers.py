"""Reading orders: a fixed number of queries, whatever they consist of."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from fulfillment.models import FulfillmentLine
from oms.core import ids
from oms.core.errors import NotFound
from orders.models import Order

_ITEMS = ("lines", "tax_lines", "adjustments")
_REST = ("shipping_lines", "addresses", "credit_lines", "holds", "payments", "fulfillments", "fulfillments__parcels")


def orders_in_lists(*, with_items: bool = True) -> QuerySet[Order]:
    """Orders for lists; with their lines, tax lines and adjustments three queries more."""
    rows = Order.objects.all()
    return rows.prefetch_related(*_ITEMS) if with_items else rows


def order_in_full(order_id: UUID) -> Order:
    """One order with everything that belongs to it, in 12 queries. Raises NotFound."""
    packed = Prefetch("fulfillments__lines", FulfillmentLine.objects.order_by("id"))
    rows = Order.objects.select_related("customer").prefetch_related(*_ITEMS, *_REST, packed)
    order = rows.filter(pk=order_id).first()
    if order is None:
        raise NotFound(kind="order", id=ids.encode(ids.ORDER, order_id))
    return order


def require_order(order_id: UUID) -> None:
    """Raises NotFound."""
    if not Order.objects.filter(pk=order_id).exists():
        raise NotFound(kind="order", id=ids.encode(ids.ORDER, order_id))


def numbers_of(order_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The numbers of orders by id, in one query."""
    return dict(Order.objects.filter(pk__in=list(order_ids)).values_list("pk", "number"))

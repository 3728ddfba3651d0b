"""An order belongs to its channel, and to every location that holds goods for it or has packed some of it."""

from __future__ import annotations

from django.db.models import OuterRef, Q

from fulfillment.models import Fulfillment
from inventory import providers
from oms.web.limits import ForEachRow, Ids, anyway, by, limit, limit_as, never
from orders.models import (
    Adjustment,
    BulkJob,
    BulkJobRow,
    CreditLine,
    Customer,
    Hold,
    Note,
    Order,
    OrderAddress,
    OrderLine,
    SalesQuarter,
    ShippingLine,
    TaxLine,
    TimelineEntry,
)
from payments.models import Payment


def _at_locations(path: str, ids: Ids) -> Q:
    """Two look-ups by the order's id for each row: neither all that was ever packed there nor all that is held."""
    order = OuterRef(f"{path}pk")
    held = providers.current().held_at(ids).filter(order_id=order)
    packed = Fulfillment.objects.filter(order_id=order, location_id__in=ids)
    return Q(ForEachRow(held)) | Q(ForEachRow(packed))


def _customers_of_channels(path: str, ids: Ids) -> Q:
    """Those that the channel knows, and guests who ordered there."""
    ordered = Order.objects.filter(customer_id=OuterRef(f"{path}pk"), channel_id__in=ids)
    return Q(**{f"{path}channel_id__in": ids}) | Q(ForEachRow(ordered))


def _customers_of_locations(path: str, ids: Ids) -> Q:
    ordered = Order.objects.filter(_at_locations("", ids), customer_id=OuterRef(f"{path}pk"))
    return Q(ForEachRow(ordered))


limit(Order, channel=by("channel_id"), location=_at_locations)
limit(SalesQuarter, channel=by("channel_id"), location=never)
limit(BulkJob, channel=anyway, location=anyway)  # everybody sees their own
limit(Customer, channel=_customers_of_channels, location=_customers_of_locations)
for _part in (
    *(OrderLine, ShippingLine, TaxLine, Adjustment, CreditLine, OrderAddress, Hold, Note, TimelineEntry),
    *(BulkJobRow, Payment),
):
    limit_as(_part, Order, through="order")

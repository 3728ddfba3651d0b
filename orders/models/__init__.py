"""The order, its parts, and the people and notes around it."""

from orders.models.address import OrderAddress
from orders.models.bulk import BulkJob, BulkJobRow
from orders.models.credit import CreditedItem, CreditLine
from orders.models.customer import Customer, CustomerChannel
from orders.models.hold import Hold
from orders.models.line import Adjustment, OrderLine, ShippingLine, TaxLine
from orders.models.location import OrderLocation
from orders.models.order import Order
from orders.models.sales import SalesQuarter
from orders.models.timeline import Note, TimelineEntry

__all__ = [
    "Adjustment",
    "BulkJob",
    "BulkJobRow",
    "CreditLine",
    "CreditedItem",
    "Customer",
    "CustomerChannel",
    "Hold",
    "Note",
    "Order",
    "OrderAddress",
    "OrderLine",
    "OrderLocation",
    "SalesQuarter",
    "ShippingLine",
    "TaxLine",
    "TimelineEntry",
]

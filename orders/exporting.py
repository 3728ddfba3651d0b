"""Orders and customers as tables: what each column is called, and where it is read. One line for each order, or for
each of its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.db.models import QuerySet

from oms.core.streaming import in_chunks
from orders.enums import AddressKind
from orders.models import Customer, Order, OrderAddress, OrderLine

Line = Sequence[Any]
_NOWHERE: Final = OrderAddress()

_HEAD: Final[Mapping[str, Callable[[Order], Any]]] = {
    "number": lambda order: order.number,
    "id": lambda order: order.public_id,
    "external_id": lambda order: order.external_id,
    "placed_at": lambda order: order.placed_at,
    "channel": lambda order: order.channel.code,
    "status": lambda order: order.status,
    "payment_status": lambda order: order.payment_status,
    "fulfillment_status": lambda order: order.fulfillment_status,
    "on_hold": lambda order: order.open_holds > 0,
    "currency": lambda order: order.currency,
}
_ORDER: Final[Mapping[str, Callable[[Order], Any]]] = {
    **_HEAD,
    "item_subtotal": lambda order: order.item_subtotal,
    "shipping_subtotal": lambda order: order.shipping_subtotal,
    "discount_total": lambda order: order.discount_total,
    "tax_total": lambda order: order.tax_total,
    "adjustment_total": lambda order: order.adjustment_total,
    "credit_total": lambda order: order.credit_total,
    "total": lambda order: order.total,
    "captured_total": lambda order: order.captured_total,
    "refunded_total": lambda order: order.refunded_total,
    "units_open": lambda order: order.units_open,
    "return_status": lambda order: order.return_status,
    "is_sample": lambda order: order.is_sample,
    "tags": lambda order: order.tags,
    "completed_at": lambda order: order.completed_at,
    "canceled_at": lambda order: order.canceled_at,
    "cancel_reason": lambda order: order.cancel_reason,
}
_PEOPLE: Final[Mapping[str, Callable[[Order], Any]]] = {
    "customer": lambda order: str(order.customer) if order.customer else "",
    "email": lambda order: order.email,
    "phone": lambda order: order.phone,
}
_SHIPS_TO: Final = (
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "postal_code",
    "city",
    "province",
    "country_code",
)
_SOLD: Final[Mapping[str, Callable[[OrderLine], Any]]] = {
    "line": lambda line: line.position + 1,
    "kind": lambda line: line.kind,
    "sku": lambda line: line.sku,
    "title": lambda line: line.title,
    "quantity": lambda line: line.quantity,
    "unit_price": lambda line: line.unit_price,
    "subtotal": lambda line: line.subtotal,
    "discount_total": lambda line: line.discount_total,
    "tax_total": lambda line: line.tax_total,
    "total": lambda line: line.total,
    "quantity_fulfilled": lambda line: line.quantity_fulfilled,
    "quantity_shipped": lambda line: line.quantity_shipped,
    "quantity_delivered": lambda line: line.quantity_delivered,
    "quantity_returned": lambda line: line.quantity_returned,
}
CUSTOMER: Final[Mapping[str, Callable[[Customer], Any]]] = {
    "id": lambda customer: customer.public_id,
    "channel": lambda customer: customer.channel.code if customer.channel else "",
    "external_id": lambda customer: customer.external_id,
    "first_name": lambda customer: customer.first_name,
    "last_name": lambda customer: customer.last_name,
    "company_name": lambda customer: customer.company_name,
    "email": lambda customer: customer.email,
    "phone": lambda customer: customer.phone,
    "has_account": lambda customer: customer.has_account,
    "created_at": lambda customer: customer.created_at,
}


def by_order(wanted: QuerySet[Order], *, people: bool = True) -> Iterator[Line]:
    """The names of the columns, then a line for each order; people: with whom it is for, and where it goes. Two
    queries a chunk."""
    yield [*_ORDER, *([*_PEOPLE, *(f"shipping_{name}" for name in _SHIPS_TO)] if people else ())]
    shown = Order.objects.select_related("channel").defer("metadata")
    if people:
        shown = shown.select_related("customer").prefetch_related("addresses")
    for chunk in in_chunks(wanted, shown):
        for order in chunk:
            yield [read(order) for read in _ORDER.values()] + (_told_of_people(order) if people else [])


def _told_of_people(order: Order) -> list[Any]:
    address = next((each for each in order.addresses.all() if each.kind == AddressKind.SHIPPING), _NOWHERE)
    return [read(order) for read in _PEOPLE.values()] + [getattr(address, name) for name in _SHIPS_TO]


def by_line(wanted: QuerySet[Order]) -> Iterator[Line]:
    """The names of the columns, then a line for each line of each order. Two queries a chunk."""
    yield [*_HEAD, *(name if name not in _ORDER else f"line_{name}" for name in _SOLD)]
    shown = Order.objects.select_related("channel").prefetch_related("lines").defer("metadata")
    for chunk in in_chunks(wanted, shown):
        for order in chunk:
            head = [read(order) for read in _HEAD.values()]
            for line in order.lines.all():
                yield head + [read(line) for read in _SOLD.values()]

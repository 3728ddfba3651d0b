"""Yes or no, and what follows from what: pure rules over orders, for services, API and console alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from orders.enums import FulfillmentStatus, OrderStatus, PaymentStatus

TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    OrderStatus.DRAFT: frozenset({OrderStatus.PENDING, OrderStatus.REQUIRES_ACTION, OrderStatus.CANCELED}),
    OrderStatus.PENDING: frozenset({OrderStatus.REQUIRES_ACTION, OrderStatus.COMPLETED, OrderStatus.CANCELED}),
    OrderStatus.REQUIRES_ACTION: frozenset({OrderStatus.PENDING, OrderStatus.COMPLETED, OrderStatus.CANCELED}),
    OrderStatus.COMPLETED: frozenset({OrderStatus.ARCHIVED, OrderStatus.PENDING}),
    OrderStatus.ARCHIVED: frozenset({OrderStatus.COMPLETED}),
    OrderStatus.CANCELED: frozenset({OrderStatus.ARCHIVED}),
}
OPEN: Final = frozenset({OrderStatus.PENDING, OrderStatus.REQUIRES_ACTION})


class Progress(Protocol):
    """As much of an order line as its progress needs."""

    kind: str
    requires_shipping: bool
    quantity: int
    quantity_fulfilled: int
    quantity_shipped: int
    quantity_delivered: int


class Lifecycle(Protocol):
    """As much of an order as decides what may be done with it."""

    status: str
    fulfillment_status: str
    open_holds: int
    units_open: int
    canceling_at: datetime | None


def may_become(status: str, following: str) -> bool:
    return following in TRANSITIONS[status]


def is_open(order: Lifecycle) -> bool:
    return order.status in OPEN


def can_hold(order: Lifecycle) -> bool:
    return is_open(order)


def can_cancel(order: Lifecycle) -> bool:
    """Nothing of it is packed. A fulfillment must be canceled first; what is shipped comes back as a return."""
    return (
        may_become(order.status, OrderStatus.CANCELED)
        and order.fulfillment_status == FulfillmentStatus.NOT_FULFILLED
        and order.canceling_at is None
    )


def can_keep(order: Lifecycle) -> bool:
    """It needed somebody to decide, and can go on."""
    return order.status == OrderStatus.REQUIRES_ACTION and order.canceling_at is None


def can_be_paid(order: Lifecycle) -> bool:
    """Money that somebody has in hand can be taken for it, where any is due."""
    return order.canceling_at is None


def can_refund(order: Lifecycle, refundable: Decimal) -> bool:
    """refundable: what its payments can give back."""
    return order.canceling_at is None and refundable > 0


def can_fulfill(order: Lifecycle) -> bool:
    """Open, held by nothing, not about to be canceled, and something is left to pack."""
    return (
        order.status == OrderStatus.PENDING
        and not order.open_holds
        and order.units_open > 0
        and order.canceling_at is None
    )


def can_unpack(order: Lifecycle) -> bool:
    """A fulfillment of it can be canceled. A completed order is open again then; what is put away stays as it is."""
    return is_open(order) or order.status == OrderStatus.COMPLETED


def can_complete(order: Lifecycle) -> bool:
    """Nothing is left to pack: what an order still holds would be held for ever."""
    return is_open(order) and not order.open_holds and not order.units_open and order.canceling_at is None


def can_archive(order: Lifecycle) -> bool:
    return may_become(order.status, OrderStatus.ARCHIVED)


def is_fulfillable(line: Progress) -> bool:
    """Fees are charged, not packed."""
    return line.kind != "fee"


def units_open(lines: Iterable[Progress]) -> int:
    """How many units are still to be packed."""
    return sum([line.quantity - line.quantity_fulfilled for line in lines if line.kind != "fee"])


def fulfillment_status(lines: Iterable[Progress], *, canceled: bool) -> FulfillmentStatus:
    """How far the goods of an order have come. Goods that do not ship count as arrived once they are fulfilled."""
    if canceled:
        return FulfillmentStatus.CANCELED
    packed = [line for line in lines if line.kind != "fee"]
    shipping = [line for line in packed if line.requires_shipping]
    if not any(line.quantity_fulfilled for line in packed):
        return FulfillmentStatus.NOT_FULFILLED
    all_packed = all(line.quantity_fulfilled == line.quantity for line in packed)
    if any(line.quantity_delivered for line in packed):
        arrived = all_packed and all(line.quantity_delivered == line.quantity for line in shipping)
        return FulfillmentStatus.DELIVERED if arrived else FulfillmentStatus.PARTIALLY_DELIVERED
    if any(line.quantity_shipped for line in shipping):
        gone = all_packed and all(line.quantity_shipped == line.quantity for line in shipping)
        return FulfillmentStatus.SHIPPED if gone else FulfillmentStatus.PARTIALLY_SHIPPED
    return FulfillmentStatus.FULFILLED if all_packed else FulfillmentStatus.PARTIALLY_FULFILLED


def payment_status(
    *,
    total: Decimal,
    authorized: Decimal,
    captured: Decimal,
    refunded: Decimal,
    canceled: bool,
    awaiting: bool = False,
    needs_customer: bool = False,
) -> PaymentStatus:
    """What is paid of `total` (what the order is worth now), all amounts in its currency.

    `authorized` counts what was promised, taken or not. What credit lines gave back counts as refunded. awaiting: a
    customer has begun to pay; needs_customer: and has something left to do for it.
    """
    if refunded and refunded >= captured:
        return PaymentStatus.REFUNDED
    if refunded:
        return PaymentStatus.PARTIALLY_REFUNDED
    if canceled and not captured:
        return PaymentStatus.CANCELED
    if captured and captured >= total:
        return PaymentStatus.CAPTURED
    if captured:
        return PaymentStatus.PARTIALLY_CAPTURED
    if authorized and authorized >= total:
        return PaymentStatus.AUTHORIZED
    if authorized:
        return PaymentStatus.PARTIALLY_AUTHORIZED
    if total and (needs_customer or awaiting):
        return PaymentStatus.REQUIRES_ACTION if needs_customer else PaymentStatus.AWAITING
    return PaymentStatus.CAPTURED if not total else PaymentStatus.NOT_PAID

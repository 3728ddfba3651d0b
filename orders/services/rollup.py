"""What an order derives from its rows: totals and statuses. The only writer of them; says the same each time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Case, Count, Sum, When

from orders import policies
from orders.enums import ReturnStatus
from orders.models import CreditLine, Hold, Order, OrderLine
from payments.enums import SessionStatus
from payments.models import Payment, PaymentSession

_DERIVED: Final = (
    "payment_status",
    "fulfillment_status",
    "return_status",
    "units_open",
    "open_holds",
    "credit_total",
    "captured_total",
    "refunded_total",
    "total",
)
_BEGUN: Final = (SessionStatus.PENDING, SessionStatus.REQUIRES_MORE)
ZERO: Final = Decimal(0)
Changes = dict[str, tuple[str, str]]


@dataclass(slots=True)
class _Line:
    """How far a line has come: as much of it as is read for many orders."""

    kind: str
    requires_shipping: bool
    quantity: int
    quantity_fulfilled: int
    quantity_shipped: int
    quantity_delivered: int
    quantity_returned: int


@dataclass(slots=True)
class _Basis:
    """What an order's derived fields follow from."""

    lines: list[_Line] = field(default_factory=list)
    open_holds: int = 0
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    refunded: Decimal = ZERO
    credit: Decimal = ZERO
    awaiting: bool = False
    needs_customer: bool = False


def refresh(order: Order) -> Changes:
    """Derive and save what follows from the order's rows, together with the fields the caller has set; a new revision.

    The caller has locked the order. Returns what changed among the derived fields, as text: {field: (from, to)}.
    """
    changes = _derive(order, _read([order.pk])[order.pk])
    order.revision += 1
    order.save()
    return changes


def refresh_all(orders: Sequence[Order], *, revisions: Mapping[UUID, int]) -> dict[UUID, Changes]:
    """The same for many orders in a fixed number of statements; only derived fields are saved.

    revisions: by how many each order's revision rises.
    """
    if not orders:
        return {}
    basis = _read([order.pk for order in orders])
    changes = {order.pk: _derive(order, basis[order.pk]) for order in orders}
    for order in orders:
        order.revision += revisions[order.pk]
    _save(orders)
    return changes


def _read(order_ids: Sequence[UUID]) -> defaultdict[UUID, _Basis]:
    basis: defaultdict[UUID, _Basis] = defaultdict(_Basis)
    lines = OrderLine.objects.filter(order_id__in=order_ids).order_by()
    for order_id, *progress in lines.values_list("order_id", *_Line.__slots__):
        basis[order_id].lines.append(_Line(*progress))
    holds = Hold.objects.filter(order_id__in=order_ids, released_at=None)
    for order_id, count in holds.order_by().values_list("order_id").annotate(Count("pk")):
        basis[order_id].open_holds = count
    paid = Payment.objects.filter(order_id__in=order_ids).order_by().values("order_id")
    pledged = Sum(Case(When(canceled_at=None, then="amount"), default="captured"))
    for sums in paid.annotate(pledged=pledged, taken=Sum("captured"), back=Sum("refunded")):
        each = basis[sums["order_id"]]
        each.authorized, each.captured, each.refunded = sums["pledged"] or ZERO, sums["taken"], sums["back"]
    begun = PaymentSession.objects.filter(collection__order_id__in=order_ids, status__in=_BEGUN).order_by()
    for order_id, status in begun.values_list("collection__order_id", "status"):
        basis[order_id].awaiting = True
        basis[order_id].needs_customer |= status == SessionStatus.REQUIRES_MORE
    credited = CreditLine.objects.filter(order_id__in=order_ids).order_by().values_list("order_id")
    for order_id, amount in credited.annotate(Sum("amount")):
        basis[order_id].credit = amount
    return basis


def _derive(order: Order, basis: _Basis) -> Changes:
    before = {name: getattr(order, name) for name in _DERIVED}
    canceled = order.canceled_at is not None  # also when it has been archived since
    order.open_holds = basis.open_holds
    order.units_open = 0 if canceled else policies.units_open(basis.lines)
    order.fulfillment_status = policies.fulfillment_status(basis.lines, canceled=canceled)
    order.return_status = _return_status([(line.quantity, line.quantity_returned) for line in basis.lines])
    order.captured_total = basis.captured
    order.refunded_total = basis.refunded
    order.credit_total = basis.credit
    worth = order.item_subtotal + order.shipping_subtotal - order.discount_total + order.tax_total
    order.total = worth + order.adjustment_total - order.credit_total
    order.payment_status = policies.payment_status(
        total=order.total,
        authorized=basis.authorized,
        captured=basis.captured,
        refunded=basis.refunded,
        canceled=canceled,
        awaiting=basis.awaiting,
        needs_customer=basis.needs_customer,
    )
    return {
        name: (str(before[name]), str(getattr(order, name)))
        for name in _DERIVED
        if before[name] != getattr(order, name)
    }


_SAVE = """
UPDATE orders_order AS old SET
    payment_status = new.payment_status, fulfillment_status = new.fulfillment_status,
    return_status = new.return_status, units_open = new.units_open, open_holds = new.open_holds,
    credit_total = new.credit_total, captured_total = new.captured_total, refunded_total = new.refunded_total,
    total = new.total, revision = new.revision, updated_at = clock_timestamp()
FROM json_to_recordset(%s) AS new(
    id uuid, payment_status text, fulfillment_status text, return_status text, units_open int, open_holds int,
    credit_total numeric, captured_total numeric, refunded_total numeric, total numeric, revision int)
WHERE old.id = new.id
"""


def _save(orders: Sequence[Order]) -> None:
    rows: list[dict[str, Any]] = [
        {"id": order.pk, "revision": order.revision} | {name: getattr(order, name) for name in _DERIVED}
        for order in orders
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, [msgspec.json.encode(rows).decode()])


def _return_status(quantities: list[tuple[int, int]]) -> ReturnStatus:
    if not any(returned for _, returned in quantities):
        return ReturnStatus.NONE
    everything = all(returned == quantity for quantity, returned in quantities)
    return ReturnStatus.RETURNED if everything else ReturnStatus.PARTIALLY_RETURNED

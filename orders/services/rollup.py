"""What an order derives from its rows: totals and statuses. The only writer of them; says the same each time."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from orders import policies
from orders.enums import OrderStatus, ReturnStatus
from orders.models import Order

_DERIVED = (
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
ZERO = Decimal(0)


def refresh(order: Order) -> dict[str, tuple[str, str]]:
    """Derive and save what follows from the order's rows, together with the fields the caller has set; a new revision.

    The caller has locked the order. Returns what changed among the derived fields, as text: {field: (from, to)}.
    """
    before = {name: getattr(order, name) for name in _DERIVED}
    lines = list(order.lines.all())
    canceled = order.status == OrderStatus.CANCELED
    order.open_holds = order.holds.filter(released_at=None).count()
    order.units_open = 0 if canceled else policies.units_open(lines)
    order.fulfillment_status = policies.fulfillment_status(lines, canceled=canceled)
    order.return_status = _return_status([(line.quantity, line.quantity_returned) for line in lines])
    _derive_money(order, canceled=canceled)
    order.revision += 1
    order.save()
    return {
        name: (str(before[name]), str(getattr(order, name)))
        for name in _DERIVED
        if before[name] != getattr(order, name)
    }


def _derive_money(order: Order, *, canceled: bool) -> None:
    paid = order.payments.aggregate(amount=Sum("amount"), captured=Sum("captured"), refunded=Sum("refunded"))
    order.captured_total = paid["captured"] or ZERO
    order.refunded_total = paid["refunded"] or ZERO
    order.credit_total = order.credit_lines.aggregate(amount=Sum("amount"))["amount"] or ZERO
    worth = order.item_subtotal + order.shipping_subtotal - order.discount_total + order.tax_total
    order.total = worth + order.adjustment_total - order.credit_total
    order.payment_status = policies.payment_status(
        total=order.total,
        authorized=paid["amount"] or ZERO,
        captured=order.captured_total,
        refunded=order.refunded_total,
        canceled=canceled,
    )


def _return_status(quantities: list[tuple[int, int]]) -> ReturnStatus:
    if not any(returned for _, returned in quantities):
        return ReturnStatus.NONE
    everything = all(returned == quantity for quantity, returned in quantities)
    return ReturnStatus.RETURNED if everything else ReturnStatus.PARTIALLY_RETURNED

"""What lowers an order's worth without taking a line away, and how that is undone. The order is locked."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from orders.enums import CreditReason
from orders.models import CreditedItem, CreditLine, Order
from orders.selectors.standing import standing_of


def credit(order: Order, amount: Decimal, reason: CreditReason, attempt_id: UUID | None, note: str = "") -> None:
    """Lower what an order is worth; the caller refreshes it. Nothing for nothing.

    attempt_id: the refund that it is written for, and goes away with.
    """
    if amount > 0:
        CreditLine.objects.create(order=order, amount=amount, reason=reason, attempt_id=attempt_id, note=note[:255])
        order.total -= amount
        order.credit_total += amount


def take_back(order: Order, attempt_id: UUID | None, reason: CreditReason | None = None) -> None:
    """A refund that came to nothing leaves no credit line, and gave nothing back of any line.

    Without an attempt: the credit lines of a reason that have none.
    """
    lines = CreditLine.objects.filter(order=order, attempt_id=attempt_id)
    for line in lines if reason is None else lines.filter(reason=reason):
        order.total += line.amount
        order.credit_total -= line.amount
        line.delete()
    if attempt_id is not None:
        CreditedItem.objects.filter(order=order, attempt_id=attempt_id).update(is_taken_back=True)


def credit_unasked(order: Order, amount: Decimal, reason: CreditReason, attempt_id: UUID, note: str) -> None:
    """For a refund that was made though nobody here waited for it: at its provider, or after it was declined.

    What was owed anyway needs no credit line, and what is on its way besides has one of its own, whichever comes first.
    An order about to be canceled is worth nothing already. It gave back of lines what it was asked for.
    """
    uncovered = standing_of(order).before(amount).credit_of(amount)
    credit(order, min(uncovered, order.total), reason, attempt_id, note)
    CreditedItem.objects.filter(order=order, attempt_id=attempt_id).update(is_taken_back=False)

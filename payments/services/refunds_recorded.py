"""Refunds that were made elsewhere, recorded on the payments they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from django.db import connection

from oms.core import locks
from payments.models import Payment


def refundable(order_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """What was taken for each of these orders and has not gone back; their payments are locked.

    The caller has locked the orders. Orders without payments are missing from the answer.
    """
    left: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for payment in locks.lock(locks.Rank.CAPABILITY, Payment.objects.filter(order_id__in=order_ids)):
        if payment.order_id is not None:
            left[payment.order_id] += payment.captured - payment.refunded
    return dict(left)


def record(amounts: Mapping[UUID, Decimal]) -> None:
    """Note that these amounts went back to the customers of these orders: from their oldest payments first.

    The payments are locked (`refundable`). Raises ValueError for more than was taken.
    """
    left = {order_id: amount for order_id, amount in amounts.items() if amount}
    changed: dict[UUID, Decimal] = {}
    for payment in Payment.objects.filter(order_id__in=left).order_by("created_at", "id"):
        if payment.order_id is None:
            continue
        amount = min(left[payment.order_id], payment.captured - payment.refunded)
        if amount:
            changed[payment.pk] = amount
            left[payment.order_id] -= amount
    if any(left.values()):
        raise ValueError("more is to be given back than was taken")
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, [list(changed), list(changed.values())])


_RECORD = """
UPDATE payments_payment AS old SET refunded = old.refunded + new.amount, updated_at = clock_timestamp()
FROM unnest(%s::uuid[], %s::numeric[]) AS new(id, amount) WHERE old.id = new.id
"""

"""Refunds that were made elsewhere, recorded on the payments they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from django.db import connection

from oms.core import ids, locks
from payments.enums import EventSource, MoneyAct
from payments.models import Payment, ProviderEvent
from payments.providers.base import Outcome


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

    What a payment of ours says follows from its log, so there it is noted too. The payments are locked (`refundable`).
    Raises ValueError for more than was taken.
    """
    left = {order_id: amount for order_id, amount in amounts.items() if amount}
    changed: dict[UUID, Decimal] = {}
    told: list[ProviderEvent] = []
    for payment in Payment.objects.filter(order_id__in=left).order_by("created_at", "id"):
        if payment.order_id is None:
            continue
        amount = min(left[payment.order_id], payment.captured - payment.refunded)
        if amount:
            changed[payment.pk] = amount
            left[payment.order_id] -= amount
            if not payment.is_recorded:
                told.append(_event(payment, amount))
    if any(left.values()):
        raise ValueError("more is to be given back than was taken")
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, [list(changed), list(changed.values())])
        ProviderEvent.objects.bulk_create(told)


def _event(payment: Payment, amount: Decimal) -> ProviderEvent:
    event_id = ids.new_id()
    return ProviderEvent(
        pk=event_id,
        provider=payment.provider,
        reference=payment.reference,
        act=MoneyAct.REFUND,
        movement=f"elsewhere_{event_id}",
        outcome=Outcome.SUCCEEDED,
        currency=payment.currency,
        amount=amount,
        source=EventSource.STAFF,
    )


_RECORD = """
UPDATE payments_payment AS old SET refunded = old.refunded + new.amount, updated_at = clock_timestamp()
FROM unnest(%s::uuid[], %s::numeric[]) AS new(id, amount) WHERE old.id = new.id
"""

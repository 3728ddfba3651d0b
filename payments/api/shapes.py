"""Payments as the API shows them, by the contract's names. What this system has no notion of yet is null."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import Meta, Struct

from oms.core import ids
from oms.web.rendering import amount, moment, moment_or_none
from payments.models import Payment

Amount = Decimal | int
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
COLLECTION: Final = "pay_col"


class MovedMoney(Struct, kw_only=True):
    """A capture or a refund. created_by: null, for it was made elsewhere."""

    id: str
    payment_id: str
    amount: Amount
    created_at: Moment
    updated_at: Moment
    created_by: str | None = None
    metadata: dict[str, Any] | None = None
    deleted_at: str | None = None


class PaymentShape(Struct, kw_only=True):
    """method and reference (ours): how it was paid, and what its provider calls it."""

    id: str
    payment_collection_id: str
    currency_code: str
    amount: Amount
    provider_id: str
    method: str
    reference: str
    captures: list[MovedMoney]
    refunds: list[MovedMoney]
    captured_at: Moment | None
    canceled_at: Moment | None
    created_at: Moment
    updated_at: Moment
    metadata: dict[str, Any]
    data: dict[str, Any] = {}
    payment_session_id: str | None = None
    deleted_at: str | None = None


def collection_id(order_id: UUID) -> str:
    """Payments that were recorded with an order belong to its first collection, whose id is the order's."""
    return ids.encode(COLLECTION, order_id)


def payment(row: Payment) -> PaymentShape:
    return PaymentShape(
        id=row.public_id,
        payment_collection_id=collection_id(row.collection_id or row.order_id or row.pk),
        currency_code=row.currency.lower(),
        amount=amount(row.amount),
        provider_id=row.provider,
        method=row.method,
        reference=row.reference,
        captures=_moved("capt", row, row.captured),
        refunds=_moved("ref", row, row.refunded),
        captured_at=moment_or_none(row.captured_at),
        canceled_at=moment_or_none(row.canceled_at),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
        metadata=row.metadata,
    )


def _moved(prefix: str, row: Payment, value: Decimal) -> list[MovedMoney]:
    """What was taken, or given back, of a payment recorded elsewhere: known in sum only."""
    if not value:
        return []
    at = moment((row.captured_at if prefix == "capt" else None) or row.updated_at)
    return [
        MovedMoney(
            id=ids.encode(prefix, row.pk),
            payment_id=row.public_id,
            amount=amount(value),
            created_at=at,
            updated_at=moment(row.updated_at),
        )
    ]

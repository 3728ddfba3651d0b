"""Gift cards and store credit as the API shows them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import Struct

from oms.core import ids
from oms.web.rendering import Amount, Moment, amount, moment, moment_or_none
from payments.models import GiftCard, StoreCreditAccount
from payments.models.balances import BalanceEntry


class GiftCardShape(Struct, kw_only=True):
    """code: in the one answer that made it; empty ever after. value: what it was issued with. available: what can be
    paid with now. status: active, used_up, expired, disabled."""

    id: str
    code: str
    last_four: str
    status: str
    currency_code: str
    value: Amount
    balance: Amount
    available: Amount
    expires_at: Moment | None
    disabled_at: Moment | None
    recipient: str
    note: str
    order_id: str | None
    line_item_id: str | None
    created_by: dict[str, Any]
    created_at: Moment
    updated_at: Moment


class StoreCreditAccountShape(Struct, kw_only=True):
    id: str
    customer_id: str
    currency_code: str
    balance: Amount
    created_at: Moment
    updated_at: Moment


class EntryShape(Struct, kw_only=True):
    """A movement. amount: with its sign. balance: after it. number: counts them. reference: the payment that moved it,
    as its provider knows it; attempt_id: the attempt."""

    id: str
    number: int
    kind: str
    amount: Amount
    balance: Amount
    reason: str
    note: str
    reference: str
    attempt_id: str | None
    created_by: dict[str, Any]
    created_at: Moment


def gift_card(row: GiftCard, *, code: str = "") -> GiftCardShape:
    return GiftCardShape(
        id=row.public_id,
        code=code,
        last_four=row.last_four,
        status=row.status,
        currency_code=row.currency.lower(),
        value=amount(row.initial_amount),
        balance=amount(row.balance),
        available=amount(row.available),
        expires_at=moment_or_none(row.expires_at),
        disabled_at=moment_or_none(row.disabled_at),
        recipient=row.recipient,
        note=row.note,
        order_id=_named(ids.ORDER, row.order_id),
        line_item_id=_named(ids.ORDER_LINE, row.order_line_id),
        created_by=row.actor,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )


def account(row: StoreCreditAccount) -> StoreCreditAccountShape:
    return StoreCreditAccountShape(
        id=row.public_id,
        customer_id=ids.encode(ids.CUSTOMER, row.customer_id),
        currency_code=row.currency.lower(),
        balance=amount(row.balance),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )


def entry(row: BalanceEntry) -> EntryShape:
    return EntryShape(
        id=row.public_id,
        number=row.number,
        kind=row.kind,
        amount=amount(row.amount),
        balance=amount(row.balance_after),
        reason=row.reason,
        note=row.note,
        reference=row.reference,
        attempt_id=_named(ids.PAYMENT_ATTEMPT, row.attempt_id),
        created_by=row.actor,
        created_at=moment(row.created_at),
    )


def _named(prefix: str, value: UUID | None) -> str | None:
    return None if value is None else ids.encode(prefix, value)

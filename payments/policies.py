"""What may still be moved of a payment: pure rules over amounts, for services, API and console alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from payments.enums import OPEN_STATES, CollectionStatus, MoneyAct, PaymentStatus, RefundReason, SessionStatus

ZERO: Final = Decimal(0)
# Why somebody gives money back. The others are said by the house itself.
CHOSEN_REASONS: Final = [
    each for each in RefundReason if each not in (RefundReason.CANCELLATION, RefundReason.PROVIDER)
]


class Try(Protocol):
    """As much of an attempt as the rules need."""

    act: str
    state: str
    amount: Decimal


class Held(Protocol):
    """As much of a payment as the rules need."""

    amount: Decimal
    captured: Decimal
    refunded: Decimal
    canceled_at: datetime | None
    expires_at: datetime | None


def on_its_way(attempts: Iterable[Try], act: MoneyAct) -> Decimal:
    """What is asked for and not settled: it counts as moved until its provider says otherwise."""
    return sum((each.amount for each in attempts if each.act == act and each.state in OPEN_STATES), ZERO)


def capturable(payment: Held, attempts: Iterable[Try]) -> Decimal:
    """What can still be taken; nothing once it was let go, or while somebody asks for that."""
    attempts = list(attempts)
    if payment.canceled_at or any(each.act == MoneyAct.VOID and each.state in OPEN_STATES for each in attempts):
        return ZERO
    return payment.amount - payment.captured - on_its_way(attempts, MoneyAct.CAPTURE)


def refundable(payment: Held, attempts: Iterable[Try]) -> Decimal:
    """What can still be given back."""
    return payment.captured - payment.refunded - on_its_way(attempts, MoneyAct.REFUND)


def voidable(payment: Held, attempts: Iterable[Try]) -> Decimal:
    """What can be let go: all that is held and not taken, unless some of it is being taken right now."""
    attempts = list(attempts)
    busy = any(each.act in (MoneyAct.CAPTURE, MoneyAct.VOID) and each.state in OPEN_STATES for each in attempts)
    return ZERO if payment.canceled_at or busy else payment.amount - payment.captured


def has_expired(payment: Held, now: datetime) -> bool:
    return payment.expires_at is not None and payment.expires_at <= now


def pledged(payment: Held, now: datetime) -> Decimal:
    """What a payment is good for: all of it; once the rest was let go or has ended, what was taken."""
    return payment.captured if payment.canceled_at or has_expired(payment, now) else payment.amount


def payment_status(payment: Held) -> PaymentStatus:
    """Where a payment stands, by its amounts. `selectors.in_status` says the same in SQL."""
    if payment.refunded:
        return PaymentStatus.REFUNDED if payment.refunded >= payment.captured else PaymentStatus.PARTIALLY_REFUNDED
    if payment.captured:
        return PaymentStatus.CAPTURED if payment.captured >= payment.amount else PaymentStatus.PARTIALLY_CAPTURED
    return PaymentStatus.CANCELED if payment.canceled_at else PaymentStatus.AUTHORIZED


def collection_status(
    *, amount: Decimal, held: Decimal, captured: Decimal, canceled: bool, tries: Collection[str]
) -> CollectionStatus:
    """Where a collection stands. held: what is authorized and was not let go; tries: the statuses of its sessions.

    What was taken counts first: a collection that is called off after that was paid all the same.
    """
    if captured:
        return CollectionStatus.COMPLETED if captured >= amount else CollectionStatus.PARTIALLY_CAPTURED
    if canceled:
        return CollectionStatus.CANCELED
    if held:
        return CollectionStatus.AUTHORIZED if held >= amount else CollectionStatus.PARTIALLY_AUTHORIZED
    if any(each in (SessionStatus.PENDING, SessionStatus.REQUIRES_MORE) for each in tries):
        return CollectionStatus.AWAITING
    return CollectionStatus.FAILED if SessionStatus.ERROR in tries else CollectionStatus.NOT_PAID

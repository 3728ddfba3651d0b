"""From rows of payments to what the API shows. Everything is at hand (`payments.selectors`): no query is made here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from oms.core import ids
from oms.core.actors import ActorKind
from oms.web.rendering import amount, moment, moment_or_none
from payments import models, policies
from payments.api import shapes
from payments.enums import OPEN_STATES, AttemptState, CollectionStatus, MoneyAct, RefundReason

ZERO: Final = Decimal(0)
_SECRET: Final = ("secret", "token", "password", "api_key", "signature")


def collection_id(order_id: UUID) -> str:
    """Payments that were recorded with an order belong to its first collection, whose id is the order's."""
    return ids.encode(ids.PAYMENT_COLLECTION, order_id)


def payment(row: models.Payment) -> shapes.Payment:
    attempts = list(row.attempts.all())
    waiting = [each for each in attempts if each.state in OPEN_STATES]
    session = ids.encode(ids.PAYMENT_SESSION, row.session_id) if row.session_id else None
    movable = not row.is_recorded
    return shapes.Payment(
        id=row.public_id,
        payment_collection_id=collection_id(row.collection_id or row.order_id or row.pk),
        payment_session_id=session,
        payment_session=shapes.SessionId(id=session) if session else None,
        order_id=ids.encode(ids.ORDER, row.order_id) if row.order_id else None,
        currency_code=row.currency.lower(),
        amount=amount(row.amount),
        provider_id=row.provider,
        method=row.method,
        reference=row.reference,
        status=policies.payment_status(row),
        captured_amount=amount(row.captured),
        refunded_amount=amount(row.refunded),
        capturable_amount=amount(max(policies.capturable(row, attempts), ZERO)) if movable else 0,
        refundable_amount=amount(max(policies.refundable(row, attempts), ZERO)) if movable else 0,
        pending_amount=amount(sum((each.amount for each in waiting), ZERO)),
        captures=_captures(row, attempts),
        refunds=_refunds(row, attempts),
        attempts=[attempt(each) for each in waiting],
        problem=row.problem or None,
        captured_at=moment_or_none(row.captured_at),
        canceled_at=moment_or_none(row.canceled_at),
        expires_at=moment_or_none(row.expires_at),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
        metadata=row.metadata,
    )


def attempt(row: models.PaymentAttempt) -> shapes.PaymentAttempt:
    return shapes.PaymentAttempt(
        id=row.public_id,
        act=row.act,
        state=row.state,
        amount=amount(row.amount),
        currency_code=row.currency.lower(),
        payment_id=ids.encode(ids.PAYMENT, row.payment_id) if row.payment_id else None,
        payment_session_id=ids.encode(ids.PAYMENT_SESSION, row.session_id) if row.session_id else None,
        reason=row.reason or None,
        note=row.note or None,
        code=row.code or None,
        message=row.message or None,
        is_foreign=row.is_foreign,
        tries=row.tries,
        actor=row.actor,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
        settled_at=moment_or_none(row.settled_at),
    )


def event(row: models.ProviderEvent) -> shapes.ProviderEvent:
    return shapes.ProviderEvent(
        id=row.public_id,
        provider_id=row.provider,
        reference=row.reference,
        act=row.act,
        movement=row.movement or None,
        outcome=row.outcome,
        amount=amount(row.amount),
        currency_code=row.currency.lower(),
        code=row.code or None,
        message=row.message or None,
        source=row.source,
        problem=row.problem or None,
        occurred_at=moment_or_none(row.occurred_at),
        expires_at=moment_or_none(row.expires_at),
        recorded_at=moment(row.recorded_at),
    )


def session(row: models.PaymentSession) -> shapes.PaymentSession:
    """As everybody may see it."""
    return shapes.PaymentSession(**_session(row))


def session_begun(row: models.PaymentSession) -> shapes.SessionWithPayment:
    """As whoever pays with it needs it: with what the customer's browser is to be given."""
    paid = next(iter(row.payments.all()), None)
    return shapes.SessionWithPayment(
        **_session(row) | {"data": row.data, "payment": None if paid is None else payment(paid)}
    )


def _session(row: models.PaymentSession) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "payment_collection_id": collection_id(row.collection_id),
        "provider_id": row.provider,
        "currency_code": row.currency.lower(),
        "amount": amount(row.amount),
        "status": row.status,
        "capture": row.capture,
        "code": row.code or None,
        "message": row.message or None,
        "authorized_at": moment_or_none(row.authorized_at),
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "data": without_secrets(row.data),
        "context": without_secrets(row.context),
        "metadata": row.metadata,
    }


def without_secrets(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a provider gave for the customer's browser, for people who are not that customer."""
    return {
        name: without_secrets(value) if isinstance(value, Mapping) else value
        for name, value in data.items()
        if not any(word in name.lower() for word in _SECRET)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A collection as it is shown, whether or not it was written down. canceled: nothing is collected any more."""

    id: UUID
    order_id: UUID | None
    currency: str
    amount: Decimal
    canceled: bool
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


def collection(
    row: models.PaymentCollection, payments: Collection[models.Payment], *, order_is_canceled: bool = False
) -> shapes.PaymentCollection:
    """payments: those of the collection. A first collection's include what was recorded with the order."""
    known = Collected(
        id=row.pk,
        order_id=row.order_id,
        currency=row.currency,
        amount=row.amount,
        canceled=row.canceled_at is not None or order_is_canceled,
        metadata=row.metadata or None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
    return collected(known, payments, list(row.sessions.all()))


def collected(
    known: Collected, payments: Collection[models.Payment], sessions: Sequence[models.PaymentSession] = ()
) -> shapes.PaymentCollection:
    captured = sum((each.captured for each in payments), ZERO)
    status = policies.collection_status(
        amount=known.amount,
        held=sum((each.captured if each.canceled_at else each.amount for each in payments), ZERO),
        captured=captured,
        canceled=known.canceled,
        tries=[each.status for each in sessions],
    )
    taken = [each.captured_at for each in payments if each.captured_at]
    providers = dict.fromkeys([*(each.provider for each in payments), *(each.provider for each in sessions)])
    return shapes.PaymentCollection(
        id=collection_id(known.id),
        order_id=ids.encode(ids.ORDER, known.order_id) if known.order_id else None,
        currency_code=known.currency.lower(),
        status=status,
        amount=amount(known.amount),
        authorized_amount=amount(sum((each.amount for each in payments), ZERO)),
        captured_amount=amount(captured),
        refunded_amount=amount(sum((each.refunded for each in payments), ZERO)),
        payments=[payment(each) for each in payments],
        payment_sessions=[session(each) for each in sessions],
        payment_providers=[shapes.SessionId(id=each) for each in providers],
        created_at=moment(known.created_at),
        updated_at=moment(known.updated_at),
        completed_at=moment(max(taken)) if taken and status == CollectionStatus.COMPLETED else None,
        metadata=known.metadata,
    )


def refund_reason(reason: RefundReason) -> shapes.RefundReason:
    return shapes.RefundReason(id=reason.value, code=reason.value, label=str(reason.label))


def _captures(row: models.Payment, attempts: Sequence[models.PaymentAttempt]) -> list[shapes.Capture]:
    if row.is_recorded:
        return [shapes.Capture(**_recorded(ids.CAPTURE, row, row.captured))] if row.captured else []
    return [shapes.Capture(**_moved(ids.CAPTURE, each)) for each in _done(attempts, MoneyAct.CAPTURE)]


def _refunds(row: models.Payment, attempts: Sequence[models.PaymentAttempt]) -> list[shapes.Refund]:
    if row.is_recorded:
        return [shapes.Refund(**_recorded(ids.REFUND, row, row.refunded))] if row.refunded else []
    return [
        shapes.Refund(
            **_moved(ids.REFUND, each),
            note=each.note or None,
            refund_reason_id=each.reason or None,
            refund_reason=refund_reason(RefundReason(each.reason)) if each.reason else None,
        )
        for each in _done(attempts, MoneyAct.REFUND)
    ]


def _done(attempts: Sequence[models.PaymentAttempt], act: MoneyAct) -> list[models.PaymentAttempt]:
    return [each for each in attempts if each.act == act and each.state == AttemptState.SUCCEEDED]


def _moved(prefix: str, row: models.PaymentAttempt) -> dict[str, Any]:
    by_somebody = row.actor and row.actor.get("kind") != ActorKind.SYSTEM
    return {
        "id": ids.encode(prefix, row.pk),
        "payment_id": ids.encode(ids.PAYMENT, row.payment_id) if row.payment_id else "",
        "amount": amount(row.amount),
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "created_by": row.actor["id"] if by_somebody else None,
    }


def _recorded(prefix: str, row: models.Payment, value: Decimal) -> dict[str, Any]:
    """What was taken, or given back, of a payment recorded elsewhere: known in sum only."""
    return {
        "id": ids.encode(prefix, row.pk),
        "payment_id": row.public_id,
        "amount": amount(value),
        "created_at": moment((row.captured_at if prefix == ids.CAPTURE else None) or row.updated_at),
        "updated_at": moment(row.updated_at),
    }

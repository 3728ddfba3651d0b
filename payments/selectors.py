"""Reading payments: a fixed number of queries, whatever they consist of."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL

from oms.core import ids
from oms.core.errors import NotFound
from payments.enums import OPEN_STATES, AttemptState, PaymentStatus
from payments.models import Payment, PaymentAttempt, PaymentCollection, PaymentSession, ProviderEvent
from payments.services import sessions

# What can be captured; an index keeps it: few rows, however many payments there are.
TO_CAPTURE: Final = Q(canceled_at=None, captured__lt=F("amount"))
_UNTAKEN: Final = Q(captured=0, refunded=0)
_STATUS: Final = {
    PaymentStatus.AUTHORIZED: _UNTAKEN & TO_CAPTURE,
    PaymentStatus.CANCELED: _UNTAKEN & Q(canceled_at__isnull=False),
    PaymentStatus.PARTIALLY_CAPTURED: Q(captured__gt=0, captured__lt=F("amount"), refunded=0),
    PaymentStatus.CAPTURED: Q(captured__gt=0, captured__gte=F("amount"), refunded=0),
    PaymentStatus.PARTIALLY_REFUNDED: Q(refunded__gt=0, refunded__lt=F("captured")),
    PaymentStatus.REFUNDED: Q(refunded__gt=0, refunded__gte=F("captured")),
}


def payments_in_full() -> QuerySet[Payment]:
    """Payments with their attempts, in two queries."""
    return Payment.objects.prefetch_related("attempts")


def payment_in_full(payment_id: UUID) -> Payment:
    """Raises NotFound."""
    row = payments_in_full().filter(pk=payment_id).first()
    if row is None:
        raise NotFound(kind="payment", id=ids.encode(ids.PAYMENT, payment_id))
    return row


def in_status(words: Collection[str]) -> Q:
    """Payments that stand there, as `policies.payment_status` says."""
    return reduce(or_, (_STATUS[PaymentStatus(word)] for word in words))


def waiting() -> Q:
    """Payments of which something is not settled yet.

    Looked up first, and told as an array: of how few there are PostgreSQL knows nothing, and would rather look through
    all payments for the first of them.
    """
    found, values = open_of_payments().order_by().values("payment_id").query.sql_with_params()
    return Q(pk__in=RawSQL(f"SELECT unnest(ARRAY({found}))", values))  # noqa: S611  (Django's own SQL, its values apart)


def open_of_payments() -> QuerySet[PaymentAttempt]:
    """What is not settled yet of payments. By an index, which has no authorizations of customers who never came back:
    these stay open for good."""
    return PaymentAttempt.objects.filter(state__in=OPEN_STATES, payment__isnull=False)


def intended(order_id: UUID) -> QuerySet[PaymentAttempt]:
    """What somebody has still to be asked for, of an order's payments."""
    return PaymentAttempt.objects.filter(payment__order_id=order_id, state=AttemptState.INTENDED)


def collection_in_full(collection_id: UUID) -> tuple[PaymentCollection, list[Payment]]:
    """A collection with its sessions, and its payments; to an order's first one belongs what was recorded with it.

    Raises NotFound.
    """
    row = sessions.find_collection(collection_id)
    its = Q(collection=row) | Q(order_id=row.pk, collection=None)
    return row, list(payments_in_full().filter(its).order_by("created_at", "id"))


def session_in_full(session_id: UUID) -> PaymentSession:
    """A session with its payment. Raises NotFound."""
    row = PaymentSession.objects.prefetch_related("payments__attempts").filter(pk=session_id).first()
    if row is None:
        raise NotFound(kind="payment session", id=ids.encode(ids.PAYMENT_SESSION, session_id))
    return row


def events_of(payment: Payment) -> QuerySet[ProviderEvent]:
    """Everything that its provider told of it; of what was recorded elsewhere nobody told anything."""
    if not payment.reference or payment.is_recorded:
        return ProviderEvent.objects.none()
    return ProviderEvent.objects.filter(provider=payment.provider, reference=payment.reference)

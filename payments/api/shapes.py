"""Payments as the API shows them, by the contract's names; what is ours is marked so.

Amounts are in major units. Neither what a customer paid with (tokens) nor a provider's secrets are shown.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from oms.web.rendering import Amount, Moment


class Capture(Struct, kw_only=True):
    """What was taken. created_by: the user, key or system; null for what was made elsewhere."""

    id: str
    payment_id: str
    amount: Amount
    created_at: Moment
    updated_at: Moment
    created_by: str | None = None
    metadata: dict[str, Any] | None = None
    deleted_at: str | None = None


class RefundReason(Struct, kw_only=True):
    """`id` is a word. They come with the house: none is added."""

    id: str
    code: str
    label: str
    description: str | None = None
    metadata: dict[str, Any] | None = None


class Refund(Capture, kw_only=True):
    """What went back."""

    note: str | None = None
    refund_reason_id: str | None = None
    refund_reason: RefundReason | None = None


class SessionId(Struct, kw_only=True):
    id: str


class PaymentAttempt(Struct, kw_only=True):
    """Ours. An authorization, capture, refund or void, as it stands.

    state: intended (nobody was asked yet, or the answer is awaited), pending (the provider works on it), unknown
    (nobody can say yet whether it was done; it is found out), succeeded, declined. code and message: the
    provider's, for a refusal. is_foreign: made at the provider. A capture and its attempt differ in the prefix of
    their id only.
    """

    id: str
    act: str
    state: str
    amount: Amount
    currency_code: str
    payment_id: str | None
    payment_session_id: str | None
    reason: str | None
    note: str | None
    code: str | None
    message: str | None
    is_foreign: bool
    tries: int
    actor: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    settled_at: Moment | None


class Payment(Struct, kw_only=True):
    """captures, refunds: what succeeded.

    Ours: status; method and reference, how it was paid and what its provider calls it; captured_amount and
    refunded_amount, their sums; capturable_amount and refundable_amount, what can be asked for now; attempts, those
    that are not settled, with pending_amount, their sum; expires_at, when the provider lets go of what is not captured;
    problem, what its provider told that cannot be, or that a bank disputes.
    """

    id: str
    payment_collection_id: str
    payment_session_id: str | None
    payment_session: SessionId | None
    order_id: str | None
    currency_code: str
    amount: Amount
    provider_id: str
    method: str
    reference: str
    status: str
    captured_amount: Amount
    refunded_amount: Amount
    capturable_amount: Amount
    refundable_amount: Amount
    pending_amount: Amount
    captures: list[Capture]
    refunds: list[Refund]
    attempts: list[PaymentAttempt]
    problem: str | None
    captured_at: Moment | None
    canceled_at: Moment | None
    expires_at: Moment | None
    created_at: Moment
    updated_at: Moment
    metadata: dict[str, Any]
    data: dict[str, Any] = {}
    deleted_at: str | None = None


class PaymentSession(Struct, kw_only=True):
    """One try to pay with one provider. data: what the customer's browser needs, shown to whoever began it.

    Ours: code and message, why the provider declined.
    """

    id: str
    payment_collection_id: str
    provider_id: str
    currency_code: str
    amount: Amount
    status: str
    capture: bool
    code: str | None
    message: str | None
    authorized_at: Moment | None
    created_at: Moment
    updated_at: Moment
    data: dict[str, Any]
    context: dict[str, Any]
    metadata: dict[str, Any]
    deleted_at: str | None = None


class SessionWithPayment(PaymentSession, kw_only=True):
    """payment: null until something is authorized."""

    payment: Payment | None


class PaymentProvider(Struct, kw_only=True):
    """Ours: title, and what it can do."""

    id: str
    is_enabled: bool
    title: str
    can_capture_in_parts: bool
    can_refund_in_parts: bool
    can_void: bool


class PaymentCollection(Struct, kw_only=True):
    """An amount to be collected, and what was paid into it. An order's first one has the order's id."""

    id: str
    order_id: str | None
    currency_code: str
    status: str
    amount: Amount
    authorized_amount: Amount
    captured_amount: Amount
    refunded_amount: Amount
    payments: list[Payment]
    payment_sessions: list[PaymentSession]
    payment_providers: list[SessionId]
    created_at: Moment
    updated_at: Moment
    completed_at: Moment | None
    metadata: dict[str, Any] | None
    deleted_at: str | None = None


class ProviderEvent(Struct, kw_only=True):
    """Ours. One thing that a provider told of a payment: by an answer, a webhook, or because it was looked up.

    outcome: pending, requires_action, succeeded, declined. problem: why it is shown and changed nothing.
    """

    id: str
    provider_id: str
    reference: str
    act: str
    movement: str | None
    outcome: str
    amount: Amount
    currency_code: str
    code: str | None
    message: str | None
    source: str
    problem: str | None
    occurred_at: Moment | None
    expires_at: Moment | None
    recorded_at: Moment


class DeletedCollection(Struct, kw_only=True):
    id: str
    object: str = "payment-collection"
    deleted: bool = True

"""What orders tell the world. Ids and facts of the moment; amounts are decimal text in major units."""

from __future__ import annotations

from dataclasses import dataclass

from oms.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(Event):
    name = "order.placed"
    order_id: str
    channel: str
    external_id: str | None
    total: str
    currency_code: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUpdated(Event):
    name = "order.updated"
    order_id: str
    changed: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCanceled(Event):
    name = "order.canceled"
    order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCompleted(Event):
    name = "order.completed"
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderArchived(Event):
    name = "order.archived"
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced(Event):
    name = "order.hold_placed"
    order_id: str
    hold_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleased(Event):
    name = "order.hold_released"
    order_id: str
    hold_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentCreated(Event):
    name = "order.fulfillment_created"
    order_id: str
    fulfillment_id: str
    location_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentCanceled(Event):
    name = "order.fulfillment_canceled"
    order_id: str
    fulfillment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentCreated(Event):
    name = "order.shipment_created"
    order_id: str
    fulfillment_id: str
    tracking_numbers: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Event):
    name = "order.delivered"
    order_id: str
    fulfillment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _MoneyMoved(Event):
    """attempt_id: the authorization, capture or refund. amount: decimal text in major units."""

    order_id: str
    payment_id: str | None
    attempt_id: str
    provider: str
    amount: str
    currency_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAuthorized(_MoneyMoved):
    name = "order.payment_authorized"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(_MoneyMoved):
    name = "order.payment_captured"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptureFailed(_MoneyMoved):
    """code: the provider's word for why."""

    name = "order.payment_capture_failed"
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCreated(_MoneyMoved):
    """The money went back."""

    name = "order.refund_created"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(_MoneyMoved):
    """The provider would not, or the customer's bank sent it back. code: the provider's word for why."""

    name = "order.refund_failed"
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerExported(Event):
    """What is kept about a customer was handed out."""

    name = "customer.exported"
    customer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerErased(Event):
    """Who a customer was is forgotten; each of their orders tells order.updated."""

    name = "customer.erased"
    customer_id: str
    orders: int

"""The tables of an order as rows, for one order placed and for two thousand lines imported.

Columns that are not named here take the defaults of the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from oms.core import events
from oms.core.bulk import Row
from payments.rows import PaymentRow


class OrderRow(Row, kw_only=True):
    table = "orders_order"

    id: UUID
    channel_id: UUID
    external_id: str | None
    customer_id: UUID | None
    email: str
    phone: str
    status: str
    payment_status: str
    fulfillment_status: str
    units_open: int
    is_sample: bool
    currency: str
    prices_include_tax: bool
    item_subtotal: Decimal
    shipping_subtotal: Decimal
    discount_total: Decimal
    tax_total: Decimal
    adjustment_total: Decimal
    credit_total: Decimal
    total: Decimal
    original_total: Decimal
    captured_total: Decimal
    refunded_total: Decimal
    placed_at: datetime
    completed_at: datetime | None
    canceled_at: datetime | None
    cancel_reason: str
    tags: list[str]
    metadata: dict[str, Any]
    event_seq: int
    source_digest: str
    import_run_id: UUID | None


class LineRow(Row, kw_only=True):
    table = "orders_orderline"

    id: UUID
    order_id: UUID
    position: int
    kind: str
    sku: str
    title: str
    item_id: UUID | None
    is_stocked: bool
    requires_shipping: bool
    components: list[dict[str, Any]] | None = None
    quantity: int
    unit_price: Decimal
    subtotal: Decimal
    discount_total: Decimal
    tax_total: Decimal
    total: Decimal
    quantity_fulfilled: int
    quantity_shipped: int
    quantity_delivered: int
    metadata: dict[str, Any]


class ShippingLineRow(Row, kw_only=True):
    table = "orders_shippingline"

    id: UUID
    order_id: UUID
    position: int
    code: str
    name: str
    quantity: int
    unit_price: Decimal
    subtotal: Decimal
    discount_total: Decimal
    tax_total: Decimal
    total: Decimal
    metadata: dict[str, Any]


class TaxLineRow(Row, kw_only=True):
    table = "orders_taxline"

    id: UUID
    order_id: UUID
    line_id: UUID | None
    shipping_line_id: UUID | None
    name: str
    code: str
    rate: Decimal
    amount: Decimal


class AdjustmentRow(Row, kw_only=True):
    table = "orders_adjustment"

    id: UUID
    order_id: UUID
    line_id: UUID | None
    shipping_line_id: UUID | None
    kind: str
    code: str
    description: str
    amount: Decimal


class AddressRow(Row, kw_only=True):
    table = "orders_orderaddress"

    id: UUID
    order_id: UUID
    kind: str
    first_name: str
    last_name: str
    company: str
    address_1: str
    address_2: str
    city: str
    province: str
    postal_code: str
    country_code: str
    country_name: str
    phone: str


class CreditLineRow(Row, kw_only=True):
    table = "orders_creditline"

    id: UUID
    order_id: UUID
    amount: Decimal
    reason: str
    reference: str
    note: str
    is_stated: bool = False


class NoteRow(Row, kw_only=True):
    table = "orders_note"

    id: UUID
    order_id: UUID
    body: str
    author: dict[str, Any]


class TimelineRow(Row, kw_only=True):
    table = "orders_timelineentry"

    id: UUID
    order_id: UUID
    occurred_at: datetime
    actor: dict[str, Any]
    action: str
    facts: dict[str, Any]
    changes: dict[str, Any]


@dataclass(slots=True)
class Rows:
    """The rows of any number of orders, by table, parents first."""

    orders: list[OrderRow] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    shipping: list[ShippingLineRow] = field(default_factory=list)
    taxes: list[TaxLineRow] = field(default_factory=list)
    adjustments: list[AdjustmentRow] = field(default_factory=list)
    addresses: list[AddressRow] = field(default_factory=list)
    credits: list[CreditLineRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)
    timeline: list[TimelineRow] = field(default_factory=list)
    outbox: list[events.OutboxRow] = field(default_factory=list)

    def batches(self) -> tuple[list[Any], ...]:
        return (
            self.orders,
            self.lines,
            self.shipping,
            self.taxes,
            self.adjustments,
            self.addresses,
            self.credits,
            self.payments,
            self.notes,
            self.timeline,
            self.outbox,
        )

"""Orders as the API shows them: the contract's names, and ours (external_id, tags, holds, revision …) beside them.

Amounts are in major units of the order's currency. What this system has no notion of yet is null.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from oms.web.rendering import Amount, Moment
from orders.api.line_shapes import CreditLine, Item, ShippingMethod
from orders.api.part_shapes import Address, Customer, Fulfillment, Hold
from payments.api.shapes import PaymentCollection


class Summary(Struct, kw_only=True):
    """pending_difference: above zero the customer owes, below zero the merchant does."""

    current_order_total: Amount
    original_order_total: Amount
    paid_total: Amount
    refunded_total: Amount
    transaction_total: Amount
    credit_line_total: Amount
    accounting_total: Amount
    pending_difference: Amount


class ListedOrder(Struct, kw_only=True, omit_defaults=False):
    """An order as lists show it. `revision` counts every change that shows: the ETag. Ours: `canceling_at`, since when
    its cancellation waits for its money to go back."""

    id: str
    display_id: int
    status: str
    payment_status: str
    fulfillment_status: str
    return_status: str
    version: int
    revision: int
    external_id: str | None
    sales_channel_id: str
    customer_id: str | None
    email: str | None
    currency_code: str
    summary: Summary
    total: Amount
    original_total: Amount
    subtotal: Amount
    tax_total: Amount
    discount_total: Amount
    item_subtotal: Amount
    shipping_subtotal: Amount
    credit_line_total: Amount
    adjustment_total: Amount
    open_holds: int
    units_open: int
    tags: list[str]
    metadata: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    canceling_at: Moment | None
    canceled_at: Moment | None
    completed_at: Moment | None
    archived_at: Moment | None
    items: list[Item] | None = None
    custom_display_id: str | None = None
    locale: str | None = None
    region_id: str | None = None


class Statement(Struct, kw_only=True):
    """Ours. The money of an order: ordered + shipping - discounted + taxed + adjusted - credited = total, and
    total - captured + refunded = due - owed. ordered, discounted and shipping are without taxes. authorized: promised
    and neither taken nor let go; capturing, refunding: asked for and not done yet; part of none of the others."""

    ordered: Amount
    discounted: Amount
    shipping: Amount
    taxed: Amount
    adjusted: Amount
    credited: Amount
    total: Amount
    authorized: Amount
    captured: Amount
    refunded: Amount
    capturing: Amount
    refunding: Amount
    due: Amount
    owed: Amount


class Order(ListedOrder, kw_only=True):
    """An order in full."""

    statement: Statement

    phone: str | None
    cancel_reason: str | None
    is_sample: bool
    original_subtotal: Amount
    original_tax_total: Amount
    discount_tax_total: Amount
    item_total: Amount
    item_tax_total: Amount
    item_discount_total: Amount
    original_item_total: Amount
    original_item_subtotal: Amount
    original_item_tax_total: Amount
    shipping_total: Amount
    shipping_tax_total: Amount
    shipping_discount_total: Amount
    original_shipping_total: Amount
    original_shipping_subtotal: Amount
    original_shipping_tax_total: Amount
    credit_lines: list[CreditLine]
    shipping_address: Address | None
    billing_address: Address | None
    customer: Customer | None
    shipping_methods: list[ShippingMethod]
    payment_collections: list[PaymentCollection]
    fulfillments: list[Fulfillment]
    holds: list[Hold]
    gift_card_total: Amount = 0
    gift_card_tax_total: Amount = 0
    credit_line_subtotal: Amount = 0
    credit_line_tax_total: Amount = 0


class PlacedItem(Struct, kw_only=True):
    id: str
    title: str
    variant_sku: str | None
    kind: str
    requires_shipping: bool
    quantity: int
    unit_price: Amount
    subtotal: Amount
    discount_total: Amount
    tax_total: Amount
    total: Amount
    metadata: dict[str, Any]


class PlacedOrder(Struct, kw_only=True):
    """An order in the moment of its placing: what was computed, without reading it again. GET it for the rest."""

    id: str
    display_id: int
    status: str
    payment_status: str
    fulfillment_status: str
    version: int
    revision: int
    external_id: str | None
    sales_channel_id: str
    customer_id: str | None
    email: str | None
    currency_code: str
    total: Amount
    original_total: Amount
    subtotal: Amount
    tax_total: Amount
    discount_total: Amount
    item_subtotal: Amount
    shipping_subtotal: Amount
    items: list[PlacedItem]
    tags: list[str]
    metadata: dict[str, Any]
    created_at: Moment


class MinimalOrder(Struct, kw_only=True):
    """What `Prefer: return=minimal` answers."""

    id: str
    display_id: int
    status: str
    external_id: str | None
    currency_code: str
    total: Amount
    revision: int

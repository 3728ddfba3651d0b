"""Orders as the API shows them: the contract's names, and ours (external_id, tags, holds, revision …) beside them.

Amounts are in major units of the order's currency. What this system has no notion of yet is null.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct

from payments.api.shapes import PaymentCollection

Amount = Decimal | int
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class TaxLine(Struct, kw_only=True):
    id: str
    description: str
    code: str
    rate: Amount
    total: Amount
    created_at: Moment
    updated_at: Moment


class Adjustment(Struct, kw_only=True):
    """A discount on one line. `source_difference` on the order is no adjustment of a line."""

    id: str
    code: str
    description: str
    amount: Amount
    created_at: Moment
    updated_at: Moment


class ItemDetail(Struct, kw_only=True):
    """How far the units of a line have come."""

    id: str
    order_id: str
    item_id: str
    version: int
    quantity: int
    fulfilled_quantity: int
    shipped_quantity: int
    delivered_quantity: int
    return_received_quantity: int
    created_at: Moment
    updated_at: Moment
    metadata: dict[str, Any]
    unit_price: Amount | None = None
    compare_at_unit_price: Amount | None = None
    return_requested_quantity: int = 0
    return_dismissed_quantity: int = 0
    written_off_quantity: int = 0
    deleted_at: str | None = None


class Item(Struct, kw_only=True):
    """A line of an order. `kind` (goods, gift_card, fee) is ours."""

    id: str
    title: str
    product_title: str
    variant_sku: str | None
    kind: str
    requires_shipping: bool
    is_giftcard: bool
    is_tax_inclusive: bool
    metadata: dict[str, Any]
    line_item_metadata: dict[str, Any]
    unit_price: Amount
    quantity: int
    detail: ItemDetail
    tax_lines: list[TaxLine]
    adjustments: list[Adjustment]
    subtotal: Amount
    total: Amount
    original_subtotal: Amount
    original_total: Amount
    discount_subtotal: Amount
    discount_tax_total: Amount
    discount_total: Amount
    tax_total: Amount
    original_tax_total: Amount
    refundable_total_per_unit: Amount
    refundable_total: Amount
    fulfilled_total: Amount
    shipped_total: Amount
    created_at: Moment
    updated_at: Moment
    inventory_item_id: str | None = None
    return_requested_total: Amount = 0
    return_received_total: Amount = 0
    return_dismissed_total: Amount = 0
    write_off_total: Amount = 0
    is_discountable: bool = True
    is_custom_price: bool = False
    subtitle: str | None = None
    thumbnail: str | None = None
    variant_id: str | None = None
    variant_title: str | None = None
    variant_barcode: str | None = None
    variant_option_values: dict[str, Any] | None = None
    product_id: str | None = None
    product_description: str | None = None
    product_subtitle: str | None = None
    product_type: str | None = None
    product_type_id: str | None = None
    product_collection: str | None = None
    product_handle: str | None = None
    compare_at_unit_price: Amount | None = None
    deleted_at: str | None = None


class ShippingMethod(Struct, kw_only=True):
    id: str
    order_id: str
    name: str
    code: str
    quantity: int
    amount: Amount
    is_tax_inclusive: bool
    tax_lines: list[TaxLine]
    adjustments: list[Adjustment]
    subtotal: Amount
    total: Amount
    original_subtotal: Amount
    original_total: Amount
    discount_total: Amount
    discount_subtotal: Amount
    discount_tax_total: Amount
    tax_total: Amount
    original_tax_total: Amount
    metadata: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    description: str | None = None
    shipping_option_id: str | None = None
    is_custom_amount: bool = False
    data: dict[str, Any] = {}
    deleted_at: str | None = None


class Address(Struct, kw_only=True):
    id: str
    first_name: str | None
    last_name: str | None
    company: str | None
    address_1: str | None
    address_2: str | None
    city: str | None
    province: str | None
    postal_code: str | None
    country_code: str | None
    country_name: str | None
    phone: str | None
    created_at: Moment
    updated_at: Moment
    customer_id: str | None = None
    metadata: dict[str, Any] | None = None
    deleted_at: str | None = None


class CreditLine(Struct, kw_only=True):
    id: str
    order_id: str
    amount: Amount
    subtotal: Amount
    total: Amount
    reason: str
    reference: str
    note: str
    created_at: Moment
    updated_at: Moment
    version: int
    reference_id: str | None = None
    metadata: dict[str, Any] = {}
    deleted_at: str | None = None


class FulfillmentItem(Struct, kw_only=True):
    id: str
    fulfillment_id: str
    line_item_id: str
    title: str
    sku: str
    quantity: int
    created_at: Moment
    updated_at: Moment
    inventory_item_id: str | None
    barcode: str = ""
    deleted_at: str | None = None


class Label(Struct, kw_only=True):
    id: str
    fulfillment_id: str
    tracking_number: str
    tracking_url: str
    label_url: str
    carrier: str
    created_at: Moment
    updated_at: Moment
    deleted_at: str | None = None


class Fulfillment(Struct, kw_only=True):
    id: str
    location_id: str | None
    provider_id: str
    status: str
    requires_shipping: bool
    packed_at: Moment | None
    shipped_at: Moment | None
    delivered_at: Moment | None
    canceled_at: Moment | None
    items: list[FulfillmentItem]
    labels: list[Label]
    metadata: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    data: dict[str, Any] = {}
    shipping_option_id: str | None = None
    created_by: str | None = None
    marked_shipped_by: str | None = None
    deleted_at: str | None = None


class Hold(Struct, kw_only=True):
    id: str
    reason: str
    note: str
    placed_at: Moment
    placed_by: dict[str, Any]
    release_at: Moment | None
    released_at: Moment | None
    released_by: dict[str, Any] | None


class Customer(Struct, kw_only=True):
    """addresses: none are kept beside those of orders."""

    id: str
    email: str | None
    first_name: str | None
    last_name: str | None
    company_name: str | None
    phone: str | None
    external_id: str | None
    has_account: bool
    metadata: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    created_by: str | None = None
    deleted_at: str | None = None
    addresses: list[Address] = []
    default_billing_address_id: str | None = None
    default_shipping_address_id: str | None = None


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


class TimelineEntry(Struct, kw_only=True):
    id: str
    occurred_at: Moment
    actor: dict[str, Any]
    action: str
    facts: dict[str, Any]
    changes: dict[str, Any]


class Note(Struct, kw_only=True):
    id: str
    body: str
    author: dict[str, Any]
    created_at: Moment


class SourcingCandidate(Struct, kw_only=True):
    """A location that was judged, by its numbers, and why it was chosen or not."""

    location_id: str
    code: str
    name: str
    priority: int
    units_available: int
    items_covered: int
    units_taken: int
    chosen: bool
    reason: str


class Sourcing(Struct, kw_only=True):
    id: str
    strategy: str
    parcels: int
    candidates: list[SourcingCandidate]
    created_at: Moment


class BatchError(Struct, kw_only=True):
    type: str
    code: str
    message: str
    errors: list[dict[str, Any]]


class BatchResult(Struct, kw_only=True, omit_defaults=True):
    """What became of one row of a batch: created, existing or refused."""

    index: int
    status: str
    id: str | None = None
    display_id: int | None = None
    external_id: str | None = None
    error: BatchError | None = None


class BatchAnswer(Struct, kw_only=True):
    created: int
    existing: int
    refused: int
    results: list[BatchResult]


class RefundPreview(Struct, kw_only=True):
    """What a refund of `amount` would come to. credit_line_amount: the order is worth that much less after it; the rest
    was owed to the customer anyway. balance: above zero the customer owes, below zero the merchant does."""

    payment_id: str
    order_id: str
    currency_code: str
    amount: Amount
    credit_line_amount: Amount
    refundable_after: Amount
    order_total: Amount
    order_total_after: Amount
    balance: Amount
    balance_after: Amount

"""What an order consists of, as the API shows it: lines, shipping, with their taxes and discounts; and credit lines."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from oms.web.rendering import Amount, Moment


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

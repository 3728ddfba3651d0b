"""Who and what belongs to an order, as the API shows it: people, parcels, holds, notes, its timeline and sourcing."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from oms.web.rendering import Moment


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

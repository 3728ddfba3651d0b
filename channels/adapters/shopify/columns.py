"""The columns of a Shopify orders export: 79 at present, fewer in older files, in any order."""

from __future__ import annotations

from typing import Final, NamedTuple

_ALIASES: Final = {
    "canceledat": "cancelledat",
    "fulfillmentdate": "fulfilledat",
    "paymentreferencedeprecated": "paymentreference",
    "paymentterms": "paymenttermsname",
}


class Row(NamedTuple):
    """A row as text, "" where the file lacks the column. First what is said of the order, then what of its line."""

    name: str
    id: str
    email: str
    phone: str
    financial_status: str
    paid_at: str
    fulfillment_status: str
    fulfilled_at: str
    accepts_marketing: str
    currency: str
    subtotal: str
    shipping: str
    taxes: str
    total: str
    discount_code: str
    discount_amount: str
    shipping_method: str
    created_at: str
    billing_name: str
    billing_street: str
    billing_address1: str
    billing_address2: str
    billing_company: str
    billing_city: str
    billing_zip: str
    billing_province: str
    billing_province_name: str
    billing_country: str
    billing_phone: str
    shipping_name: str
    shipping_street: str
    shipping_address1: str
    shipping_address2: str
    shipping_company: str
    shipping_city: str
    shipping_zip: str
    shipping_province: str
    shipping_province_name: str
    shipping_country: str
    shipping_phone: str
    notes: str
    note_attributes: str
    cancelled_at: str
    payment_method: str
    payment_reference: str
    payment_references: str
    payment_id: str
    payment_terms_name: str
    next_payment_due_at: str
    refunded_amount: str
    outstanding_balance: str
    employee: str
    location: str
    device_id: str
    tags: str
    risk_level: str
    source: str
    receipt_number: str
    duties: str
    tax_1_name: str
    tax_1_value: str
    tax_2_name: str
    tax_2_value: str
    tax_3_name: str
    tax_3_value: str
    tax_4_name: str
    tax_4_value: str
    tax_5_name: str
    tax_5_value: str
    test: str
    lineitem_quantity: str
    lineitem_name: str
    lineitem_price: str
    lineitem_compare_at_price: str
    lineitem_sku: str
    lineitem_requires_shipping: str
    lineitem_taxable: str
    lineitem_fulfillment_status: str
    lineitem_discount: str
    vendor: str


OF_THE_ORDER: Final = Row._fields.index("lineitem_quantity")
REQUIRED: Final = {
    "name": "Name",
    "financial_status": "Financial Status",
    "currency": "Currency",
    "subtotal": "Subtotal",
    "shipping": "Shipping",
    "taxes": "Taxes",
    "total": "Total",
    "created_at": "Created at",
    "lineitem_quantity": "Lineitem quantity",
    "lineitem_name": "Lineitem name",
    "lineitem_price": "Lineitem price",
    "lineitem_sku": "Lineitem sku",
}
KNOWN: Final = frozenset(field.replace("_", "") for field in Row._fields)


def title(field: str) -> str:
    """What an export calls a field of a Row, as far as case and spaces do not matter."""
    return REQUIRED.get(field, field.replace("_", " ").title())


TITLES: Final = {title(field): field in REQUIRED for field in Row._fields}


def letters(title: str) -> str:
    """A title as it is compared: without case, spaces and signs."""
    return "".join(filter(str.isalnum, title)).lower()


def names(header: list[str]) -> list[str]:
    """The titles as they are compared; an old title counts as the present one where that is not there too."""
    found = list(map(letters, header))
    return [present if (present := _ALIASES.get(name, name)) not in found else name for name in found]


def places(header: list[str]) -> list[int]:
    """Where each field of a Row stands; one behind the end where the file lacks it."""
    found = names(header)
    wanted = [field.replace("_", "") for field in Row._fields]
    return [found.index(name) if name in found else len(found) for name in wanted]

"""What a sale is before it is an order: the one typed form that the API, imports, drafts and checkout all make.

It is also the body of `POST /admin/orders` and a line of the NDJSON format. Amounts are decimals in major units of
`currency_code`; times are ISO 8601 with a zone. Unknown fields are refused, so that a misspelt one is not lost.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from oms.core.errors import FieldError, InvalidInput
from oms.core.nesting import require_shallow
from oms.core.pointers import malformed
from orders import soundness

Short = Annotated[str, Meta(max_length=100)]
Text = Annotated[str, Meta(max_length=255)]
Name = Annotated[str, Meta(max_length=120)]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
EMAIL_PATTERN: Final = r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$(?!\n)"  # `$` alone lets a line break follow
AwareTime = Annotated[datetime, Meta(tz=True)]


class _Part(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the parts of a request."""


class AddressRequest(_Part):
    first_name: Name = ""
    last_name: Name = ""
    company: Annotated[str, Meta(max_length=160)] = ""
    address_1: Text = ""
    address_2: Text = ""
    city: Name = ""
    province: Name = ""
    postal_code: Annotated[str, Meta(max_length=30)] = ""
    country_code: Annotated[str, Meta(pattern=r"^([A-Za-z]{2})?$(?!\n)")] = ""  # ISO 3166-1 alpha-2
    country_name: Annotated[str, Meta(max_length=80)] = ""
    phone: Annotated[str, Meta(max_length=40)] = ""


class CustomerRequest(_Part):
    """external_id: what the channel calls them. Without one they are known by the order's e-mail address."""

    external_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    first_name: Name = ""
    last_name: Name = ""
    company_name: Annotated[str, Meta(max_length=160)] = ""


class TaxRequest(_Part):
    """rate: per cent. amount: what the source charged; left out, it is computed."""

    name: Name
    code: Annotated[str, Meta(max_length=60)] = ""
    rate: Decimal = Decimal(0)
    amount: Decimal | None = None


class DiscountRequest(_Part):
    """Either an amount or per cent is taken off."""

    code: Short = ""
    description: Text = ""
    amount: Decimal | None = None
    percent: Decimal | None = None


class LineRequest(_Part):
    """One line of goods. A line without sku is a free text line: not stocked.

    quantity_fulfilled: what was sent already before this system heard of the order; never more than `quantity`.
    """

    quantity: Quantity
    unit_price: Decimal
    sku: Short = ""
    title: Text = ""
    kind: Literal["goods", "gift_card", "fee"] = "goods"
    requires_shipping: bool | None = None
    tax_lines: list[TaxRequest] = []
    discounts: list[DiscountRequest] = []
    quantity_fulfilled: Annotated[int, Meta(ge=0)] = 0
    metadata: dict[str, Any] = {}


class ShippingRequest(_Part):
    """What the customer pays for shipping: `amount` for each of `quantity`."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    amount: Decimal
    code: Short = ""
    quantity: Quantity = 1
    tax_lines: list[TaxRequest] = []
    discounts: list[DiscountRequest] = []
    metadata: dict[str, Any] = {}


class PaymentRequest(_Part):
    """Money taken elsewhere. `captured` left out means all of `amount`."""

    amount: Decimal
    reference: Annotated[str, Meta(max_length=190)] = ""
    method: Annotated[str, Meta(max_length=60)] = ""
    captured: Decimal | None = None
    refunded: Decimal = Decimal(0)
    captured_at: AwareTime | None = None


class CreditRequest(_Part):
    """Money given back without a line."""

    amount: Decimal
    reason: Literal["goodwill", "imported_refund", "credit_note"] = "goodwill"
    reference: Annotated[str, Meta(max_length=190)] = ""
    note: Text = ""


class OrderRequest(_Part):
    """A sale to be placed.

    sales_channel: code or id of the channel; left out where the caller knows it (an import).
    external_id: the source's own number, unique in its channel: placing it twice is the same order.
    total: what the source says it was worth; a difference to our own sum becomes a named adjustment.
    canceled_at: it was called off already; recorded with total 0 and no stock.
    """

    currency_code: Annotated[str, Meta(pattern=r"^[A-Za-z]{3}$(?!\n)")]
    items: list[LineRequest] = []
    sales_channel: Short | None = None
    external_id: Annotated[str, Meta(min_length=1, max_length=190)] | None = None
    placed_at: AwareTime | None = None
    email: Annotated[str, Meta(max_length=254, pattern=EMAIL_PATTERN)] = ""
    phone: Annotated[str, Meta(max_length=40)] = ""
    customer: CustomerRequest | None = None
    shipping_address: AddressRequest | None = None
    billing_address: AddressRequest | None = None
    prices_include_tax: bool = False
    shipping_methods: list[ShippingRequest] = []
    discounts: list[DiscountRequest] = []
    credit_lines: list[CreditRequest] = []
    payments: list[PaymentRequest] = []
    total: Decimal | None = None
    canceled_at: AwareTime | None = None
    cancel_reason: Literal["", "customer", "stock", "fraud", "payment", "other"] = ""
    tags: list[Annotated[str, Meta(min_length=1, max_length=60)]] = []
    notes: list[Annotated[str, Meta(min_length=1, max_length=10_000)]] = []
    metadata: dict[str, Any] = {}

    @property
    def currency(self) -> str:
        return self.currency_code.upper()


_decoder = msgspec.json.Decoder(OrderRequest)


def parse(body: bytes | str) -> OrderRequest:
    """An OrderRequest from JSON, checked. Raises InvalidInput naming the field by JSON pointer."""
    try:
        request = _decoder.decode(body)
        require_shallow(body)
    except msgspec.DecodeError as problem:
        raise malformed(problem) from None
    except UnicodeDecodeError:
        raise InvalidInput(errors=[FieldError("", "The body is not UTF-8.", "encoding")]) from None
    except RecursionError:
        raise InvalidInput(errors=[FieldError("", "The body is nested too deeply.", "too_deep")]) from None
    require_sound(request)
    return request


def require_sound(request: OrderRequest) -> None:
    """Refuse what has the right form and still makes no sense. Raises InvalidInput with every such field."""
    errors = soundness.problems(request)
    if errors:
        raise InvalidInput(errors=errors)

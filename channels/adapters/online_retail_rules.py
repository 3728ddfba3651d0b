"""What an invoice of the Online Retail format means: pure rules over its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from channels.adapters import countries
from channels.adapters.base import DocumentLine, Kind, RawRecord, Rejected, SourceDefaults, SourceRecord
from oms.core.money import round_amount
from orders.requests import (
    AddressRequest,
    CustomerRequest,
    DiscountRequest,
    LineRequest,
    OrderRequest,
    PaymentRequest,
    ShippingRequest,
)

DEFAULT_CURRENCY: Final = "GBP"
SHIPPING: Final = frozenset({"POST", "DOT", "C2"})
DISCOUNT: Final = "D"
FEES: Final = frozenset({"M", "S", "AMAZONFEE", "BANK CHARGES"})
_VOUCHER: Final = re.compile(r"GIFT_0001_\d+")
_WHOLE: Final = re.compile(r"([+-]?\d{1,9})(?:\.0+)?", re.ASCII)
_PRICE: Final = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_FLOAT_ID: Final = re.compile(r"(\d+)\.0+", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", re.ASCII)
_MAX_QUANTITY: Final = 1_000_000
_ZERO: Final = Decimal(0)


class Row(NamedTuple):
    """The eight columns as text, and the line of the file."""

    line: int
    invoice: str
    code: str
    description: str
    quantity: str
    date: str
    price: str
    customer: str
    country: str


class _Line(NamedTuple):
    """A row whose figures have been read."""

    row: Row
    code: str
    title: str
    quantity: int
    price: Decimal


def is_credit(number: str) -> bool:
    return number[:1] in ("C", "c")


@lru_cache(maxsize=4096)
def _quantity(text: str) -> int | None:
    found = _WHOLE.fullmatch(text.strip())
    return int(found[1]) if found else None


@lru_cache(maxsize=4096)
def _price(text: str) -> Decimal | None:
    text = text.strip()
    return Decimal(text) if _PRICE.fullmatch(text) else None


@lru_cache(maxsize=64)
def parse_time(text: str) -> datetime | None:
    """Shop local time without a zone, or None: 2010-12-01 08:26:00, also with a T or without seconds."""
    text = text.strip()
    try:
        return datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        return None


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=8192)
def kind_of(code: str) -> str:
    """shipping, discount, fee, gift_card or goods. Codes are compared without case."""
    plain = code.upper()
    if plain in SHIPPING:
        return "shipping"
    if plain == DISCOUNT:
        return "discount"
    if plain in FEES:
        return "fee"
    return "gift_card" if _VOUCHER.fullmatch(plain) else "goods"


def understand(raw: RawRecord, rows: Sequence[Row], defaults: SourceDefaults) -> SourceRecord:
    """An invoice as a sale, a sample, a credit or a write-off. Raises Rejected at the first thing that is wrong."""
    _require_number(raw)
    lines = [_line(row) for row in rows]
    issued_at = _time(rows, defaults)
    customer = _agreed(rows, "CustomerID", [_customer_id(row.customer) for row in rows], 100)
    country = _agreed(rows, "Country", [row.country.strip() for row in rows], 80)
    currency = defaults.currency or DEFAULT_CURRENCY
    record = SourceRecord(
        external_id=raw.external_id,
        kind=_kind(raw, lines),
        line=raw.line,
        size=raw.size,
        raw=raw,
        customer_ref=customer,
        issued_at=issued_at,
        currency=currency,
    )
    if record.kind in (Kind.CREDIT, Kind.WRITE_OFF):
        record.lines = [
            DocumentLine(
                line.code, line.title, line.quantity, line.price, round_amount(line.price * line.quantity, currency)
            )
            for line in lines
        ]
    else:
        record.item_lines = [line.row.line for line in lines if _is_item(line)]
        record.request = _sale(raw.external_id, lines, issued_at, customer, country, currency, past=defaults.past)
    return record


def _require_number(raw: RawRecord) -> None:
    if not raw.external_id:
        raise Rejected("The invoice number is empty.", line=raw.line, column="InvoiceNo")
    if len(raw.external_id) > 190:
        raise Rejected("The invoice number is longer than 190 characters.", line=raw.line, column="InvoiceNo")


def _line(row: Row) -> _Line:
    quantity, price = _quantity(row.quantity), _price(row.price)
    code, title = row.code.strip(), row.description.strip()
    if quantity is None:
        raise Rejected(f"{row.quantity[:40]!r} is not a whole number.", line=row.line, column="Quantity")
    if not 0 < abs(quantity) <= _MAX_QUANTITY:
        raise Rejected(f"A quantity of {quantity} is not possible.", line=row.line, column="Quantity")
    if price is None:
        raise Rejected(
            f"{row.price[:40]!r} is not a price such as 2.55 (at most six decimals).", line=row.line, column="UnitPrice"
        )
    if not code:
        raise Rejected("The stock code is empty.", line=row.line, column="StockCode")
    if len(code) > 100:
        raise Rejected("The stock code is longer than 100 characters.", line=row.line, column="StockCode")
    if len(title) > 255:
        raise Rejected("The description is longer than 255 characters.", line=row.line, column="Description")
    return _Line(row, code, title, quantity, price)


def _time(rows: Sequence[Row], defaults: SourceDefaults) -> datetime:
    """The earliest of the rows' times. An hour that comes twice (clocks go back) is taken as the first of the two; a
    time that never was (clocks go forward) as what the clock would have shown without the change."""
    earliest, last = None, ""
    for row in rows:
        if row.date == last:
            continue
        last = row.date
        time = parse_time(last)
        if time is None:
            reason = f"{last[:40]!r} is not a time such as 2010-12-01 08:26:00."
            raise Rejected(reason, line=row.line, column="InvoiceDate")
        if earliest is None or time < earliest:
            earliest = time
    assert earliest is not None  # noqa: S101  (an invoice has rows)
    return earliest.replace(tzinfo=_zone(defaults.time_zone))


def _customer_id(text: str) -> str:
    """The source prints it as a float: 17850.0 is customer 17850."""
    text = text.strip()
    found = _FLOAT_ID.fullmatch(text)
    return found[1] if found else text


def _agreed(rows: Sequence[Row], column: str, values: Sequence[str], longest: int) -> str:
    """What all rows of an invoice say."""
    first = values[0]
    for row, value in zip(rows, values, strict=True):
        if value != first:
            reason = f"The invoice says {value[:80]!r} here and {first[:80]!r} in line {rows[0].line}."
            raise Rejected(reason, line=row.line, column=column)
    if len(first) > longest:
        raise Rejected(f"This is longer than {longest} characters.", line=rows[0].line, column=column)
    return first


def _kind(raw: RawRecord, lines: Sequence[_Line]) -> Kind:
    """By number, signs and prices. What fits nothing is refused."""
    credit = is_credit(raw.external_id)
    for line in lines:
        if line.price < 0 and (credit or kind_of(line.code) != "discount"):
            raise Rejected(f"A price of {line.price} is not possible.", line=line.row.line, column="UnitPrice")
        if credit and line.quantity > 0:
            reason = f"A credit takes back: {line.quantity} would be a sale."
            raise Rejected(reason, line=line.row.line, column="Quantity")
    if credit:
        return Kind.CREDIT
    if any(line.price for line in lines):
        for line in lines:
            if line.quantity < 0 and kind_of(line.code) != "discount":
                reason = f"A quantity of {line.quantity} in a sale; what comes back is a credit (C...)."
                raise Rejected(reason, line=line.row.line, column="Quantity")
        return Kind.SALE
    if all(line.quantity < 0 for line in lines):
        return Kind.WRITE_OFF
    for line in lines:
        if line.quantity < 0:
            reason = "Units leave and come back without a price: neither a write-off nor a sample."
            raise Rejected(reason, line=line.row.line, column="Quantity")
    return Kind.SAMPLE


def _sale(
    number: str,
    lines: Sequence[_Line],
    issued_at: datetime,
    customer: str,
    country: str,
    currency: str,
    *,
    past: bool,
) -> OrderRequest:
    items, shipping, discounts = [], [], []
    total = _ZERO
    for line in lines:
        amount = round_amount(line.price * line.quantity, currency)
        total += amount
        kind = kind_of(line.code)
        if kind == "shipping":
            shipping.append(
                ShippingRequest(name=line.title or line.code, amount=line.price, code=line.code, quantity=line.quantity)
            )
        elif not _is_item(line):
            discounts.append(DiscountRequest(code=line.code, description=line.title, amount=-amount))
        else:
            items.append(_item(line, kind, past=past))
    if total < 0 or not (items or shipping):
        raise Rejected("More is taken off than is sold.", line=lines[0].row.line, column="UnitPrice")
    return OrderRequest(
        currency_code=currency,
        items=items,
        external_id=number,
        placed_at=issued_at,
        customer=CustomerRequest(external_id=customer) if customer else None,
        shipping_address=_address(country) if country else None,
        shipping_methods=shipping,
        discounts=discounts,
        payments=[PaymentRequest(amount=total, reference=number, method="invoice")] if total else [],
    )


def _is_item(line: _Line) -> bool:
    """Neither shipping nor a discount. A discount that is charged, not taken off, is an item: a fee."""
    kind = kind_of(line.code)
    return kind != "shipping" and (kind != "discount" or line.price * line.quantity >= 0)


def _item(line: _Line, kind: str, *, past: bool) -> LineRequest:
    """A discount that is charged is a fee: it raises what the customer pays, and nobody packs it."""
    if kind == "goods":
        return LineRequest(
            quantity=line.quantity,
            unit_price=line.price,
            sku=line.code,
            title=line.title,
            quantity_fulfilled=line.quantity if past else 0,
        )
    voucher = kind == "gift_card"
    return LineRequest(
        quantity=line.quantity,
        unit_price=line.price,
        sku=line.code,
        title=line.title,
        kind="gift_card" if voucher else "fee",
        requires_shipping=False,
        quantity_fulfilled=line.quantity if past and voucher else 0,
    )


def _address(country: str) -> AddressRequest:
    return AddressRequest(country_code=countries.code_of(country), country_name=country)

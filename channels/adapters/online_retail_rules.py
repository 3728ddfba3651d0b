"""What an invoice of the Online Retail format means: pure rules over its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple, NoReturn, cast
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


class Rows(NamedTuple):
    """The rows of an invoice, column by column, as text; and the line of the file of each."""

    lines: Sequence[int]
    invoices: Sequence[str]
    codes: Sequence[str]
    descriptions: Sequence[str]
    quantities: Sequence[str]
    dates: Sequence[str]
    prices: Sequence[str]
    customers: Sequence[str]
    countries: Sequence[str]


class _Figures(NamedTuple):
    """The rows with their figures read, column by column. kinds: what each code is; amounts: rounded, signed."""

    lines: Sequence[int]
    codes: list[str]
    titles: list[str]
    quantities: list[int]
    prices: list[Decimal]
    amounts: list[Decimal]
    kinds: list[str]


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


@lru_cache(maxsize=16_384)
def _amount(price: Decimal, quantity: int, currency: str) -> Decimal:
    return round_amount(price * quantity, currency)


def understand(raw: RawRecord, rows: Rows, defaults: SourceDefaults) -> SourceRecord:
    """An invoice as a sale, a sample, a credit or a write-off. Raises Rejected at the first thing that is wrong."""
    _require_number(raw)
    currency = defaults.currency or DEFAULT_CURRENCY
    figures = _figures(rows, currency)
    issued_at = _time(rows, defaults)
    customer = _customer_id(_agreed(rows, "CustomerID", rows.customers, 100))
    country = _agreed(rows, "Country", rows.countries, 80)
    record = SourceRecord(
        external_id=raw.external_id,
        kind=_kind(raw, figures),
        line=raw.line,
        size=raw.size,
        customer_ref=customer,
        issued_at=issued_at,
        currency=currency,
    )
    if record.kind in (Kind.CREDIT, Kind.WRITE_OFF):
        record.lines = list(
            map(DocumentLine, figures.codes, figures.titles, figures.quantities, figures.prices, figures.amounts)
        )
    else:
        _add_sale(record, figures, country, past=defaults.past)
    return record


def _require_number(raw: RawRecord) -> None:
    if not raw.external_id:
        raise Rejected("The invoice number is empty.", line=raw.line, column="InvoiceNo")
    if len(raw.external_id) > 190:
        raise Rejected("The invoice number is longer than 190 characters.", line=raw.line, column="InvoiceNo")


def _figures(rows: Rows, currency: str) -> _Figures:
    quantities, prices = list(map(_quantity, rows.quantities)), list(map(_price, rows.prices))
    codes = [code.strip() for code in rows.codes]
    titles = [title.strip() for title in rows.descriptions]
    if None in quantities or None in prices or not all(codes):
        _refuse_figures(rows, quantities, prices, codes)
    for index, quantity in enumerate(quantities):
        if not quantity or not -_MAX_QUANTITY <= quantity <= _MAX_QUANTITY:
            raise Rejected(f"A quantity of {quantity} is not possible.", line=rows.lines[index], column="Quantity")
    _require_short(rows, "StockCode", codes, 100, "stock code")
    _require_short(rows, "Description", titles, 255, "description")
    known_quantities, known_prices = cast(list[int], quantities), cast(list[Decimal], prices)
    amounts = [
        _amount(price, quantity, currency) for price, quantity in zip(known_prices, known_quantities, strict=True)
    ]
    return _Figures(rows.lines, codes, titles, known_quantities, known_prices, amounts, list(map(kind_of, codes)))


def _refuse_figures(
    rows: Rows, quantities: Sequence[int | None], prices: Sequence[Decimal | None], codes: Sequence[str]
) -> NoReturn:
    """Name the first row in which a figure or the code cannot be read."""
    for index, line in enumerate(rows.lines):
        if quantities[index] is None:
            reason = f"{rows.quantities[index][:40]!r} is not a whole number."
            raise Rejected(reason, line=line, column="Quantity")
        if prices[index] is None:
            reason = f"{rows.prices[index][:40]!r} is not a price such as 2.55 (at most six decimals)."
            raise Rejected(reason, line=line, column="UnitPrice")
        if not codes[index]:
            raise Rejected("The stock code is empty.", line=line, column="StockCode")
    raise AssertionError("a row was wrong")


def _require_short(rows: Rows, column: str, texts: Sequence[str], longest: int, what: str) -> None:
    if max(map(len, texts)) > longest:
        index = next(index for index, text in enumerate(texts) if len(text) > longest)
        raise Rejected(f"The {what} is longer than {longest} characters.", line=rows.lines[index], column=column)


def _time(rows: Rows, defaults: SourceDefaults) -> datetime:
    """The earliest of the rows' times. An hour that comes twice (clocks go back) is taken as the first of the two; a
    time that never was (clocks go forward) as what the clock would have shown without the change."""
    times = []
    for text in set(rows.dates):
        time = parse_time(text)
        if time is None:
            first = next(index for index, date in enumerate(rows.dates) if parse_time(date) is None)
            reason = f"{rows.dates[first][:40]!r} is not a time such as 2010-12-01 08:26:00."
            raise Rejected(reason, line=rows.lines[first], column="InvoiceDate")
        times.append(time)
    return min(times).replace(tzinfo=_zone(defaults.time_zone))


def _customer_id(text: str) -> str:
    """The source prints it as a float: 17850.0 is customer 17850."""
    text = text.strip()
    found = _FLOAT_ID.fullmatch(text)
    return found[1] if found else text


def _agreed(rows: Rows, column: str, texts: Sequence[str], longest: int) -> str:
    """What all rows of an invoice say."""
    first = texts[0]
    if len(set(texts)) > 1:
        for index, text in enumerate(texts):
            if text.strip() != first.strip():
                here, there = (_customer_id(each)[:80] for each in (text, first))
                reason = f"The invoice says {here!r} here and {there!r} in line {rows.lines[0]}."
                raise Rejected(reason, line=rows.lines[index], column=column)
    if len(first) > longest:
        raise Rejected(f"This is longer than {longest} characters.", line=rows.lines[0], column=column)
    return first.strip()


def _kind(raw: RawRecord, figures: _Figures) -> Kind:
    """By number, signs and prices. What fits nothing is refused."""
    lowest, highest = min(figures.quantities), max(figures.quantities)
    if is_credit(raw.external_id):
        _require_prices(figures, range(len(figures.lines)))
        if highest > 0:
            index = next(index for index, quantity in enumerate(figures.quantities) if quantity > 0)
            reason = f"A credit takes back: {figures.quantities[index]} would be a sale."
            raise Rejected(reason, line=figures.lines[index], column="Quantity")
        return Kind.CREDIT
    others = [index for index, kind in enumerate(figures.kinds) if kind != "discount"]
    _require_prices(figures, others)
    if any(figures.prices):
        if lowest < 0:
            _require_units(figures, others, "A quantity of {} in a sale; what comes back is a credit (C...).")
        return Kind.SALE
    if highest < 0:
        return Kind.WRITE_OFF
    _require_units(
        figures,
        range(len(figures.lines)),
        "Units leave and come back without a price: neither a write-off nor a sample.",
    )
    return Kind.SAMPLE


def _require_prices(figures: _Figures, indexes: Iterable[int]) -> None:
    if min(figures.prices) >= 0:
        return
    for index in indexes:
        if figures.prices[index] < 0:
            reason = f"A price of {figures.prices[index]} is not possible."
            raise Rejected(reason, line=figures.lines[index], column="UnitPrice")


def _require_units(figures: _Figures, indexes: Iterable[int], reason: str) -> None:
    for index in indexes:
        if figures.quantities[index] < 0:
            sentence = reason.format(figures.quantities[index])
            raise Rejected(sentence, line=figures.lines[index], column="Quantity")


def _add_sale(record: SourceRecord, figures: _Figures, country: str, *, past: bool) -> None:
    """The request of a sale. A discount that is charged, not taken off, is an item: a fee."""
    items, shipping, discounts = [], [], []
    rows = zip(*figures, strict=True)
    for line, code, title, quantity, price, amount, kind in rows:
        if kind == "goods":
            items.append(
                LineRequest(
                    quantity=quantity,
                    unit_price=price,
                    sku=code,
                    title=title,
                    quantity_fulfilled=quantity if past else 0,
                )
            )
        elif kind == "shipping":
            shipping.append(ShippingRequest(name=title or code, amount=price, code=code, quantity=quantity))
            continue
        elif kind == "discount" and amount < 0:
            discounts.append(DiscountRequest(code=code, description=title, amount=-amount))
            continue
        else:
            items.append(_other_item(code, title, quantity, price, kind, past=past))
        record.item_lines.append(line)
    total = sum(figures.amounts, _ZERO)
    if total < 0 or not (items or shipping):
        raise Rejected("More is taken off than is sold.", line=figures.lines[0], column="UnitPrice")
    number, customer = record.external_id, record.customer_ref
    record.request = OrderRequest(
        currency_code=record.currency,
        items=items,
        external_id=number,
        placed_at=record.issued_at,
        customer=CustomerRequest(external_id=customer) if customer else None,
        shipping_address=_address(country) if country else None,
        shipping_methods=shipping,
        discounts=discounts,
        payments=[PaymentRequest(amount=total, reference=number, method="invoice")] if total else [],
    )


def _other_item(code: str, title: str, quantity: int, price: Decimal, kind: str, *, past: bool) -> LineRequest:
    """Vouchers and fees. Nobody packs a fee; neither is shipped."""
    voucher = kind == "gift_card"
    return LineRequest(
        quantity=quantity,
        unit_price=price,
        sku=code,
        title=title,
        kind="gift_card" if voucher else "fee",
        requires_shipping=False,
        quantity_fulfilled=quantity if past and voucher else 0,
    )


def _address(country: str) -> AddressRequest:
    return AddressRequest(country_code=countries.code_of(country), country_name=country)

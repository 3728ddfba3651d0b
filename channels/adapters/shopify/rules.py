"""What the rows of a Shopify order mean: pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from channels.adapters.base import Kind, RawRecord, Rejected, SourceDefaults, SourceRecord
from channels.adapters.shopify import money, people, words
from channels.adapters.shopify.cells import Cells, is_yes
from channels.adapters.shopify.columns import OF_THE_ORDER, Row
from channels.adapters.shopify.lines import Line, lines_of
from oms.core.money import UnknownCurrency, exponent
from orders.requests import OrderRequest

Rows = Sequence[tuple[int, Row]]


def understand(raw: RawRecord, rows: Rows, defaults: SourceDefaults) -> SourceRecord:
    """Raises Rejected at the first thing that is wrong; its column is a field of Row."""
    head = merged(rows)
    head.currency = _currency(head, defaults)
    status = money.financial_status(head)
    lines = list(lines_of(rows, head, past=defaults.past))
    charged = money.charged_of(head, lines)
    request = _request(raw, head, lines, charged, status, defaults)
    if not defaults.past:
        _require_open(head, request, status)
    duties = [head.line] if charged.duties else []
    return SourceRecord(
        external_id=raw.external_id,
        kind=_kind(request),
        line=raw.line,
        size=raw.size,
        item_lines=[line.line for line in lines] + duties,
        request=request,
        issued_at=request.placed_at,
        currency=head.currency,
    )


def merged(rows: Rows) -> Cells:
    """What the rows say of the order: mostly the first one alone does. Raises Rejected where two contradict."""
    line, head = next(((line, row) for line, row in rows if row.total), rows[0])
    if len(rows) > 1:
        said = list(head[:OF_THE_ORDER])
        for other_line, row in rows:
            if row is not head:
                _add(said, row, other_line, line)
        head = Row._make([*said, *head[OF_THE_ORDER:]])
    cells = Cells(head, line)
    if not cells.has("total"):
        raise cells.refuse("total", f"No row of {head.name[:80]} has a Total: its first row is missing.")
    return cells


def _add(said: list[str], row: Row, line: int, head_line: int) -> None:
    for index in [index for index, new in enumerate(row[:OF_THE_ORDER]) if new]:  # few: most are said once
        old, new = said[index], row[index]
        if new != old:
            if old.strip() and new.strip() and old.strip() != new.strip():
                reason = f"The order says {new.strip()[:80]!r} here and {old.strip()[:80]!r} in line {head_line}."
                raise Rejected(reason, line=line, column=Row._fields[index])
            said[index] = old if old.strip() else new


def _request(
    raw: RawRecord, head: Cells, lines: Sequence[Line], charged: money.Charged, status: str, defaults: SourceDefaults
) -> OrderRequest:
    zone = _zone(defaults.time_zone)
    placed_at = head.time("created_at", zone)
    if placed_at is None:
        raise head.refuse("created_at", "The time of the order is empty.")
    taxes = money.taxes_of(head, lines, charged)
    items, shipping = money.items_of(lines, charged, taxes), money.shipping_of(head, charged, taxes[-1])
    if not items and not shipping:
        raise head.refuse("lineitem_quantity", "The order has no line.")
    refunded = money.given_back(head, charged, status)
    request = OrderRequest(
        currency_code=head.currency,
        items=items,
        external_id=raw.external_id,
        placed_at=placed_at,
        email=people.email_of(head),
        phone=people.phone_of(head, "phone"),
        shipping_address=people.address_of(head, "shipping"),
        billing_address=people.address_of(head, "billing"),
        prices_include_tax=charged.reading.inclusive,
        shipping_methods=shipping,
        discounts=money.discounts_of(head, charged),
        credit_lines=money.credits_of(head, refunded),
        payments=money.payments_of(head, charged, status, refunded, zone),
        total=charged.total,
        canceled_at=head.time("cancelled_at", zone),
        tags=people.tags_of(head),
        notes=people.notes_of(head),
        metadata=people.facts_of(head),
    )
    _add_doubts(head, request, charged)
    if is_yes(head.row.test) or words.is_test_payment(head.row.payment_method):
        _make_inert(request)
    return request


def _add_doubts(head: Cells, request: OrderRequest, charged: money.Charged) -> None:
    """Figures of the source that the order does not show otherwise."""
    if outstanding := head.signed("outstanding_balance"):
        request.metadata["outstanding_balance"] = str(outstanding)
    if not charged.reading.fits:
        request.metadata["subtotal"] = str(charged.subtotal)


def _make_inert(request: OrderRequest) -> None:
    """A test order is kept, and is nobody's: called off when it was made, and no money moved for it."""
    request.metadata["test"] = True
    request.payments, request.credit_lines = [], []
    if request.canceled_at is None:
        request.canceled_at, request.cancel_reason = request.placed_at, "other"


def _require_open(head: Cells, request: OrderRequest, status: str) -> None:
    """Stock is held for what is still to be sent; of an order that is paid back it is not clear that anything is."""
    if status not in words.OVER or request.canceled_at is not None:
        return
    units = sum([item.quantity - item.quantity_fulfilled for item in request.items if item.kind != "fee"])
    if units:
        reason = (
            f"The order is {status} and not canceled; whether its {units} units are still to be sent the file does not"
            " say. Cancel it at the source, or import it with --stock skip."
        )
        raise head.refuse("financial_status", reason)


def _kind(request: OrderRequest) -> Kind:
    prices: list[Decimal] = [item.unit_price for item in request.items]
    prices += [method.amount for method in request.shipping_methods]
    return Kind.SALE if request.total or any(prices) or request.canceled_at is not None else Kind.SAMPLE


def _currency(head: Cells, defaults: SourceDefaults) -> str:
    currency = head.text("currency", 80).upper() or defaults.currency
    try:
        exponent(currency)
    except UnknownCurrency:
        raise head.refuse("currency", f"{currency[:20]!r} is not an ISO 4217 currency code.") from None
    return currency


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)

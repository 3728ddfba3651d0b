"""The money of a Shopify order: what was charged, taken and given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from channels.adapters.base import Rejected
from channels.adapters.shopify import sums, words
from channels.adapters.shopify.cells import ZERO, Cells
from channels.adapters.shopify.lines import Line
from channels.adapters.shopify.sums import Reading
from channels.adapters.shopify.words import Money
from oms.core.money import split_amount
from orders.requests import (
    CreditRequest,
    DiscountRequest,
    LineRequest,
    PaymentRequest,
    ShippingRequest,
    TaxRequest,
)

_TAXES: Final = range(1, 6)
_LONGEST_CODE: Final = 100
_LONGEST_METHOD: Final = 60


@dataclass(frozen=True, slots=True)
class Charged:
    """What the order's own columns say, and how they fit together."""

    total: Decimal
    subtotal: Decimal
    shipping: Decimal
    duties: Decimal
    taxes: Decimal
    reading: Reading


def charged_of(cells: Cells, lines: Sequence[Line]) -> Charged:
    """Raises Rejected when it cannot be told whether the prices include tax."""
    subtotal, shipping, duties, taxes, total, discount = (
        cells.amount(field) for field in ("subtotal", "shipping", "duties", "taxes", "total", "discount_amount")
    )
    stated = sums.Stated(
        currency=cells.currency,
        goods=[line.goods for line in lines],
        own=[line.own for line in lines],
        tips=[line.is_tip for line in lines],
        discount=discount,
        subtotal=subtotal,
        shipping=shipping,
        duties=duties,
        taxes=taxes,
        total=total,
    )
    try:
        reading = sums.read(stated)
    except sums.Undecidable:
        raise _undecidable(cells, stated) from None
    return Charged(total, subtotal, shipping, duties, taxes, reading)


def _undecidable(cells: Cells, stated: sums.Stated) -> Rejected:
    without = stated.subtotal + stated.shipping + stated.duties
    reason = (
        f"Whether prices include tax cannot be told: Total is {stated.total}; Subtotal, Shipping and Duties are"
        f" {without}, with Taxes {without + stated.taxes}."
    )
    return cells.refuse("total", reason)


def items_of(lines: Sequence[Line], charged: Charged, taxes: Sequence[list[TaxRequest]]) -> list[LineRequest]:
    """The lines as they are asked for, and duties as a fee behind them."""
    items = [
        LineRequest(
            quantity=line.quantity,
            unit_price=line.price,
            sku=line.sku,
            title=line.title,
            kind=line.kind,
            requires_shipping=line.requires_shipping if line.kind == "goods" else False,
            tax_lines=tax_lines,
            discounts=[DiscountRequest(amount=line.own)] if line.own and charged.reading.own_counts else [],
            quantity_fulfilled=line.quantity_fulfilled,
            metadata=line.metadata,
        )
        for line, tax_lines in zip(lines, taxes, strict=False)
    ]
    if charged.duties:
        duties = LineRequest(quantity=1, unit_price=charged.duties, title="Duties", kind="fee", requires_shipping=False)
        items.append(duties)
    return items


def shipping_of(cells: Cells, charged: Charged, taxes: list[TaxRequest]) -> list[ShippingRequest]:
    name = cells.text("shipping_method", 255)
    if not name and not charged.shipping and not charged.reading.of_shipping:
        return []
    off = charged.reading.of_shipping
    gross = charged.shipping if charged.reading.shipping_before else charged.shipping + off
    discounts = [_discount(cells, off)] if off else []
    return [ShippingRequest(name=name or "Shipping", amount=gross, tax_lines=taxes, discounts=discounts)]


def discounts_of(cells: Cells, charged: Charged) -> list[DiscountRequest]:
    return [_discount(cells, charged.reading.of_goods)] if charged.reading.of_goods else []


def _discount(cells: Cells, amount: Decimal) -> DiscountRequest:
    code = cells.text("discount_code", 255)
    if len(code) > _LONGEST_CODE:
        return DiscountRequest(description=code, amount=amount)
    return DiscountRequest(code=code, amount=amount)


def taxes_of(cells: Cells, lines: Sequence[Line], charged: Charged) -> list[list[TaxRequest]]:
    """What each line bears of the order's taxes, and shipping as the last."""
    answer: list[list[TaxRequest]] = [[] for _ in range(len(lines) + 1)]
    if not charged.taxes:
        return answer
    payable = _payable(lines, charged, cells.currency)
    taxable = any(line.is_taxable and amount for line, amount in zip(lines, payable, strict=True))
    weights = [amount if line.is_taxable or not taxable else ZERO for line, amount in zip(lines, payable, strict=True)]
    shipping = charged.shipping - (charged.reading.of_shipping if charged.reading.shipping_before else ZERO)
    for name, value in _named_taxes(cells, charged.taxes):
        rate = sums.rate_of(name)
        shares = sums.spread_tax(value, rate, weights, shipping, charged.reading, cells.currency)
        for place, share in zip(answer, shares, strict=True):
            if share:
                place.append(TaxRequest(name=name, rate=rate or ZERO, amount=share))
    return answer


def _payable(lines: Sequence[Line], charged: Charged, currency: str) -> list[Decimal]:
    """What each line costs after discounts, the order's shared as it will be when the order is written."""
    reading = charged.reading
    payable = [line.goods - line.own if reading.own_counts else line.goods for line in lines]
    sharing = [index for index, line in enumerate(lines) if line.kind != "fee"]
    if reading.of_goods and sharing:
        shares = split_amount(reading.of_goods, [payable[index] for index in sharing], currency)
        for index, share in zip(sharing, shares, strict=True):
            payable[index] -= share
    return payable


def _named_taxes(cells: Cells, taxes: Decimal) -> list[tuple[str, Decimal]]:
    """Tax 1 to 5. What they leave of Taxes has no name; where they are more than Taxes, Taxes counts alone."""
    named = []
    for number in _TAXES:
        if value := cells.amount(f"tax_{number}_value"):
            named.append((cells.text(f"tax_{number}_name", 120) or "Tax", value))
    left = taxes - sum([value for _, value in named], ZERO)
    if left < ZERO:
        return [("Taxes", taxes)]
    return [*named, ("Taxes", left)] if left else named


def given_back(cells: Cells, charged: Charged, status: str) -> Decimal:
    """Refunded Amount; all of it where the order is refunded and no amount is told."""
    refunded = cells.amount("refunded_amount")
    if refunded or status not in words.GIVEN_BACK:
        return refunded
    if status in words.OVER:
        return charged.total
    raise cells.refuse("refunded_amount", "The order is refunded in part, and the file does not say how much.")


def financial_status(cells: Cells) -> str:
    status = words.word(cells.row.financial_status)
    if status not in words.FINANCIAL:
        text = cells.row.financial_status.strip()[:40]
        raise cells.refuse("financial_status", f"{text!r} is not known: {', '.join(sorted(words.FINANCIAL))}.")
    return status


def payments_of(cells: Cells, charged: Charged, status: str, refunded: Decimal, zone: ZoneInfo) -> list[PaymentRequest]:
    """One payment over what was taken, or was promised; none where nothing was."""
    money = words.FINANCIAL[status]
    amount = _taken(cells, charged.total) if money is Money.LESS_OUTSTANDING else charged.total
    if money is Money.NONE or not amount:
        return []
    captured = ZERO if money is Money.PROMISED else amount
    payment = PaymentRequest(
        amount=amount,
        reference=cells.text("payment_reference", 190) or cells.text("payment_id", 190) or cells.text("name", 190),
        method=cells.row.payment_method.strip()[:_LONGEST_METHOD],
        captured=captured,
        refunded=min(refunded, captured),
        captured_at=cells.time("paid_at", zone) if captured else None,
    )
    return [payment]


def _taken(cells: Cells, total: Decimal) -> Decimal:
    """Of an order that is paid in part: what is not outstanding."""
    if not cells.has("outstanding_balance"):
        raise cells.refuse("outstanding_balance", "The order is paid in part, and the file does not say how much.")
    outstanding = cells.amount("outstanding_balance")
    if outstanding > total:
        raise cells.refuse("outstanding_balance", f"{outstanding} is outstanding of {total}.")
    return total - outstanding


def credits_of(cells: Cells, refunded: Decimal) -> list[CreditRequest]:
    """Which lines were given back the file does not say; the order is worth less by it."""
    if not refunded:
        return []
    return [CreditRequest(amount=refunded, reason="imported_refund", reference=cells.text("name", 190))]

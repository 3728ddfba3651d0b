"""Orders as NDJSON: one OrderRequest a line, which an import reads back to the same orders.

Chunks with a fixed number of queries each, so any number of orders streams in bounded memory. What has no
place in a request is left out: ids and numbers, shipments, returns, holds, the timeline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from oms.core import ids
from oms.core.streaming import in_chunks
from orders import totals
from orders.enums import AddressKind, AdjustmentKind, CreditReason
from orders.models import (
    Adjustment,
    CreditLine,
    Note,
    Order,
    OrderAddress,
    OrderLine,
    ShippingLine,
    TaxLine,
)
from orders.requests import (
    AddressRequest,
    CreditRequest,
    CustomerRequest,
    DiscountRequest,
    LineRequest,
    OrderRequest,
    PaymentRequest,
    ShippingRequest,
    TaxRequest,
)
from payments.models import Payment

_encoder: Final = msgspec.json.Encoder(decimal_format="number")
_ADDRESS_FIELDS: Final = tuple(AddressRequest.__struct_fields__)


def export_orders(
    *, channel_id: UUID | None = None, since: datetime | None = None, until: datetime | None = None
) -> Iterator[bytes]:
    """The orders of a channel (or of all), placed at `since` or later and before `until`, each a line with its end.

    In the order in which they were made, which an import keeps.
    """
    wanted = Order.objects.all()
    if channel_id:
        wanted = wanted.filter(channel_id=channel_id)
    if since:
        wanted = wanted.filter(placed_at__gte=since)
    if until:
        wanted = wanted.filter(placed_at__lt=until)
    return order_lines(wanted.order_by("pk"))


def order_lines(wanted: QuerySet[Order]) -> Iterator[bytes]:
    """These orders, each a line with its end. An order without an external id gets its id as one."""
    for chunk in in_chunks(wanted, Order.objects.select_related("customer")):
        parts = _Parts([order.pk for order in chunk])
        for order in chunk:
            yield _encoder.encode(_request(order, parts)) + b"\n"


class _Parts:
    """Everything that belongs to the orders of a page: a query for each table."""

    def __init__(self, order_ids: Sequence[UUID]) -> None:
        def of(rows: QuerySet[Any], key: Callable[[Any], Any]) -> defaultdict[Any, list[Any]]:
            found: defaultdict[Any, list[Any]] = defaultdict(list)
            for row in rows.filter(order_id__in=order_ids):
                found[key(row)].append(row)
            return found

        def by_order(row: Any) -> UUID:
            return row.order_id  # type: ignore[no-any-return]

        def by_line(row: Any) -> UUID | None:
            return row.line_id or row.shipping_line_id  # type: ignore[no-any-return]

        self.lines = of(OrderLine.objects.order_by("order_id", "position"), by_order)
        self.shipping = of(ShippingLine.objects.order_by("order_id", "position"), by_order)
        self.addresses = of(OrderAddress.objects.order_by("pk"), by_order)
        self.credits = of(CreditLine.objects.order_by("created_at", "pk"), by_order)
        self.payments = of(Payment.objects.order_by("created_at", "pk"), by_order)
        self.notes = of(Note.objects.order_by("created_at", "pk"), by_order)
        self.taxes = of(TaxLine.objects.order_by("pk"), by_line)
        self.discounts = of(Adjustment.objects.filter(kind=AdjustmentKind.DISCOUNT).order_by("pk"), by_line)


def _request(order: Order, parts: _Parts) -> OrderRequest:
    request = OrderRequest(
        currency_code=order.currency,
        items=[_line(line, parts) for line in parts.lines[order.pk]],
        external_id=order.external_id or ids.encode(ids.ORDER, order.pk),
        placed_at=order.placed_at,
        email=order.email,
        phone=order.phone,
        customer=_customer(order),
        shipping_address=_address(parts.addresses[order.pk], AddressKind.SHIPPING),
        billing_address=_address(parts.addresses[order.pk], AddressKind.BILLING),
        prices_include_tax=order.prices_include_tax,
        shipping_methods=[_method(line, parts) for line in parts.shipping[order.pk]],
        credit_lines=[_credit(credit) for credit in parts.credits[order.pk] if _is_stated(credit)],
        payments=[_payment(payment) for payment in parts.payments[order.pk]],
        total=_amount(order.total + order.credit_total),
        canceled_at=order.canceled_at,
        cancel_reason=order.cancel_reason,  # type: ignore[arg-type]  # the same words
        tags=list(order.tags),
        notes=[note.body for note in parts.notes[order.pk]],
        metadata=order.metadata,
    )
    _let_rates_speak(request, parts.lines[order.pk], parts.shipping[order.pk])
    return request


def _is_stated(credit: CreditLine) -> bool:
    """That an order was canceled is said by canceled_at."""
    return credit.reason != CreditReason.CANCELLATION


def _let_rates_speak(request: OrderRequest, lines: Sequence[OrderLine], shipping: Sequence[ShippingLine]) -> None:
    """Where prices include tax, the net of a discounted line follows from rates or from stated amounts, and a cent may
    lie between. Whichever gives what the order says is written."""
    if not request.prices_include_tax:
        return
    computed = totals.compute(request)
    differing = [
        line.tax_lines
        for line, row, priced in zip(request.items, lines, computed.lines, strict=True)
        if priced.subtotal != row.subtotal
    ] + [
        method.tax_lines
        for method, row, priced in zip(request.shipping_methods, shipping, computed.shipping, strict=True)
        if priced.subtotal != row.subtotal
    ]
    for taxes in differing:
        for tax in taxes:
            tax.amount = None


def _line(line: OrderLine, parts: _Parts) -> LineRequest:
    return LineRequest(
        quantity=line.quantity,
        unit_price=_amount(line.unit_price),
        sku=line.sku,
        title=line.title,
        kind=line.kind,  # type: ignore[arg-type]  # the same words
        requires_shipping=line.requires_shipping,
        tax_lines=[_tax(tax) for tax in parts.taxes[line.pk]],
        discounts=[_discount(discount) for discount in parts.discounts[line.pk]],
        quantity_fulfilled=line.quantity_fulfilled,
        metadata=line.metadata,
    )


def _method(line: ShippingLine, parts: _Parts) -> ShippingRequest:
    return ShippingRequest(
        name=line.name,
        amount=_amount(line.unit_price),
        code=line.code,
        quantity=line.quantity,
        tax_lines=[_tax(tax) for tax in parts.taxes[line.pk]],
        discounts=[_discount(discount) for discount in parts.discounts[line.pk]],
        metadata=line.metadata,
    )


def _tax(tax: TaxLine) -> TaxRequest:
    return TaxRequest(name=tax.name, code=tax.code, rate=_amount(tax.rate), amount=_amount(tax.amount))


def _discount(discount: Adjustment) -> DiscountRequest:
    return DiscountRequest(code=discount.code, description=discount.description, amount=_amount(discount.amount))


def _customer(order: Order) -> CustomerRequest | None:
    customer = order.customer
    if customer is None:
        return None
    return CustomerRequest(
        external_id=customer.external_id,
        first_name=customer.first_name,
        last_name=customer.last_name,
        company_name=customer.company_name,
    )


def _address(addresses: Sequence[OrderAddress], kind: str) -> AddressRequest | None:
    for address in addresses:
        if address.kind == kind:
            return AddressRequest(**{name: getattr(address, name) for name in _ADDRESS_FIELDS})
    return None


def _credit(credit: CreditLine) -> CreditRequest:
    return CreditRequest(
        amount=_amount(credit.amount),
        reason=credit.reason,  # type: ignore[arg-type]  # the same words, but for the one left out
        reference=credit.reference,
        note=credit.note,
    )


def _payment(payment: Payment) -> PaymentRequest:
    return PaymentRequest(
        amount=_amount(payment.amount),
        reference=payment.reference,
        method=payment.method or ("" if payment.provider == "external" else payment.provider),
        captured=_amount(payment.captured),
        refunded=_amount(payment.refunded),
        captured_at=payment.captured_at,
    )


def _amount(amount: Decimal) -> Decimal:
    """Without the zeros that the column adds: 2.55, not 2.550000; 100, not 1E+2."""
    plain = amount.normalize()
    return plain.quantize(Decimal(1)) if plain.as_tuple().exponent > 0 else plain  # type: ignore[operator]

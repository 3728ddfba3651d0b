"""How a request becomes the rows of an order: pure, the same for every way in which orders arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from inventory.services.goods import Goods
from oms.core import events, ids
from oms.core.actors import Actor
from oms.core.money import round_amount
from orders import policies, recipes
from orders.enums import AdjustmentKind, CreditReason, OrderStatus
from orders.events import OrderPlaced
from orders.requests import AddressRequest, DiscountRequest, LineRequest, OrderRequest, PaymentRequest, TaxRequest
from orders.rows import (
    AddressRow,
    AdjustmentRow,
    CreditLineRow,
    LineRow,
    NoteRow,
    OrderRow,
    Rows,
    ShippingLineRow,
    TaxLineRow,
    TimelineRow,
)
from orders.totals import Priced, Totals
from payments.rows import PaymentRow

ZERO: Final = Decimal(0)
_NOTHING: Final[dict[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Context:
    """What the orders of one call have in common.

    announced: each has an order.placed of its own. past: they are over: one that leaves nothing to pack is completed.
    """

    channel_id: UUID
    channel_code: str
    actor: Actor
    now: datetime
    announced: bool
    action: str = "order.placed"
    import_run_id: UUID | None = None
    past: bool = False


def add(
    rows: Rows,
    request: OrderRequest,
    totals: Totals,
    goods: dict[str, Goods],
    context: Context,
    *,
    customer_id: UUID | None = None,
    digest: str = "",
    order_id: UUID | None = None,
    credited: Decimal = ZERO,
) -> OrderRow:
    """Add the rows of one order, with its statuses as the rollup would derive them. Returns the order's own row.

    order_id: of an order that exists and is written anew. credited: by its credit lines that stay then.
    """
    order_id = order_id or ids.new_id()
    lines = _lines(request, totals, goods, order_id)
    rows.lines += lines
    _add_shipping(rows, request, totals, order_id)
    if request.discounts or any(line.tax_lines or line.discounts for line in request.items):
        for priced, line, wanted in zip(totals.lines, lines, request.items, strict=True):
            _add_parts(rows, request, priced, wanted.tax_lines, wanted.discounts, order_id, line_id=line.id)
    for kind, address in (("shipping", request.shipping_address), ("billing", request.billing_address)):
        if address is not None:
            rows.addresses.append(_address(address, kind, order_id))
    rows.notes += [
        NoteRow(id=ids.new_id(), order_id=order_id, body=body, author=context.actor.as_dict()) for body in request.notes
    ]
    order = _order(request, totals, lines, order_id, context, customer_id, digest)
    _add_payments(rows, request, order)
    _add_credits(rows, request, order, credited)
    rows.orders.append(order)
    _add_news(rows, request, order, context)
    return order


def _order(
    request: OrderRequest,
    totals: Totals,
    lines: list[LineRow],
    order_id: UUID,
    context: Context,
    customer_id: UUID | None,
    digest: str,
) -> OrderRow:
    canceled = request.canceled_at is not None
    paid = [_paid(payment, totals.currency) for payment in request.payments]
    authorized = sum((payment.amount for payment in paid), ZERO)
    captured = sum((payment.captured for payment in paid), ZERO)
    refunded = sum((payment.refunded for payment in paid), ZERO)
    credit = sum((round_amount(credit.amount, totals.currency) for credit in request.credit_lines), ZERO)
    if canceled:
        credit = totals.total
    total = totals.total - credit
    fulfillment = policies.fulfillment_status(lines, canceled=canceled)
    units_open = policies.units_open(lines)
    done = not units_open and (context.past or any(line.quantity_fulfilled for line in lines))
    status = OrderStatus.CANCELED if canceled else OrderStatus.COMPLETED if done else OrderStatus.PENDING
    placed_at = request.placed_at or context.now
    return OrderRow(
        id=order_id,
        channel_id=context.channel_id,
        external_id=request.external_id,
        customer_id=customer_id,
        email=request.email,
        phone=request.phone,
        status=status,
        payment_status=policies.payment_status(
            total=total, authorized=authorized, captured=captured, refunded=refunded, canceled=canceled
        ),
        fulfillment_status=fulfillment,
        units_open=0 if canceled else units_open,
        is_sample=_is_sample(request, totals),
        currency=totals.currency,
        prices_include_tax=request.prices_include_tax,
        item_subtotal=totals.item_subtotal,
        shipping_subtotal=totals.shipping_subtotal,
        discount_total=totals.discount,
        tax_total=totals.tax,
        adjustment_total=totals.difference,
        credit_total=credit,
        total=total,
        original_total=totals.total,
        captured_total=captured,
        refunded_total=refunded,
        placed_at=placed_at,
        completed_at=placed_at if status == OrderStatus.COMPLETED else None,
        canceled_at=request.canceled_at,
        cancel_reason=request.cancel_reason,
        tags=request.tags,
        metadata=request.metadata,
        event_seq=1 if context.announced else 0,
        source_digest=digest,
        import_run_id=context.import_run_id,
    )


def _is_sample(request: OrderRequest, totals: Totals) -> bool:
    """Given away: worth nothing, and not because something was taken off."""
    prices = [line.unit_price for line in request.items] + [method.amount for method in request.shipping_methods]
    return not totals.total and not any(prices)


def _lines(request: OrderRequest, totals: Totals, goods: dict[str, Goods], order_id: UUID) -> list[LineRow]:
    """The lines of an order. What was sent before this system heard of it counts as shipped."""
    lines = []
    parts = zip(request.items, totals.lines, ids.new_ids(len(request.items)), strict=True)
    for position, (wanted, priced, line_id) in enumerate(parts):
        item = goods.get(wanted.sku)
        lines.append(
            LineRow(
                id=line_id,
                order_id=order_id,
                position=position,
                kind=wanted.kind,
                sku=wanted.sku,
                title=wanted.title or (item.title if item else "") or wanted.sku,
                item_id=item.id if item else None,
                is_stocked=item.is_stocked if item else False,
                requires_shipping=_requires_shipping(wanted, item),
                components=recipes.stored(item.components) if item and item.components else None,
                quantity=wanted.quantity,
                unit_price=wanted.unit_price,
                subtotal=priced.subtotal,
                discount_total=priced.discount,
                tax_total=priced.tax,
                total=priced.total,
                quantity_fulfilled=wanted.quantity_fulfilled,
                quantity_shipped=wanted.quantity_fulfilled,
                quantity_delivered=0,
                metadata=wanted.metadata,
            )
        )
    return lines


def _requires_shipping(wanted: LineRequest, item: Goods | None) -> bool:
    if wanted.requires_shipping is not None:
        return wanted.requires_shipping
    return wanted.kind == "goods" and (item is None or item.requires_shipping)


def _add_shipping(rows: Rows, request: OrderRequest, totals: Totals, order_id: UUID) -> None:
    for position, (method, priced) in enumerate(zip(request.shipping_methods, totals.shipping, strict=True)):
        line = ShippingLineRow(
            id=ids.new_id(),
            order_id=order_id,
            position=position,
            code=method.code,
            name=method.name,
            quantity=method.quantity,
            unit_price=method.amount,
            subtotal=priced.subtotal,
            discount_total=priced.discount,
            tax_total=priced.tax,
            total=priced.total,
            metadata=method.metadata,
        )
        rows.shipping.append(line)
        _add_parts(rows, request, priced, method.tax_lines, method.discounts, order_id, shipping_line_id=line.id)


def _add_parts(
    rows: Rows,
    request: OrderRequest,
    priced: Priced,
    taxes: list[TaxRequest],
    discounts: list[DiscountRequest],
    order_id: UUID,
    *,
    line_id: UUID | None = None,
    shipping_line_id: UUID | None = None,
) -> None:
    """The tax lines and the discounts of a line: its own, then its shares of the order's."""
    rows.taxes += [
        TaxLineRow(
            id=ids.new_id(),
            order_id=order_id,
            line_id=line_id,
            shipping_line_id=shipping_line_id,
            name=tax.name,
            code=tax.code,
            rate=tax.rate,
            amount=amount,
        )
        for tax, amount in zip(taxes, priced.taxes, strict=True)
    ]
    shares = zip(request.discounts, priced.order_discounts, strict=True) if priced.order_discounts else ()
    rows.adjustments += [
        AdjustmentRow(
            id=ids.new_id(),
            order_id=order_id,
            line_id=line_id,
            shipping_line_id=shipping_line_id,
            kind=AdjustmentKind.DISCOUNT,
            code=discount.code,
            description=discount.description,
            amount=amount,
        )
        for discount, amount in (*zip(discounts, priced.discounts, strict=True), *shares)
    ]


def _address(address: AddressRequest, kind: str, order_id: UUID) -> AddressRow:
    return AddressRow(
        id=ids.new_id(),
        order_id=order_id,
        kind=kind,
        first_name=address.first_name,
        last_name=address.last_name,
        company=address.company,
        address_1=address.address_1,
        address_2=address.address_2,
        city=address.city,
        province=address.province,
        postal_code=address.postal_code,
        country_code=address.country_code.lower(),
        country_name=address.country_name,
        phone=address.phone,
    )


@dataclass(frozen=True, slots=True)
class _Paid:
    """The amounts of a payment, rounded as they are stored."""

    amount: Decimal
    captured: Decimal
    refunded: Decimal


def _paid(payment: PaymentRequest, currency: str) -> _Paid:
    captured = payment.amount if payment.captured is None else payment.captured
    return _Paid(*(round_amount(each, currency) for each in (payment.amount, captured, payment.refunded)))


def _add_payments(rows: Rows, request: OrderRequest, order: OrderRow) -> None:
    """Money that was taken elsewhere: when the order was placed, where the source does not say."""
    for payment in request.payments:
        paid = _paid(payment, order.currency)
        rows.payments.append(
            PaymentRow(
                id=ids.new_id(),
                order_id=order.id,
                provider="external",
                method=payment.method,
                reference=payment.reference,
                currency=order.currency,
                amount=paid.amount,
                captured=paid.captured,
                refunded=paid.refunded,
                captured_at=payment.captured_at or (order.placed_at if paid.captured else None),
                metadata=_NOTHING,
                is_stated=True,
            )
        )


def _add_credits(rows: Rows, request: OrderRequest, order: OrderRow, credited: Decimal) -> None:
    """The source's difference, and the credit lines asked for; a canceled order's last one takes all that is left.

    credited: by credit lines that the order has besides.
    """
    if order.adjustment_total:
        rows.adjustments.append(
            AdjustmentRow(
                id=ids.new_id(),
                order_id=order.id,
                line_id=None,
                shipping_line_id=None,
                kind=AdjustmentKind.SOURCE_DIFFERENCE,
                code="",
                description="",
                amount=order.adjustment_total,
            )
        )
    given: list[tuple[Decimal, str, str, str]] = [
        (round_amount(credit.amount, order.currency), credit.reason, credit.reference, credit.note)
        for credit in request.credit_lines
    ]
    if order.canceled_at is not None:
        left = order.credit_total - credited - sum([amount for amount, *_ in given], ZERO)
        given.append((left, CreditReason.CANCELLATION.value, "", ""))
    rows.credits += [
        CreditLineRow(
            id=ids.new_id(),
            order_id=order.id,
            amount=amount,
            reason=reason,
            reference=reference,
            note=note,
            is_stated=True,
        )
        for amount, reason, reference, note in given
        if amount
    ]


def _add_news(rows: Rows, request: OrderRequest, order: OrderRow, context: Context) -> None:
    """The first entry of the timeline, and order.placed where orders of this call are announced."""
    rows.timeline.append(
        TimelineRow(
            id=ids.new_id(),
            order_id=order.id,
            occurred_at=context.now,
            actor=context.actor.as_dict(),
            action=context.action,
            facts={"total": f"{order.total} {order.currency}", "lines": len(request.items)},
            changes=_NOTHING,
        )
    )
    if context.announced:
        placed = OrderPlaced(
            order_id=ids.encode(ids.ORDER, order.id),
            channel=context.channel_code,
            external_id=order.external_id,
            total=str(order.total),
            currency_code=order.currency,
            lines=len(request.items),
        )
        rows.outbox.append(events.row(placed, actor=context.actor, stream=order.id, sequence=1, at=context.now))

"""From rows to what the API shows. Everything is at hand (`orders.selectors`): no query is made here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from oms.core import ids
from oms.web.limits import answering
from oms.web.rendering import amount, moment, moment_or_none
from orders.api import line_shapes, money, parts, shapes
from orders.models import Adjustment, Order, OrderLine, ShippingLine, TaxLine
from orders.selectors.statement import Statement, statement


@dataclass(slots=True)
class _Loaded:
    """An order with its tax lines and adjustments by the line they belong to."""

    order: Order
    public_id: str
    placed: str
    changed: str
    taxes: dict[UUID, list[TaxLine]]
    adjustments: dict[UUID, list[Adjustment]]


def listed(order: Order, *, with_items: bool = True) -> shapes.ListedOrder:
    """An order as lists show it."""
    if not with_items:
        return shapes.ListedOrder(**_head(order), items=None)
    loaded = _load(order)
    return shapes.ListedOrder(**_head(order), items=[_item(line, loaded) for line in order.lines.all()])


def full(order: Order) -> shapes.Order:
    """An order with everything that belongs to it."""
    loaded, seen = _load(order), answering.get()
    lines, methods = list(order.lines.all()), list(order.shipping_lines.all())
    goods = money.add_up(_worth(line, loaded) for line in lines)
    shipping = money.add_up(_worth(line, loaded) for line in methods)
    addresses = {each.kind: parts.address(each, loaded.placed) for each in order.addresses.all()}
    payments = list(order.payments.all())
    return shapes.Order(
        **_head(order),
        statement=_statement(statement(order, payments, [each for paid in payments for each in paid.attempts.all()])),
        items=[_item(line, loaded) for line in lines],
        phone=order.phone or None,
        cancel_reason=order.cancel_reason or None,
        is_sample=order.is_sample,
        original_subtotal=amount(goods.subtotal + shipping.subtotal),
        original_tax_total=amount(goods.original_tax + shipping.original_tax),
        discount_tax_total=amount(goods.discount_tax + shipping.discount_tax),
        item_total=amount(goods.total),
        item_tax_total=amount(goods.tax),
        item_discount_total=amount(goods.discount),
        original_item_total=amount(goods.original_total),
        original_item_subtotal=amount(goods.subtotal),
        original_item_tax_total=amount(goods.original_tax),
        shipping_total=amount(shipping.total),
        shipping_tax_total=amount(shipping.tax),
        shipping_discount_total=amount(shipping.discount),
        original_shipping_total=amount(shipping.original_total),
        original_shipping_subtotal=amount(shipping.subtotal),
        original_shipping_tax_total=amount(shipping.original_tax),
        credit_line_subtotal=amount(order.credit_total),
        credit_lines=[parts.credit_line(each, order) for each in order.credit_lines.all()],
        shipping_address=addresses.get("shipping"),
        billing_address=addresses.get("billing"),
        customer=parts.customer(order.customer) if order.customer else None,
        shipping_methods=[_method(line, loaded) for line in methods],
        payment_collections=parts.payment_collections(order),
        fulfillments=[
            parts.fulfillment(each, lines)
            for each in order.fulfillments.all()
            if seen.allows_location(each.location_id)
        ],
        holds=[parts.hold(each) for each in order.holds.all()],
    )


def _statement(told: Statement) -> shapes.Statement:
    return shapes.Statement(**{name: amount(getattr(told, name).amount) for name in shapes.Statement.__struct_fields__})


def _load(order: Order) -> _Loaded:
    taxes: dict[UUID, list[TaxLine]] = defaultdict(list)
    adjustments: dict[UUID, list[Adjustment]] = defaultdict(list)
    for tax in order.tax_lines.all():
        taxes[_owner(tax)].append(tax)
    for adjustment in order.adjustments.all():
        if adjustment.line_id or adjustment.shipping_line_id:
            adjustments[_owner(adjustment)].append(adjustment)
    return _Loaded(order, order.public_id, moment(order.placed_at), moment(order.updated_at), taxes, adjustments)


def _owner(part: TaxLine | Adjustment) -> UUID:
    owner: UUID | None = part.line_id or part.shipping_line_id
    assert owner is not None  # noqa: S101  (a constraint of the table says so)
    return owner


def _head(order: Order) -> dict[str, Any]:
    """What lists and the full form share: columns of the order itself."""
    total = amount(order.total)
    return {
        "id": order.public_id,
        "display_id": order.number,
        "status": order.status,
        "payment_status": order.payment_status,
        "fulfillment_status": order.fulfillment_status,
        "return_status": order.return_status,
        "version": order.version,
        "revision": order.revision,
        "external_id": order.external_id,
        "sales_channel_id": ids.encode(ids.SALES_CHANNEL, order.channel_id),
        "customer_id": ids.encode(ids.CUSTOMER, order.customer_id) if order.customer_id else None,
        "email": order.email or None,
        "currency_code": order.currency.lower(),
        "summary": shapes.Summary(
            current_order_total=total,
            original_order_total=amount(order.original_total),
            paid_total=amount(order.captured_total),
            refunded_total=amount(order.refunded_total),
            transaction_total=amount(order.captured_total - order.refunded_total),
            credit_line_total=amount(order.credit_total),
            accounting_total=total,
            pending_difference=amount(order.balance.amount),
        ),
        "total": total,
        "original_total": amount(order.original_total),
        "subtotal": amount(order.item_subtotal + order.shipping_subtotal),
        "tax_total": amount(order.tax_total),
        "discount_total": amount(order.discount_total),
        "item_subtotal": amount(order.item_subtotal),
        "shipping_subtotal": amount(order.shipping_subtotal),
        "credit_line_total": amount(order.credit_total),
        "adjustment_total": amount(order.adjustment_total),
        "open_holds": order.open_holds,
        "units_open": order.units_open,
        "tags": order.tags,
        "metadata": order.metadata,
        "created_at": moment(order.placed_at),
        "updated_at": moment(order.updated_at),
        "canceling_at": moment_or_none(order.canceling_at),
        "canceled_at": moment_or_none(order.canceled_at),
        "completed_at": moment_or_none(order.completed_at),
        "archived_at": moment_or_none(order.archived_at),
    }


def _worth(line: OrderLine | ShippingLine, loaded: _Loaded) -> money.Worth:
    return money.worth(line, loaded.taxes.get(line.pk, ()), loaded.order.currency)


def _item(line: OrderLine, loaded: _Loaded) -> line_shapes.Item:
    public_id, currency = line.public_id, loaded.order.currency
    value, total = _worth(line, loaded), amount(line.total)
    return line_shapes.Item(
        id=public_id,
        title=line.title,
        product_title=line.title,
        variant_sku=line.sku or None,
        kind=line.kind,
        inventory_item_id=ids.encode(ids.INVENTORY_ITEM, line.item_id) if line.item_id else None,
        requires_shipping=line.requires_shipping,
        is_giftcard=line.kind == "gift_card",
        is_tax_inclusive=loaded.order.prices_include_tax,
        metadata=line.metadata,
        line_item_metadata=line.metadata,
        unit_price=amount(line.unit_price),
        quantity=line.quantity,
        detail=_detail(line, public_id, loaded),
        tax_lines=[parts.tax_line(tax, loaded.placed) for tax in loaded.taxes.get(line.pk, ())],
        adjustments=[parts.adjustment(each, loaded.placed) for each in loaded.adjustments.get(line.pk, ())],
        subtotal=amount(line.subtotal),
        total=total,
        original_subtotal=amount(line.subtotal),
        original_total=amount(value.original_total),
        discount_subtotal=amount(line.discount_total),
        discount_tax_total=amount(value.discount_tax),
        discount_total=amount(line.discount_total),
        tax_total=amount(line.tax_total),
        original_tax_total=amount(value.original_tax),
        refundable_total_per_unit=amount(money.share(line.total, 1, line.quantity, currency)),
        refundable_total=total,
        fulfilled_total=amount(money.share(line.total, line.quantity_fulfilled, line.quantity, currency)),
        shipped_total=amount(money.share(line.total, line.quantity_shipped, line.quantity, currency)),
        created_at=loaded.placed,
        updated_at=loaded.changed,
    )


def _detail(line: OrderLine, public_id: str, loaded: _Loaded) -> line_shapes.ItemDetail:
    return line_shapes.ItemDetail(
        id=f"orditem_{public_id.partition('_')[2]}",
        order_id=loaded.public_id,
        item_id=public_id,
        version=loaded.order.version,
        unit_price=amount(line.unit_price),
        quantity=line.quantity,
        fulfilled_quantity=line.quantity_fulfilled,
        shipped_quantity=line.quantity_shipped,
        delivered_quantity=line.quantity_delivered,
        return_received_quantity=line.quantity_returned,
        created_at=loaded.placed,
        updated_at=loaded.changed,
        metadata=line.metadata,
    )


def _method(line: ShippingLine, loaded: _Loaded) -> line_shapes.ShippingMethod:
    value = _worth(line, loaded)
    return line_shapes.ShippingMethod(
        id=line.public_id,
        order_id=loaded.public_id,
        name=line.name,
        code=line.code,
        quantity=line.quantity,
        amount=amount(line.unit_price),
        is_tax_inclusive=loaded.order.prices_include_tax,
        tax_lines=[parts.tax_line(tax, loaded.placed) for tax in loaded.taxes.get(line.pk, ())],
        adjustments=[parts.adjustment(each, loaded.placed) for each in loaded.adjustments.get(line.pk, ())],
        subtotal=amount(line.subtotal),
        total=amount(line.total),
        original_subtotal=amount(line.subtotal),
        original_total=amount(value.original_total),
        discount_total=amount(line.discount_total),
        discount_subtotal=amount(line.discount_total),
        discount_tax_total=amount(value.discount_tax),
        tax_total=amount(line.tax_total),
        original_tax_total=amount(value.original_tax),
        metadata=line.metadata,
        created_at=loaded.placed,
        updated_at=loaded.placed,
    )

"""Placing one order over HTTP: the hot path, without serializers and without reading back what was just written."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import ids
from oms.core.errors import FieldError, InvalidInput
from oms.web import bodies, etag, idempotency
from oms.web.authentication import actor_of
from oms.web.limits import OutsideLimits, all_within, limits_of
from oms.web.rendering import amount, json_answer, moment
from orders import requests
from orders.api import base, shapes
from orders.ports import selling_within
from orders.rows import LineRow, OrderRow
from orders.services.placement import Placed, place_order


def place(request: Request) -> HttpResponse:
    """Place the order in the body; the one that its channel and external id name already, where there is one."""
    wanted = requests.parse(bodies.raw(request))
    if not wanted.sales_channel:
        raise InvalidInput(
            errors=[FieldError("/sales_channel", "sales_channel: the code or id of the sales channel.", "required")]
        )
    channel, actor, seen = wanted.sales_channel, actor_of(request), limits_of(request.user)
    minimal = "return=minimal" in request.headers.get("Prefer", "")

    def work() -> Placed:
        placed = place_order(request=wanted, selling=selling_within(channel, seen), actor=actor)
        if placed.existing and placed.order_id and not all_within([placed.order_id], seen):
            raise OutsideLimits(kind="order")
        return placed

    return idempotency.answer(request, work, lambda placed: _answer(placed, minimal=minimal))


def _answer(placed: Placed, *, minimal: bool) -> HttpResponse:
    """A new order is told from what was just written, without a query; an existing one is read."""
    assert placed.order_id is not None  # noqa: S101  (a refusal has been raised)
    if placed.row is None or placed.number is None:
        return base.order_answer(placed.order_id)
    headers = {"ETag": etag.of(1)}
    if minimal:
        shape = _minimal(placed.row, placed.number)
        return json_answer({"order": shape}, headers=headers | {"Preference-Applied": "return=minimal"})
    return json_answer({"order": _placed(placed.row, placed.number, placed.lines)}, headers=headers)


def _minimal(row: OrderRow, number: int) -> shapes.MinimalOrder:
    return shapes.MinimalOrder(
        id=ids.encode(ids.ORDER, row.id),
        display_id=number,
        status=row.status,
        external_id=row.external_id,
        currency_code=row.currency.lower(),
        total=amount(row.total),
        revision=1,
    )


def _placed(row: OrderRow, number: int, lines: Sequence[LineRow]) -> shapes.PlacedOrder:
    return shapes.PlacedOrder(
        id=ids.encode(ids.ORDER, row.id),
        display_id=number,
        status=row.status,
        payment_status=row.payment_status,
        fulfillment_status=row.fulfillment_status,
        version=1,
        revision=1,
        external_id=row.external_id,
        sales_channel_id=ids.encode(ids.SALES_CHANNEL, row.channel_id),
        customer_id=ids.encode(ids.CUSTOMER, row.customer_id) if row.customer_id else None,
        email=row.email or None,
        currency_code=row.currency.lower(),
        total=amount(row.total),
        original_total=amount(row.original_total),
        subtotal=amount(row.item_subtotal + row.shipping_subtotal),
        tax_total=amount(row.tax_total),
        discount_total=amount(row.discount_total),
        item_subtotal=amount(row.item_subtotal),
        shipping_subtotal=amount(row.shipping_subtotal),
        items=[_item(line) for line in lines],
        tags=row.tags,
        metadata=row.metadata,
        created_at=moment(row.placed_at),
    )


def _item(line: LineRow) -> shapes.PlacedItem:
    return shapes.PlacedItem(
        id=ids.encode(ids.ORDER_LINE, line.id),
        title=line.title,
        variant_sku=line.sku or None,
        kind=line.kind,
        requires_shipping=line.requires_shipping,
        quantity=line.quantity,
        unit_price=amount(line.unit_price),
        subtotal=amount(line.subtotal),
        discount_total=amount(line.discount_total),
        tax_total=amount(line.tax_total),
        total=amount(line.total),
        metadata=line.metadata,
    )

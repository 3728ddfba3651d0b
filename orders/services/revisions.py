"""A record that was imported before comes again and says something else: one new revision of its order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from fulfillment.models import Fulfillment
from inventory import providers
from inventory.providers.base import LineDemand, OrderDemand
from inventory.services import goods as goods_service
from inventory.services.goods import Goods
from oms.core import bulk
from oms.core.actors import Actor
from oms.core.money import round_amount
from oms.core.transactions import atomic
from orders import errors, recipes, row_builder, totals
from orders.enums import OrderStatus
from orders.events import OrderUpdated
from orders.locks import lock_order
from orders.models import Adjustment, CreditedItem, CreditLine, Order, OrderAddress, OrderLine, ShippingLine, TaxLine
from orders.requests import OrderRequest
from orders.row_builder import Context
from orders.rows import AdjustmentRow, LineRow, Rows, ShippingLineRow, TaxLineRow
from orders.services import customers, journal, rollup
from orders.services.placement import Options, Selling, Stock
from payments.models import Payment

ZERO: Final = Decimal(0)
_OWN: Final = (
    "email",
    "phone",
    "currency",
    "is_sample",
    "prices_include_tax",
    "item_subtotal",
    "shipping_subtotal",
    "discount_total",
    "tax_total",
    "adjustment_total",
    "placed_at",
    "completed_at",
    "canceled_at",
    "cancel_reason",
    "source_digest",
    "import_run_id",
)
_SHOWN: Final = (
    "email",
    "phone",
    "currency",
    "placed_at",
    "status",
    "payment_status",
    "fulfillment_status",
    "shipping_subtotal",
    "discount_total",
    "tax_total",
    "credit_total",
    "captured_total",
    "refunded_total",
    "total",
)
_LINE_SHOWN: Final = ("sku", "title", "quantity", "unit_price", "total", "quantity_fulfilled")


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was done here to an imported order and outlives a revision of it.

    returned and credited: units by line; credit: the money of credit lines written here, which went back to the
    customer and so stays on the payments.
    """

    lines: dict[UUID, OrderLine]
    shipping: dict[UUID, ShippingLine]
    credit: Decimal


@atomic()
def revise_order(
    *, order_id: UUID, request: OrderRequest, digest: str, selling: Selling, options: Options, actor: Actor
) -> Order:
    """Make an imported order what its source says now: lines, totals, addresses, payments. One revision, one version.

    What was recorded here stays: notes, tags, holds, credit notes and the units they gave back. A line keeps its id
    where its sku is still sold. What the order holds of stock follows its lines, and stays as it is where they do;
    unless stock is skipped, an order that held nothing holds what is open. An order whose customer was erased stays as
    it is. Raises OrderNotRevisable when it is canceled or archived here, was packed, or gave back more than is left;
    InsufficientStock or NoStockLocation; nothing has changed then.
    """
    order = lock_order(order_id)
    if order.customer is not None and order.customer.erased_at:
        return order  # its source still knows the person; here they stay forgotten
    _require_revisable(order)
    kept = _kept(order)
    before = _snapshot(order, kept.lines.values())
    goods = goods_service.find(line.sku for line in request.items)
    fresh = _rows(order, request, digest, selling, options, actor, goods, kept)
    _reuse_ids(fresh, kept)
    _keep_recipes(fresh, kept)
    _require_room(order, request, fresh, kept)

    _replace(order, fresh, kept)
    _take_over(order, fresh, request)
    rollup.refresh(order)
    changed = _changes(before, _snapshot(order, fresh.lines))
    event = OrderUpdated(order_id=order.public_id, changed=sorted({name.partition("/")[0] for name in changed}))
    journal.record(order, event, actor=actor, changes=changed, facts={"act": "order.revised", "version": order.version})
    _hold_anew(order, fresh.lines, goods, selling, options.stock, actor)
    return order


def _require_revisable(order: Order) -> None:
    if order.status in (OrderStatus.CANCELED, OrderStatus.ARCHIVED):
        raise errors.OrderNotRevisable(number=order.number, reason=order.get_status_display())
    if Fulfillment.objects.filter(order_id=order.pk).exists():
        raise errors.OrderNotRevisable(number=order.number, reason="packed here")


def _kept(order: Order) -> _Kept:
    made_here = CreditLine.objects.filter(order=order, is_stated=False)
    return _Kept(
        lines={line.pk: line for line in order.lines.all()},
        shipping={line.pk: line for line in order.shipping_lines.all()},
        credit=sum((credit.amount for credit in made_here), ZERO),
    )


def _rows(
    order: Order,
    request: OrderRequest,
    digest: str,
    selling: Selling,
    options: Options,
    actor: Actor,
    goods: dict[str, Goods],
    kept: _Kept,
) -> Rows:
    """The rows of the order as if it were placed now."""
    known = customers.resolve(selling.channel_id, [request])
    context = Context(
        channel_id=selling.channel_id,
        channel_code=selling.code,
        actor=actor,
        now=timezone.now(),
        announced=False,
        import_run_id=options.import_run_id,
        past=options.past,
    )
    fresh = Rows()
    row_builder.add(
        fresh,
        request,
        totals.compute(request),
        goods,
        context,
        customer_id=known.get(customers.key_of(request) or ("", "")),
        digest=digest,
        order_id=order.pk,
        credited=kept.credit,
    )
    return fresh


def _reuse_ids(fresh: Rows, kept: _Kept) -> None:
    """Give lines the ids that they had: first the same sku at the same place, then the same sku anywhere."""
    renamed = _paired(
        [(line.id, line.position, line.sku) for line in fresh.lines],
        [(line.pk, line.position, line.sku) for line in kept.lines.values()],
    ) | _paired(
        [(line.id, line.position, line.code) for line in fresh.shipping],
        [(line.pk, line.position, line.code) for line in kept.shipping.values()],
    )
    every: list[LineRow | ShippingLineRow] = [*fresh.lines, *fresh.shipping]
    for line in every:
        line.id = renamed.get(line.id, line.id)
    parts: list[TaxLineRow | AdjustmentRow] = [*fresh.taxes, *fresh.adjustments]
    for part in parts:
        part.line_id = part.line_id and renamed.get(part.line_id, part.line_id)
        part.shipping_line_id = part.shipping_line_id and renamed.get(part.shipping_line_id, part.shipping_line_id)


def _keep_recipes(fresh: Rows, kept: _Kept) -> None:
    """A line that stays is packed as it was sold, though the kit consists of something else now.

    What was no kit then and is one now was held for nobody, and cannot be: it is packed as the kit is.
    """
    for line in fresh.lines:
        old = kept.lines.get(line.id)
        if old is not None and old.item_id == line.item_id and old.components:
            line.components, line.is_stocked = old.components, old.is_stocked


def _paired(fresh: Sequence[tuple[UUID, int, str]], old: Sequence[tuple[UUID, int, str]]) -> dict[UUID, UUID]:
    by_place = {(sku, position): line_id for line_id, position, sku in old}
    renamed = {line_id: by_place[sku, position] for line_id, position, sku in fresh if (sku, position) in by_place}
    left: dict[str, list[UUID]] = defaultdict(list)
    taken = set(renamed.values())
    for line_id, _, sku in old:
        if line_id not in taken:
            left[sku].append(line_id)
    for line_id, _, sku in fresh:
        if line_id not in renamed and left[sku]:
            renamed[line_id] = left[sku].pop(0)
    return renamed


def _stated_credit(request: OrderRequest) -> Decimal:
    return sum((round_amount(credit.amount, request.currency) for credit in request.credit_lines), ZERO)


def _require_room(order: Order, request: OrderRequest, fresh: Rows, kept: _Kept) -> None:
    """What was given back must still be there to have been sold, and its money to have been taken."""
    sold = {line.id: line.quantity for line in fresh.lines} | {line.id: line.quantity for line in fresh.shipping}
    given_back = {line.pk: line.quantity_returned for line in kept.lines.values()} | {
        line.pk: line.quantity_credited for line in kept.shipping.values()
    }
    refunded = CreditedItem.objects.filter(order=order, is_taken_back=False)
    named = {line_id or shipping_id for line_id, shipping_id in refunded.values_list("line_id", "shipping_line_id")}
    if any(units > sold.get(line_id, 0) for line_id, units in given_back.items()) or named - sold.keys():
        raise errors.OrderNotRevisable(number=order.number, reason="in part given back, more than it would still sell")
    room = sum((payment.captured - payment.refunded for payment in fresh.payments), ZERO)
    (row,) = fresh.orders
    if row.canceled_at is not None and kept.credit + _stated_credit(request) > row.original_total:
        raise errors.OrderNotRevisable(number=order.number, reason="credited with more than it was worth")
    if kept.credit > room:
        raise errors.OrderNotRevisable(number=order.number, reason="credited with more than it would still be paid")


def _replace(order: Order, fresh: Rows, kept: _Kept) -> None:
    """Take the old parts away and write the new ones. References to lines are checked when the transaction ends."""
    with connection.cursor() as cursor:
        for model in (TaxLine, Adjustment, OrderLine, ShippingLine, OrderAddress):
            # Plain SQL: Django would refuse to delete a line that something refers to, and it is there again below.
            cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE order_id = %s', [order.pk])  # noqa: S608
    CreditLine.objects.filter(order=order, is_stated=True).delete()
    Payment.objects.filter(order=order, is_stated=True).delete()
    _carry_refunds(fresh, kept.credit)
    known = set(order.notes.values_list("body", flat=True))
    bulk.insert(
        fresh.lines,
        fresh.shipping,
        fresh.taxes,
        fresh.adjustments,
        fresh.addresses,
        fresh.credits,
        fresh.payments,
        [note for note in fresh.notes if note.body not in known],
    )
    for old in kept.lines.values():
        if old.quantity_returned:
            OrderLine.objects.filter(pk=old.pk).update(quantity_returned=old.quantity_returned)
    for method in kept.shipping.values():
        if method.quantity_credited:
            ShippingLine.objects.filter(pk=method.pk).update(quantity_credited=method.quantity_credited)


def _carry_refunds(fresh: Rows, credit: Decimal) -> None:
    for payment in fresh.payments:
        amount = min(credit, payment.captured - payment.refunded)
        payment.refunded += amount
        credit -= amount


def _take_over(order: Order, fresh: Rows, request: OrderRequest) -> None:
    """The order's own fields. Tags and metadata that were added here stay; what it was worth at first stays too."""
    (row,) = fresh.orders
    for name in _OWN:
        setattr(order, name, getattr(row, name))
    order.customer_id = row.customer_id
    order.status = row.status
    order.tags = [*request.tags, *(tag for tag in order.tags if tag not in request.tags)]
    order.metadata = {**order.metadata, **request.metadata}
    order.version += 1


def _snapshot(order: Order, lines: Any) -> dict[str, Any]:
    shown = {name: _as_text(getattr(order, name)) for name in _SHOWN}
    for line in lines:
        place = f"items/{line.position}"
        shown |= {f"{place}/{name}": _as_text(getattr(line, name)) for name in _LINE_SHOWN}
    return shown


def _as_text(value: Any) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = list(dict.fromkeys([*before, *after]))
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _hold_anew(
    order: Order, lines: Sequence[LineRow], goods: dict[str, Goods], selling: Selling, stock: Stock, actor: Actor
) -> None:
    """Hold what is open now in the place of what was held; of an order that is over, nothing."""
    is_open = order.status == OrderStatus.PENDING
    may_wait = goods_service.waiting_allowed({each.item_id for line in lines for each in recipes.kept(line.components)})
    demands = [
        LineDemand(
            line_id=line.id,
            item_id=line.item_id,
            sku=line.sku,
            quantity=line.quantity - line.quantity_fulfilled,
            allow_backorder=goods[line.sku].allow_backorder,
            pointer=f"/items/{line.position}/quantity",
            components=recipes.kept(line.components, may_wait=may_wait),
            forced=stock is Stock.FORCE,
        )
        for line in lines
        if is_open and line.is_stocked and line.item_id and line.quantity > line.quantity_fulfilled
    ]
    providers.current().hold_anew(
        OrderDemand(order.pk, demands),
        selling.location_ids,
        only_if_held=stock is Stock.SKIP or not is_open,
        actor=actor,
    )

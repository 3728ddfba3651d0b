"""Credit notes that a source sends: matched to the sales they give back, newest first, for many at once.

A note says what came back and what it was worth, not which sale it belongs to. Units are matched to earlier sales of
the same customer and sku (codes compared without case) up to what was sold and not given back yet. The money of matched
units becomes a credit line of that order and a refund of its payments, so the order's balance stays what it was; it is
capped at what is left of what was taken for that order. Everything else is for staff.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from oms.core import bulk, ids, locks
from oms.core.actors import Actor
from oms.core.money import round_amount
from oms.core.transactions import atomic
from orders import policies
from orders.enums import CreditReason, HoldReason, OrderStatus
from orders.events import HoldPlaced, OrderUpdated
from orders.models import Hold, Order
from orders.rows import CreditLineRow
from orders.services import journal, rollup
from payments.services import refunds_recorded

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class NoteLine:
    """quantity: units that came back, above zero. unit_price: what each is worth."""

    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class CreditNote:
    """reference: the source's number. customer: the channel's id of the customer, "" when the note names none."""

    reference: str
    customer: str
    issued_at: datetime
    currency: str
    lines: Sequence[NoteLine]


@dataclass(frozen=True, slots=True)
class Match:
    """Units of an order line or shipping line that a line of a note (by index) gives back; amount above or at zero."""

    line: int
    order_id: UUID
    sold_id: UUID
    quantity: int
    amount: Decimal


@dataclass(slots=True)
class _Sold:
    """A line of an earlier sale. left: units not given back yet. unsent: how many of the line are not packed."""

    order_id: UUID
    sold_id: UUID
    is_shipping: bool
    placed_at: datetime
    currency: str
    left: int
    unsent: int
    taken: int = 0


@dataclass(slots=True)
class _Given:
    """What a note gives back of one order. total: the order's total before it."""

    reference: str
    units: int = 0
    amount: Decimal = ZERO
    unsent: bool = False


@dataclass(slots=True)
class _Work:
    """Everything an application of notes works on, locked."""

    orders: dict[UUID, Order]
    sold: dict[tuple[str, str], list[_Sold]]
    refundable: dict[UUID, Decimal]
    given: dict[UUID, list[_Given]] = field(default_factory=lambda: defaultdict(list))


@atomic()
def apply_credit_notes(*, channel_id: UUID, notes: Sequence[CreditNote], actor: Actor) -> list[list[Match]]:
    """Match notes to sales, one after the other in the order given, and give the money back. One list for each note.

    The orders are locked. An open order of which units are given back that are not packed yet is put on hold. What has
    been applied already is the caller's to know: applying a note twice gives back twice.
    """
    work = _lock(channel_id, notes)
    matches = [_match(note, work) for note in notes]

    _write(work, actor)
    return matches


_CANDIDATES = """
WITH sales AS (
    SELECT o.id, c.external_id AS customer
    FROM orders_customer AS c JOIN orders_order AS o ON o.customer_id = c.id
    WHERE c.channel_id = %(channel)s AND c.external_id = ANY(%(customers)s) AND o.channel_id = %(channel)s
      AND o.status <> 'canceled' AND o.placed_at < %(until)s
)
SELECT sales.id FROM sales JOIN orders_orderline AS l ON l.order_id = sales.id
WHERE (sales.customer, lower(l.sku)) IN (SELECT * FROM unnest(%(customers)s::text[], %(skus)s::text[]))
UNION
SELECT sales.id FROM sales JOIN orders_shippingline AS s ON s.order_id = sales.id
WHERE (sales.customer, lower(s.code)) IN (SELECT * FROM unnest(%(customers)s::text[], %(skus)s::text[]))
"""

_SOLD = """
SELECT c.external_id, lower(part.sku), o.id, part.id, part.is_shipping, o.placed_at, o.currency, part.left, part.unsent
FROM (
    SELECT order_id, id, sku, false AS is_shipping, position, quantity - quantity_returned AS left,
           CASE WHEN kind = 'fee' THEN 0 ELSE quantity - quantity_fulfilled END AS unsent
    FROM orders_orderline WHERE order_id = ANY(%(orders)s)
    UNION ALL
    SELECT order_id, id, code, true, position, quantity - quantity_credited, 0
    FROM orders_shippingline WHERE order_id = ANY(%(orders)s)
) AS part JOIN orders_order AS o ON o.id = part.order_id JOIN orders_customer AS c ON c.id = o.customer_id
WHERE (c.external_id, lower(part.sku)) IN (SELECT * FROM unnest(%(customers)s::text[], %(skus)s::text[]))
ORDER BY o.placed_at DESC, o.external_id DESC, part.is_shipping, part.position
"""


def _lock(channel_id: UUID, notes: Sequence[CreditNote]) -> _Work:
    """The orders of these customers that hold these goods, and what is left of them."""
    wanted = {(note.customer, line.sku.lower()) for note in notes if note.customer for line in note.lines}
    if not wanted:
        return _Work({}, {}, {})
    customers, skus = (list(column) for column in zip(*wanted, strict=True))
    until = max(note.issued_at for note in notes)
    values: dict[str, Any] = {"channel": channel_id, "customers": customers, "skus": skus, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, values)
        found = Order.objects.filter(pk__in=[row[0] for row in cursor.fetchall()])
        orders = {order.pk: order for order in locks.lock(locks.Rank.ORDER, found)}
        cursor.execute(_SOLD, {"orders": list(orders), "customers": customers, "skus": skus})
        sold: dict[tuple[str, str], list[_Sold]] = defaultdict(list)
        for customer, sku, *rest in cursor.fetchall():
            if orders[rest[0]].status != OrderStatus.CANCELED:
                sold[customer, sku].append(_Sold(*rest))
    return _Work(orders, sold, refunds_recorded.refundable(list(orders)))


def _match(note: CreditNote, work: _Work) -> list[Match]:
    """Newest sale first; the money of a line is shared by cumulative differences, so its parts sum to the whole."""
    found: list[Match] = []
    for index, line in enumerate(note.lines):
        matched = 0
        for sold in work.sold.get((note.customer, line.sku.lower()), ()) if note.customer else ():
            units = min(sold.left, line.quantity - matched)
            if units <= 0 or sold.placed_at >= note.issued_at or sold.currency != note.currency:
                continue
            before = round_amount(line.unit_price * matched, note.currency)
            matched += units
            amount = round_amount(line.unit_price * matched, note.currency) - before
            amount = min(amount, work.refundable.get(sold.order_id, ZERO))
            _take(work, note, sold, units, amount)
            found.append(Match(index, sold.order_id, sold.sold_id, units, amount))
    return found


def _take(work: _Work, note: CreditNote, sold: _Sold, units: int, amount: Decimal) -> None:
    given = work.given[sold.order_id]
    if not given or given[-1].reference != note.reference:
        given.append(_Given(note.reference))
    given[-1].units += units
    given[-1].amount += amount
    given[-1].unsent = given[-1].unsent or sold.left - units < sold.unsent
    sold.left -= units
    sold.taken += units
    if amount:
        work.refundable[sold.order_id] -= amount


_TAKE = """
UPDATE {table} AS line SET {column} = line.{column} + taken.units
FROM unnest(%s::uuid[], %s::int[]) AS taken(id, units) WHERE line.id = taken.id
"""


def _write(work: _Work, actor: Actor) -> None:
    if not work.given:
        return
    touched = [order for order_id, order in work.orders.items() if order_id in work.given]
    before = {order.pk: order.total for order in touched}
    _take_units(work)
    amounts = {order_id: sum([each.amount for each in given], ZERO) for order_id, given in work.given.items()}
    refunds_recorded.record(amounts)
    bulk.insert([row for order in touched for row in _credit_lines(order.pk, work.given[order.pk])])
    stopped = _stop(touched, work, actor)
    acts = [act for order in touched for act in _acts(order, before[order.pk], work.given[order.pk], stopped)]
    rollup.refresh_all(touched, revisions=Counter(act.order_id for act in acts))
    journal.record_all(acts, actor=actor)


def _stop(touched: Sequence[Order], work: _Work, actor: Actor) -> dict[tuple[UUID, str], Hold]:
    """Hold the open orders of which units are given back that are not packed yet; by order and note."""
    stopped = {}
    for order in touched:
        for each in work.given[order.pk] if policies.can_hold(order) else ():
            if each.unsent:
                note = f"Credit note {each.reference} gives back units that are not packed yet."[:255]
                hold = Hold(order=order, reason=HoldReason.OTHER, note=note, placed_by=actor.as_dict())
                stopped[order.pk, each.reference] = hold
    Hold.objects.bulk_create(stopped.values())
    return stopped


def _take_units(work: _Work) -> None:
    taken = [sold for lines in work.sold.values() for sold in lines if sold.taken]
    with connection.cursor() as cursor:
        for is_shipping, table, column in (
            (False, "orders_orderline", "quantity_returned"),
            (True, "orders_shippingline", "quantity_credited"),
        ):
            some = [(sold.sold_id, sold.taken) for sold in taken if sold.is_shipping == is_shipping]
            if some:
                cursor.execute(
                    _TAKE.format(table=table, column=column), [list(each) for each in zip(*some, strict=True)]
                )


def _credit_lines(order_id: UUID, given: Sequence[_Given]) -> list[CreditLineRow]:
    return [
        CreditLineRow(
            id=ids.new_id(),
            order_id=order_id,
            amount=each.amount,
            reason=CreditReason.CREDIT_NOTE,
            reference=each.reference,
            note="",
        )
        for each in given
        if each.amount
    ]


def _acts(
    order: Order, total: Decimal, given: Sequence[_Given], stopped: Mapping[tuple[UUID, str], Hold]
) -> list[journal.Act]:
    """Note by note, so that it reads the same whether notes come together or one by one."""
    acts = []
    for each in given:
        event = OrderUpdated(order_id=order.public_id, changed=["credit_lines", "items", "total"])
        facts = {"credit_note": each.reference, "units": each.units, "amount": f"{each.amount} {order.currency}"}
        changes = {"total": (str(total), str(total - each.amount))} if each.amount else {}
        acts.append(journal.Act(order.pk, event, facts, changes))
        total -= each.amount
        if hold := stopped.get((order.pk, each.reference)):
            placed = HoldPlaced(order_id=order.public_id, hold_id=hold.public_id, reason=str(hold.reason))
            acts.append(journal.Act(order.pk, placed, {"reason": str(hold.reason), "note": hold.note}, {}))
    return acts

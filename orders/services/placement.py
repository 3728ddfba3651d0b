"""Placing orders: one or many, the same way, with a number of statements that does not depend on their lines.

Read goods, customers and what exists already; compute (pure); insert every table in one statement; last of all, lock
the stock and reserve. Stock, which only the lock can tell, is refused at the end by rolling back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from inventory import providers
from inventory.errors import UnknownSku
from inventory.providers.base import LineDemand, OrderDemand
from inventory.services import goods as goods_service
from inventory.services.goods import Goods, Memory
from oms.core import bulk, events, metrics
from oms.core.actors import Actor
from oms.core.errors import DomainError, FieldError
from oms.core.transactions import atomic
from orders import row_builder, totals
from orders.errors import SalesChannelDisabled
from orders.requests import OrderRequest
from orders.row_builder import Context
from orders.rows import LineRow, OrderRow, Rows
from orders.services import customers
from orders.totals import Totals


class Stock(Enum):
    """What placing does to stock.

    RESERVE: open orders hold it, and are refused where it is short. FORCE: they hold it, and wait for what is short,
    whether the goods may be backordered or not. SKIP: sales of the past, it stays as it is.
    """

    RESERVE = "reserve"
    FORCE = "force"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selling:
    """A sales channel as placement sees it: who sells, and from which stock locations."""

    channel_id: UUID
    code: str
    is_active: bool
    location_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How orders of one call are placed.

    keep_unknown_skus: a line whose sku nobody knows stays, unstocked (imports), instead of being refused.
    announce: each order fires order.placed. copy: write with COPY, for many. digests: of the source records, in order.
    past: sales that are over: one that leaves nothing to pack is completed, though nothing of it was goods. meanwhile:
    called while the server is busy with what it was sent; it may be called or not, and must not touch the database.
    goods: what was looked up by earlier calls, for past sales only.
    """

    stock: Stock = Stock.RESERVE
    keep_unknown_skus: bool = False
    announce: bool = True
    copy: bool = False
    action: str = "order.placed"
    import_run_id: UUID | None = None
    digests: Sequence[str] = ()
    past: bool = False
    meanwhile: Callable[[], None] | None = None
    goods: Memory | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of one request: a new order, the existing one of that external id, or a refusal.

    Of a new one: its row, how many of its lines of goods name a sku that nobody knows, and, where it was placed alone,
    the rows of its lines.
    """

    order_id: UUID | None
    number: int | None = None
    existing: bool = False
    source_digest: str = ""
    refusal: DomainError | None = None
    row: OrderRow | None = None
    unknown_skus: int = 0
    lines: Sequence[LineRow] = ()


Alongside = Callable[[Sequence[Placed]], None]


class _Refused(Exception):
    """Stock fell short under the lock: these orders of the attempt are to be left out of the next one."""

    def __init__(self, refusals: dict[int, DomainError]) -> None:
        self.refusals = refusals


def place_order(*, request: OrderRequest, selling: Selling, actor: Actor, options: Options = Options()) -> Placed:
    """Place one order and hold its stock. All or nothing.

    A second order of the same channel and external id is the first one (`existing`). Raises SalesChannelDisabled,
    UnknownSku, DiscountExceedsPrice, InsufficientStock or NoStockLocation; nothing is written then.
    """
    with atomic():
        try:
            (placed,) = _attempt([request], selling, actor, options, {})
        except _Refused as shortage:
            raise shortage.refusals[0] from None
        if placed.refusal is not None:
            raise placed.refusal
        return placed


def place_orders(
    *,
    requests: Sequence[OrderRequest],
    selling: Selling,
    actor: Actor,
    options: Options = Options(),
    alongside: Alongside | None = None,
) -> list[Placed]:
    """Place many orders in one transaction, each for itself: what is refused leaves the others be.

    The answer has one Placed for each request, in order. Orders that are short are found before anything is written;
    where stock goes while we write, the attempt is rolled back and made again without them. Run it outside of any other
    transaction. `alongside` writes what belongs to these orders in the same transaction, before stock is locked; it is
    called once in each attempt, and what it raises ends the call with nothing written.
    """
    refused: dict[int, DomainError] = {}
    while True:
        try:
            with atomic(savepoint=True):
                return _attempt(requests, selling, actor, options, refused, look_first=True, alongside=alongside)
        except _Refused as shortage:
            refused |= shortage.refusals


def _attempt(
    requests: Sequence[OrderRequest],
    selling: Selling,
    actor: Actor,
    options: Options,
    refused: dict[int, DomainError],
    *,
    look_first: bool = False,
    alongside: Alongside | None = None,
) -> list[Placed]:
    _require_active(selling)
    seen = _seen(requests, selling)
    goods = goods_service.find(
        (line.sku for request in requests if request.external_id not in seen for line in request.items),
        memory=options.goods,
    )
    work = _work_out(requests, seen, goods, options, refused)

    rows, written = Rows(), dict[int, OrderRow]()
    context = _context(selling, actor, options)
    with _lines_ahead(rows, options) as send_lines:
        for index, computed in work.totals.items():
            written[index] = row_builder.add(
                rows,
                requests[index],
                computed,
                goods,
                context,
                digest=options.digests[index] if options.digests else "",
            )
            send_lines()

    demands = {} if options.stock is Stock.SKIP else _demands(requests, written, rows, goods, options.stock)
    if look_first and demands:
        short = providers.current().refusals(list(demands.values()), selling.location_ids)
        if short:
            raise _Refused(_by_index(short, demands))
    _introduce(selling, requests, written)
    news = _News(rows, written, _write(rows, options), _unknown_skus(rows) if options.keep_unknown_skus else {})
    placed = [_outcome(index, requests[index], seen, work, news) for index in range(len(requests))]
    if alongside is not None:
        alongside(placed)
    _hold(demands, selling, actor)
    metrics.count_after_commit(metrics.ORDERS_PLACED.labels(selling.code), len(written))
    return placed


def _introduce(selling: Selling, requests: Sequence[OrderRequest], written: dict[int, OrderRow]) -> None:
    """Say whose the orders are. Late, because others that bring the same new customers wait from here to our end."""
    known = customers.resolve(selling.channel_id, [requests[index] for index in written])
    for index, order in written.items():
        order.customer_id = known.get(customers.key_of(requests[index]) or ("", ""))


@dataclass(slots=True)
class _Work:
    """The requests of a call, by index: what they are worth, why they are refused, or which one of them they repeat."""

    totals: dict[int, Totals] = field(default_factory=dict)
    refusals: dict[int, DomainError] = field(default_factory=dict)
    repeats: dict[int, int] = field(default_factory=dict)


def _work_out(
    requests: Sequence[OrderRequest],
    seen: dict[str, Placed],
    goods: dict[str, Goods],
    options: Options,
    refused: dict[int, DomainError],
) -> _Work:
    """Compute every request that is new. Nothing is written, so a refused one leaves nothing behind."""
    work, first = _Work(refusals=dict(refused)), dict[str, int]()
    for index, request in enumerate(requests):
        if index in refused or request.external_id in seen:
            continue
        if request.external_id in first:
            work.repeats[index] = first[request.external_id]
            continue
        try:
            if not options.keep_unknown_skus:
                _require_known(request, goods)
            work.totals[index] = totals.compute(request)
        except DomainError as refusal:
            work.refusals[index] = refusal
            continue
        if request.external_id:
            first[request.external_id] = index
    return work


@dataclass(frozen=True, slots=True)
class _News:
    """What a call has written: all rows, the orders by index, their numbers and unknown skus by id."""

    rows: Rows
    written: dict[int, OrderRow]
    numbers: dict[UUID, int]
    unknown_skus: dict[UUID, int]


def _outcome(index: int, request: OrderRequest, seen: dict[str, Placed], work: _Work, news: _News) -> Placed:
    if index in work.refusals:
        return Placed(None, refusal=work.refusals[index])
    if request.external_id in seen:
        return seen[request.external_id]
    order = news.written[work.repeats.get(index, index)]
    return Placed(
        order.id,
        news.numbers.get(order.id),
        existing=index in work.repeats,
        source_digest=order.source_digest,
        row=order,
        unknown_skus=news.unknown_skus.get(order.id, 0),
        lines=news.rows.lines if len(news.written) == 1 else (),
    )


def _require_active(selling: Selling) -> None:
    if not selling.is_active:
        raise SalesChannelDisabled(channel=selling.code)


_SEEN = """
SELECT external_id, id, number, source_digest FROM orders_order WHERE channel_id = %s AND external_id = ANY(%s::text[])
"""


def _seen(requests: Sequence[OrderRequest], selling: Selling) -> dict[str, Placed]:
    """The orders that these external ids have already.

    The ids are locked first (advisory, in order), so that of two placements of one id the second finds the first's
    order.
    """
    wanted = {request.external_id for request in requests if request.external_id}
    if not wanted:
        return {}
    asked = bulk.text_array(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_advisory_xact_lock(key)) FROM ("
            "SELECT DISTINCT hashtextextended(id, %s) AS key FROM unnest(%s::text[]) AS id ORDER BY key) AS keys",
            [selling.channel_id.int & 0x7FFF_FFFF_FFFF_FFFF, asked],
        )
        cursor.execute(_SEEN, [selling.channel_id, asked])
        return {row[0]: Placed(row[1], row[2], existing=True, source_digest=row[3]) for row in cursor.fetchall()}


def _context(selling: Selling, actor: Actor, options: Options) -> Context:
    return Context(
        channel_id=selling.channel_id,
        channel_code=selling.code,
        actor=actor,
        now=timezone.now(),
        announced=options.announce,
        action=options.action,
        import_run_id=options.import_run_id,
        past=options.past,
    )


def _require_known(request: OrderRequest, goods: dict[str, Goods]) -> None:
    errors = [
        FieldError(
            f"/items/{index}/sku", str(UnknownSku.message) % {"sku": line.sku}, UnknownSku.code, {"sku": line.sku}
        )
        for index, line in enumerate(request.items)
        if line.sku and line.sku not in goods
    ]
    if errors:
        raise UnknownSku(errors=errors, **errors[0].facts)


def _demands(
    requests: Sequence[OrderRequest], written: dict[int, OrderRow], rows: Rows, goods: dict[str, Goods], stock: Stock
) -> dict[int, OrderDemand]:
    """What the open orders want of stock: what is stocked and not sent already, by index of the request."""
    lines: dict[UUID, list[LineDemand]] = {}
    for row in rows.lines:
        if row.is_stocked and row.item_id and row.quantity > row.quantity_fulfilled:
            lines.setdefault(row.order_id, []).append(
                LineDemand(
                    line_id=row.id,
                    item_id=row.item_id,
                    sku=row.sku,
                    quantity=row.quantity - row.quantity_fulfilled,
                    allow_backorder=goods[row.sku].allow_backorder,
                    pointer=f"/items/{row.position}/quantity",
                    components=goods[row.sku].components,
                    forced=stock is Stock.FORCE,
                )
            )
    return {
        index: OrderDemand(order.id, lines[order.id])
        for index, order in written.items()
        if order.id in lines and order.canceled_at is None
    }


def _sends_ahead(options: Options) -> bool:
    """Past sales are written as they are computed. Open ones may be refused before anything is written."""
    return options.copy and options.stock is Stock.SKIP


@contextmanager
def _lines_ahead(rows: Rows, options: Options) -> Iterator[Callable[[], None]]:
    """Send order lines, which are most of the rows, while the rest is still computed. The orders follow."""
    if not _sends_ahead(options):
        yield lambda: None
        return
    sent = 0
    with bulk.copying(LineRow) as write:

        def send() -> None:
            nonlocal sent
            if len(rows.lines) - sent >= bulk.COPY_ROWS:
                write(rows.lines[sent:])
                sent = len(rows.lines)

        yield send
        if rows.lines[sent:]:
            write(rows.lines[sent:])
        if options.meanwhile:
            options.meanwhile()


def _write(rows: Rows, options: Options) -> dict[UUID, int]:
    """Insert everything; the numbers of the orders by id (COPY tells none)."""
    if rows.outbox:
        events.announce()
    if options.copy:
        ahead = rows.lines if _sends_ahead(options) else None
        bulk.copy(*(batch for batch in rows.batches() if batch is not ahead))
        return {}
    inserted: list[tuple[Any, ...]] = bulk.insert(*rows.batches(), returning="id, number")
    return dict(inserted)


def _hold(demands: dict[int, OrderDemand], selling: Selling, actor: Actor) -> None:
    if not demands:
        return
    short = providers.current().reserve(list(demands.values()), selling.location_ids, actor=actor)
    if short:
        raise _Refused(_by_index(short, demands))


def _by_index(short: Mapping[UUID, DomainError], demands: dict[int, OrderDemand]) -> dict[int, DomainError]:
    return {index: short[demand.order_id] for index, demand in demands.items() if demand.order_id in short}


def _unknown_skus(rows: Rows) -> dict[UUID, int]:
    """How many lines of goods name a sku that no item has, by order."""
    counts: dict[UUID, int] = {}
    order_id, count = None, 0
    for row in rows.lines:  # those of an order follow one another, so its id is hashed once
        if row.order_id is not order_id:
            if order_id and count:
                counts[order_id] = count
            order_id, count = row.order_id, 0
        if row.item_id is None and row.sku and row.kind != "fee":
            count += 1
    if order_id and count:
        counts[order_id] = count
    return counts

"""Goods that come go to those who wait for them, the oldest first.

As with levels (`inventory.services.promises`), an order is locked before any stock, and who waits is only known for
sure under the lock of the stock. So it is looked first, those orders are locked, then the stock, and looked again; has
somebody else come first meanwhile, it is tried once more with him.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from inventory.enums import MovementKind
from inventory.errors import StockBusy
from inventory.events import BackorderFilled
from inventory.models import PooledStock
from inventory.services.pool import ledger
from oms.core import actors, hooks, ids
from oms.core.actors import Actor
from oms.core.transactions import atomic

BATCH: Final = 500  # reservations that are filled in one transaction; what is left follows after it
ATTEMPTS: Final = 10
_filling: ContextVar[bool] = ContextVar("filling_pool", default=False)  # who fills anyway need not be asked to


@dataclass(frozen=True, slots=True)
class _Claim:
    """A reservation and `units` of it that it is to be given; `left` units wait on."""

    id: UUID
    order_id: UUID
    line_id: UUID
    units: int
    left: int


class _Others(Exception):
    """Somebody waits whose order we do not hold."""


def move(item_id: UUID, coming: int, work: Callable[[PooledStock], None], *, actor: Actor) -> int:
    """Run `work` on the locked stock of an item, then hand what is free to those who wait; to how many.

    coming: how many units more there will probably be. `work` may be run several times, each time with nothing of the
    time before left. The caller has locked no order and no stock. More than BATCH reservations are filled in further
    transactions right after this one. Raises StockBusy when others came first ATTEMPTS times in a row.
    """
    ledger.ensure([item_id])
    known: set[UUID] = set()
    for attempt in range(1, ATTEMPTS + 1):
        known |= {claim.order_id for claim in _waiting(item_id, coming)}
        try:
            with atomic(savepoint=True), hooks.orders_change(known, actor=actor) as tell, _by_ourselves():
                stock = ledger.lock([item_id])[item_id]
                work(stock)
                return _fill(stock, known, tell, actor, stubborn=attempt < ATTEMPTS)
        except _Others:
            continue
    raise StockBusy()


@contextmanager
def _by_ourselves() -> Iterator[None]:
    token = _filling.set(True)
    try:
        yield
    finally:
        _filling.reset(token)


_WAITING: Final = """
SELECT queue.id, queue.order_id, queue.line_id,
       least(queue.backordered, stock.available::bigint + %(coming)s - queue.before),
       queue.backordered - least(queue.backordered, stock.available::bigint + %(coming)s - queue.before)
FROM inventory_pooledstock AS stock CROSS JOIN LATERAL (
    SELECT id, order_id, line_id, backordered, sum(backordered) OVER (ORDER BY id) - backordered AS before
    FROM inventory_pooledreservation WHERE stock_id = stock.item_id AND backordered > 0 ORDER BY id LIMIT %(most)s
) AS queue
WHERE stock.item_id = %(item)s AND queue.before < stock.available::bigint + %(coming)s
ORDER BY queue.id
"""


def _waiting(item_id: UUID, coming: int = 0) -> list[_Claim]:
    """Who would be given something of what is free, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"item": item_id, "coming": coming, "most": BATCH})
        return [_Claim(*row) for row in cursor.fetchall()]


def _fill(
    stock: PooledStock, known: Collection[UUID], tell: Callable[..., None], actor: Actor, *, stubborn: bool
) -> int:
    claims = _waiting(stock.pk)
    turn = list(takewhile(lambda claim: claim.order_id in known, claims))
    if stubborn and len(turn) < len(claims):
        raise _Others
    if len(claims) == BATCH or len(turn) < len(claims):
        transaction.on_commit(partial(fill, (stock.pk,)), robust=True)
    if not turn:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_pooledreservation AS held SET quantity = held.quantity + given.units, "
            "backordered = held.backordered - given.units, updated_at = clock_timestamp() "
            "FROM unnest(%s::uuid[], %s::int[]) AS given(id, units) WHERE held.id = given.id",
            [[claim.id for claim in turn], [claim.units for claim in turn]],
        )
    for claim in turn:
        event = _filled(stock, claim)
        tell(claim.order_id, act=event.name, facts={"filled": f"{claim.units} x {stock.item.sku}"}, event=event)
    owners, units = {claim.order_id for claim in turn}, sum(claim.units for claim in turn)
    movement = ledger.Movement(
        item_id=stock.pk,
        kind=MovementKind.FILL,
        reserved=units,
        backordered=-units,
        cause="order",
        cause_id=next(iter(owners)) if len(owners) == 1 else None,
    )
    ledger.post([movement], actor=actor)
    return len(turn)


def _filled(stock: PooledStock, claim: _Claim) -> BackorderFilled:
    return BackorderFilled(
        reservation_id=ids.encode(ids.RESERVATION, claim.id),
        item_id=stock.public_id,
        location_id="",
        sku=stock.item.sku,
        quantity=claim.units,
        still_waiting=claim.left,
        order_id=ids.encode(ids.ORDER, claim.order_id),
        line_id=ids.encode(ids.ORDER_LINE, claim.line_id),
    )


def fill(item_ids: Collection[UUID], *, actor: Actor = actors.SYSTEM) -> None:
    """Hand what is free of these items to those who wait, in transactions of BATCH reservations.

    Where nobody waits, or nothing is free, nothing is written. Run it outside of any transaction of a service.
    """
    for item_id in sorted(item_ids):
        while PooledStock.objects.filter(pk=item_id, backordered__gt=0, available__gt=0).exists():
            with atomic():
                filled = move(item_id, 0, _as_it_is, actor=actor)
            if not filled:  # somebody else was quicker
                break


def fill_soon(item_ids: Sequence[UUID]) -> None:
    """The same right after this transaction has committed. What a crash prevents, the sweep makes up for."""
    if not _filling.get():
        transaction.on_commit(partial(fill, tuple(item_ids)), robust=True)


def fill_everywhere(limit: int = 1000) -> None:
    """Fill the items of which there are free units while somebody waits, at most `limit` of them."""
    rows = PooledStock.objects.filter(backordered__gt=0, available__gt=0).order_by("pk")
    fill(rows.values_list("pk", flat=True)[:limit])


def _as_it_is(stock: PooledStock) -> None:
    return None

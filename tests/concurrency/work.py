"""What the processes of a race do. Every attempt comes back as text: "placed", or the refusal's code and facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from channels.services.selling import selling
from inventory.services import adjustments, counts, level_batches, levels, papers
from oms.core.errors import DomainError
from orders.enums import CancelReason
from orders.requests import LineRequest, OrderRequest
from orders.services import placement
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import FulfillItem, create_fulfillment
from tests.concurrency.workers import share
from tests.scenarios import STAFF

as_it_is = nullcontext
Outcome = tuple[str, Any]


@contextmanager
def without_the_lock() -> Iterator[None]:
    """This process reads levels where it should lock them."""
    locking = levels.lock
    levels.lock = levels.read
    try:
        yield
    finally:
        levels.lock = locking


def attempt(act: Callable[[], Any]) -> Outcome:
    """What came of an act: done, a refusal with its facts, or an error of the database."""
    try:
        return "done", act()
    except DomainError as refusal:
        return refusal.code, refusal.facts
    except DatabaseError as problem:
        return type(problem).__name__, str(problem)


def place(channel: str, skus: Sequence[str], quantity: int = 1, external_id: str | None = None) -> tuple[UUID, bool]:
    request = OrderRequest(
        currency_code="USD",
        external_id=external_id,
        items=[LineRequest(sku=sku, quantity=quantity, unit_price=Decimal(10)) for sku in skus],
    )
    placed = placement.place_order(request=request, selling=selling(channel), actor=STAFF)
    assert placed.order_id is not None
    return placed.order_id, placed.existing


def place_many(number: int, barrier: Any, channel: str, orders: Sequence[Sequence[str]]) -> list[Outcome]:
    """This process's share of the orders, one after the other."""
    return [attempt(lambda skus=skus: place(channel, skus)) for skus in share(number, orders)]


def place_each(number: int, barrier: Any, channel: str, skus: Sequence[str]) -> list[Outcome]:
    """One of each sku, all processes at the same moment: a race for the last unit, once for each sku."""
    outcomes = []
    for sku in skus:
        barrier.wait()
        outcomes.append(attempt(lambda sku=sku: place(channel, [sku])[1]))
    return outcomes


def place_same(number: int, barrier: Any, channel: str, sku: str, external_ids: Sequence[str]) -> list[Outcome]:
    """Every process places the same sales."""
    outcomes = []
    for external_id in external_ids:
        barrier.wait()
        outcomes.append(attempt(lambda each=external_id: place(channel, [sku], external_id=each)))
    return outcomes


def fulfill(order_id: UUID, line_id: UUID, location_id: UUID, quantity: int) -> str:
    items = [FulfillItem(line_id, quantity)]
    create_fulfillment(order_id=order_id, items=items, location_id=location_id, actor=STAFF)
    return "fulfilled"


def fulfill_each(number: int, barrier: Any, orders: Sequence[tuple[UUID, UUID]], location_id: UUID) -> list[Outcome]:
    """One unit of each order's line, all processes at the same moment."""
    outcomes = []
    for order_id, line_id in orders:
        barrier.wait()
        outcomes.append(attempt(lambda o=order_id, line=line_id: fulfill(o, line, location_id, 1)))
    return outcomes


def cancel_or_fulfill(
    number: int, barrier: Any, orders: Sequence[tuple[UUID, UUID]], location_id: UUID
) -> list[Outcome]:
    """Half of the processes cancel each order, the other half packs it."""

    def cancel(order_id: UUID) -> str:
        cancel_order(order_id=order_id, reason=CancelReason.CUSTOMER, actor=STAFF)
        return "canceled"

    outcomes = []
    for order_id, line_id in orders:
        barrier.wait()
        if number % 2:
            outcomes.append(attempt(lambda o=order_id: cancel(o)))
        else:
            outcomes.append(attempt(lambda o=order_id, line=line_id: fulfill(o, line, location_id, 2)))
    return outcomes


def count_and_place(
    number: int, barrier: Any, channel: str, item_id: UUID, location_id: UUID, sku: str, rounds: int
) -> list[Outcome]:
    """One process counts stock up and down while the others sell it."""
    if number:
        return [attempt(lambda: place(channel, [sku])[1]) for _ in range(rounds)]

    def adjust(delta: int) -> None:
        adjustments.adjust_stock(
            item_id=item_id, location_id=location_id, delta=delta, reason="correction", actor=STAFF
        )

    return [attempt(lambda delta=delta: adjust(delta)) for delta in [2, -1] * (rounds // 2)]


def receive_place_and_cancel(
    number: int,
    barrier: Any,
    channel: str,
    item_id: UUID,
    places: Sequence[UUID],
    orders: Sequence[UUID],
    rounds: int,
) -> list[Outcome]:
    """Two processes bring goods one by one, to both places in either order; one cancels orders, one places new ones."""

    def bring(place_id: UUID) -> str:
        adjustments.adjust_stock(item_id=item_id, location_id=place_id, delta=1, reason="received", actor=STAFF)
        return "brought"

    def cancel(order_id: UUID) -> str:
        cancel_order(order_id=order_id, reason=CancelReason.CUSTOMER, actor=STAFF)
        return "canceled"

    if number == 0:
        return [attempt(lambda each=each: cancel(each)) for each in orders]
    if number == 1:
        return [attempt(lambda: ("placed", place(channel, ["LAMP"], quantity=2)[0])) for _ in range(rounds)]
    return [attempt(lambda each=each: bring(places[(each + number) % 2])) for each in range(rounds)]


def count_and_fill(
    number: int, barrier: Any, channel: str, item_id: UUID, location_ids: Sequence[UUID], rounds: int
) -> list[Outcome]:
    """Everybody changes both levels together in batches, up and down, while orders are placed in between."""

    def batch(units: int) -> str:
        counts = dict.fromkeys(location_ids if number % 2 else reversed(location_ids), units)
        level_batches.change_levels(item_id=item_id, create={}, update=counts, delete=(), actor=STAFF)
        return "counted"

    outcomes = []
    for turn in range(rounds):
        outcomes.append(attempt(lambda: ("placed", place(channel, ["LAMP"])[0])))
        outcomes.append(attempt(lambda turn=turn: batch(3 * turn + 40 * (number % 2))))
    return outcomes


def sell_and_restock(
    number: int, barrier: Any, channel: str, item_id: UUID, location_id: UUID, rounds: int
) -> list[Outcome]:
    """Each round all sell one of the last units at the same moment; then one process brings as many again."""
    outcomes = []
    for _ in range(rounds):
        barrier.wait()
        outcomes.append(attempt(lambda: place(channel, ["LAMP"])[1]))
        barrier.wait()
        if number == 0:
            adjustments.adjust_stock(item_id=item_id, location_id=location_id, delta=4, reason="received", actor=STAFF)
    return outcomes


def count_below(
    number: int, barrier: Any, channel: str, location_id: UUID, item_ids: Sequence[UUID], rounds: int
) -> list[Outcome]:
    """Half of the processes count down what the others sell, cancel and put on the shelf."""
    outcomes: list[Outcome] = []
    for turn in range(rounds):
        if number % 2:
            lines = [papers.Line(item_id, turn % 3) for item_id in item_ids[:: 1 if number == 1 else -1]]
            made = counts.create_count(location_id=location_id, lines=lines, actor=STAFF)
            outcomes.append(attempt(lambda made=made: str(counts.apply_count(count_id=made.pk, actor=STAFF).status)))
            continue
        code, placed = attempt(lambda: place(channel, ["LAMP", "BULB"]))
        outcomes.append((code, None))
        if code == "done" and turn % 2:
            outcomes.append(
                attempt(
                    lambda order_id=placed[0]: str(
                        cancel_order(order_id=order_id, reason=CancelReason.CUSTOMER, actor=STAFF).status
                    )
                )
            )
    return outcomes

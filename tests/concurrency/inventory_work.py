"""What the processes of a race do with the inventory at `path`; the outcomes are those of `tests.concurrency.work`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from inventory import providers
from inventory.providers.base import LineDemand, OrderDemand
from oms.core.transactions import atomic
from orders.enums import CancelReason
from orders.locks import lock_order
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import FulfillItem, cancel_fulfillment, create_fulfillment
from tests.concurrency import work
from tests.concurrency.work import Outcome, attempt
from tests.contracts.inventories import House, in_use
from tests.scenarios import STAFF


def place_many(number: int, barrier: Any, path: str, channel: str, orders: Sequence[Sequence[str]]) -> list[Outcome]:
    with in_use(path):
        return work.place_many(number, barrier, channel, orders)


def place_each(number: int, barrier: Any, path: str, channel: str, skus: Sequence[str]) -> list[Outcome]:
    with in_use(path):
        return work.place_each(number, barrier, channel, skus)


def hold_anew(
    number: int,
    barrier: Any,
    path: str,
    orders: Sequence[tuple[UUID, dict[str, UUID]]],
    items: dict[str, UUID],
    location_ids: Sequence[UUID],
    rounds: int,
) -> list[Outcome]:
    """Everybody changes what the same orders want of two goods, up and down, in either order of the goods.

    orders: their ids, and their lines by sku.
    """

    def change(order_id: UUID, lines: dict[str, UUID], quantity: int) -> int:
        skus = sorted(lines, reverse=bool(number % 2))
        demands = [LineDemand(lines[sku], items[sku], sku, quantity, False) for sku in skus]
        with atomic():
            lock_order(order_id)
            wanted = OrderDemand(order_id, demands)
            providers.current().hold_anew(wanted, location_ids, only_if_held=False, actor=STAFF)
        return quantity

    outcomes = []
    with in_use(path):
        for turn in range(rounds):
            order_id, lines = orders[(turn * (1 if number < 2 else -1)) % len(orders)]
            quantity = 1 + (turn + number) % 4
            outcomes.append(attempt(lambda o=order_id, ls=lines, q=quantity: change(o, ls, q)))
    return outcomes


def bring_place_pack_and_cancel(
    number: int, barrier: Any, house: House, channel: str, orders: Sequence[tuple[UUID, UUID]], rounds: int
) -> list[Outcome]:
    """Two processes bring goods, one packs and unpacks or cancels orders, one places more. orders: with their line."""

    def pack_or_cancel(turn: int, order_id: UUID, line_id: UUID) -> None:
        if turn % 2:
            cancel_order(order_id=order_id, reason=CancelReason.CUSTOMER, actor=STAFF)
            return
        packed = create_fulfillment(order_id=order_id, items=[FulfillItem(line_id, 1)], actor=STAFF)
        if turn % 4:
            cancel_fulfillment(order_id=order_id, fulfillment_id=packed.pk, actor=STAFF)

    with in_use(house.path):
        if number == 0:
            return [attempt(lambda t=turn, o=order: pack_or_cancel(t, *o)) for turn, order in enumerate(orders)]
        if number == 1:
            return [attempt(lambda: work.place(channel, ["LAMP"], quantity=2)[1]) for _ in range(rounds)]
        return [attempt(lambda: house.bring("LAMP", 1)) for _ in range(rounds)]

"""What the processes do that use every way in which stock moves at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from channels.services.selling import selling
from inventory.services import adjustments, cleaning, counts, manual_reservations, transfers
from inventory.services.papers import Line, Part
from orders.enums import CancelReason
from orders.requests import LineRequest, OrderRequest
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import FulfillItem
from orders.services.moving import move_reserved
from orders.services.placement import Options
from orders.services.revisions import revise_order
from tests.concurrency.work import Outcome, attempt, place
from tests.scenarios import STAFF


def at_once(
    number: int,
    barrier: Any,
    channel: str,
    items: Sequence[UUID],
    places: Sequence[UUID],
    orders: Sequence[tuple[UUID, UUID, str]],
    rounds: int,
) -> list[Outcome]:
    """One process brings, sends and counts goods; one revises orders; one moves what they hold and sets aside what
    expires at once; one sells kits and cancels them."""
    part: Callable[..., list[Outcome]] = (_bring, _revise, _move, _sell)[number]
    return [outcome for turn in range(rounds) for outcome in part(turn, channel, items, places, orders)]


def _bring(turn: int, channel: str, items: Any, places: Any, orders: Any) -> list[Outcome]:
    item, (here, there) = items[turn % 2], places if turn % 3 else places[::-1]
    come = {"item_id": item, "location_id": here, "delta": 3, "reason": "received", "actor": STAFF}

    def send() -> None:
        lines = [Line(each, 1) for each in items]
        sent = transfers.create_transfer(source_id=here, target_id=there, lines=lines, actor=STAFF)
        transfers.send_transfer(transfer_id=sent.pk, actor=STAFF)
        parts = [Part(line.pk, 1) for line in sent.lines.all()]
        transfers.receive_transfer(transfer_id=sent.pk, parts=parts, actor=STAFF)

    def count() -> None:
        lines = [Line(each, turn % 4) for each in items]
        made = counts.create_count(location_id=there, lines=lines, actor=STAFF)
        counts.apply_count(count_id=made.pk, actor=STAFF)

    return [attempt(lambda: adjustments.adjust_stock(**come).pk), attempt(send), attempt(count)]


def _revise(turn: int, channel: str, items: Any, places: Any, orders: Any) -> list[Outcome]:
    order_id, _, sku = orders[turn % len(orders)]
    line = LineRequest(sku=sku, quantity=1 + turn % 3, unit_price=Decimal(10))

    def revise() -> UUID:
        return revise_order(
            order_id=order_id,
            request=OrderRequest(currency_code="USD", items=[line]),
            digest="",
            selling=selling(channel),
            options=Options(),
            actor=STAFF,
        ).pk

    return [attempt(revise)]


def _move(turn: int, channel: str, items: Any, places: Any, orders: Any) -> list[Outcome]:
    order_id, line_id, _ = orders[turn % len(orders)]
    source, target = places if turn % 2 else places[::-1]

    def move() -> UUID:
        wanted = [FulfillItem(line_id, 1)]
        return move_reserved(order_id=order_id, items=wanted, source_id=source, target_id=target, actor=STAFF).pk

    def aside() -> UUID:
        return manual_reservations.create_reservation(
            item_id=items[turn % 2],
            location_id=source,
            quantity=1,
            expires_at=timezone.now() + timedelta(milliseconds=20),
            actor=STAFF,
        ).pk

    return [attempt(aside), attempt(move), attempt(cleaning.release_all_expired)]


def _sell(turn: int, channel: str, items: Any, places: Any, orders: Any) -> list[Outcome]:
    code, placed = attempt(lambda: place(channel, [orders[turn % 2][2], orders[1 - turn % 2][2]]))
    if code == "done" and turn % 2:
        return [attempt(lambda: cancel_order(order_id=placed[0], reason=CancelReason.OTHER, actor=STAFF).pk)]
    return [(code, placed)]

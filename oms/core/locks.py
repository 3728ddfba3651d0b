"""The one order in which rows are locked.

Source or cart, then order, then payment or fulfillment, then credit balances, and inventory levels last: they are what
others wait for. Within a rank rows are locked by id, in one statement. A service that would lock against this order
could deadlock with another, so it is refused here, on the first run, not by PostgreSQL on a busy day.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from oms.core.transactions import held_locks

Row = TypeVar("Row", bound=Model)


class Rank(IntEnum):
    SOURCE = 1
    ORDER = 2
    CAPABILITY = 3
    BALANCE = 4
    LEVEL = 5


class LockOrderViolation(RuntimeError):
    """A programming error: rows were to be locked in an order that can deadlock, or outside a transaction."""


def lock(rank: Rank, rows: QuerySet[Row]) -> list[Row]:
    """Lock `rows` for update, ordered by id, and return them as they are now.

    Locking again what this transaction holds already is free of danger and allowed.
    """
    _held()
    found = list(rows.order_by("pk").select_for_update(of=("self",)))
    claim(rank, (row.pk for row in found))
    return found


def claim(rank: Rank, ids: Iterable[UUID]) -> None:
    """Note that rows of this rank are locked now (by `lock`, or by a statement of the caller's own)."""
    held = _held()
    fresh = set(ids) - held.get(rank, set())
    if not fresh:
        return
    higher = [other.name for other, locked in held.items() if locked and other > rank]
    if higher:
        raise LockOrderViolation(f"{rank.name} is locked after {', '.join(higher)}")
    mine = held.setdefault(rank, set())
    if mine and min(fresh) < max(mine):
        raise LockOrderViolation(f"rows of {rank.name} are locked twice and not in the order of their ids")
    mine |= fresh


def made(rank: Rank, ids: Iterable[UUID]) -> None:
    """Note rows that this transaction has inserted. Nobody else can wait for them, so they may be locked at any time,
    whatever else is locked."""
    _held().setdefault(rank, set()).update(ids)


def _held() -> dict[Rank, set[UUID]]:
    held = held_locks()
    if held is None:
        raise LockOrderViolation("rows are locked inside a transaction of oms.core.transactions.atomic")
    return held

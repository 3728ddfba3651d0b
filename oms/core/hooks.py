"""What the kernel and the capabilities call, and somebody above them answers.

A hook has one listener, registered at start-up by the app that owns the answer. Called without one it does nothing, so
that each package works and is tested alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, ParamSpec, TypeVar
from uuid import UUID

P = ParamSpec("P")
R = TypeVar("R")


class Hook(Generic[P, R]):
    """A place for one listener."""

    def __init__(self, name: str, otherwise: Callable[P, R]) -> None:
        self.name = self.__qualname__ = name  # Django names what failed after a commit by its __qualname__
        self._otherwise = otherwise
        self._listener: Callable[P, R] | None = None

    def register(self, listener: Callable[P, R]) -> None:
        """Make `listener` the one that answers. Raises RuntimeError when another one does already."""
        if self._listener not in (None, listener):
            raise RuntimeError(f"{self.name} has a listener: {self._listener}")
        self._listener = listener

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return (self._listener or self._otherwise)(*args, **kwargs)


def _nothing() -> None:
    return None


def _no_order(
    order_id: UUID, *, action: str, actor: Any, line_id: UUID | None = None, item_id: UUID | None = None
) -> AbstractContextManager[None]:
    return nullcontext()


def _no_orders(order_ids: Collection[UUID], *, actor: Any) -> AbstractContextManager[Callable[..., None]]:
    return nullcontext(_no_news)


def _no_news(order_id: UUID, *, act: str, facts: Any, event: Any = None) -> None:
    return None


def _no_money(order_id: UUID, *, actor: Any) -> AbstractContextManager[Callable[[Any], None]]:
    return nullcontext(_no_settlement)


def _no_settlement(settled: Any) -> None:
    return None


def _no_line(line_id: UUID) -> UUID | None:
    return None


# Called after a commit that recorded events; answered by the Celery side of the outbox.
nudge_relay: Hook[[], None] = Hook("nudge_relay", _nothing)

# A capability changes something an order derives from:
#     with hooks.order_change(order_id, action="reservation.updated", actor=actor): write
# The order is locked first; after the block its rollup, timeline and event follow, in the same transaction. What is
# done for one of its lines with goods names both: line_id, item_id.
order_change: Hook[..., AbstractContextManager[None]] = Hook("order_change", _no_order)

# The same for many orders at once, of which the capability finds out under its own locks what happened to which:
#     with hooks.orders_change(order_ids, actor=actor) as tell:
#         write; tell(order_id, act="inventory.backorder_filled", facts={…}, event=…)
# All of them are locked first, in the order of their ids. After the block those that were told of follow (rollup,
# timeline, the event in the order's own stream; order.updated where none is given), in the same transaction.
orders_change: Hook[..., AbstractContextManager[Callable[..., None]]] = Hook("orders_change", _no_orders)

# Whose an order line is, for a capability that is told of the line alone; None for a line that does not exist. It locks
# nothing: a line never changes its order.
order_of_line: Hook[[UUID], UUID | None] = Hook("order_of_line", _no_line)

# Money of an order moves, or is asked to:
#     with hooks.money_change(order_id, actor=actor) as tell:
#         write; tell(settled)
# The order is locked first. After the block what follows from each attempt that was told of (credit lines, a
# cancellation that waited for it), then rollup, timeline and event, in the same transaction.
money_change: Hook[..., AbstractContextManager[Callable[[Any], None]]] = Hook("money_change", _no_money)

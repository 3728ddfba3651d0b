"""What orders do, in its own transaction, when a capability changes something that an order derives from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from inventory.services import holdings
from oms.core.actors import Actor
from oms.core.errors import FieldError
from oms.core.transactions import atomic
from orders import errors, events, policies
from orders.locks import lock_order
from orders.models import Order
from orders.services import journal, rollup

# What may hold more for an order, and so asks whether the order can still take it.
_HOLDING: Final = frozenset({"reservation.created", "reservation.updated"})


@contextmanager
def order_change(order_id: UUID, *, action: str, actor: Actor) -> Iterator[None]:
    """Lock the order, let the capability write, then bring the order's statuses up to date and record what happened.

    The listener of `oms.core.hooks.order_change`. action: the capability's event. Raises NotFound; for reservations
    OrderNotOpen and HoldsMoreThanOrdered.
    """
    with atomic():
        order = lock_order(order_id)
        if action in _HOLDING and not policies.is_open(order):
            raise errors.OrderNotOpen(number=order.number, status=order.get_status_display())

        yield

        if action in _HOLDING:
            _require_held_within_open(order)
        changes = rollup.refresh(order)
        subject = action.partition(".")[0]
        event = events.OrderUpdated(order_id=order.public_id, changed=[f"{subject}s"])
        journal.record(order, event, actor=actor, changes=changes, facts={"act": action})


def _require_held_within_open(order: Order) -> None:
    """No line holds more than is still to be packed: nobody would ever let go of the rest."""
    held: defaultdict[UUID, int] = defaultdict(int)
    for line_id, places in holdings.by_line(order.pk).items():
        held[line_id] = sum(places.values())
    lines = {line.pk: line for line in order.lines.all()}
    problems = []
    for line_id, units in held.items():
        line = lines.get(line_id)
        if line is None:
            problem = FieldError("/line_id", str(errors.NotThisOrders.message) % {"number": order.number})
            raise errors.NotThisOrders(number=order.number, errors=[problem])
        if units > line.quantity_open:
            facts = {"sku": line.sku or line.title, "held": units, "open": line.quantity_open}
            message = str(errors.HoldsMoreThanOrdered.message) % facts
            problems.append(FieldError("/quantity", message, errors.HoldsMoreThanOrdered.code, facts))
    if problems:
        raise errors.HoldsMoreThanOrdered(errors=problems, **problems[0].facts)

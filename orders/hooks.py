"""What orders do, in its own transaction, when a capability changes something that an order derives from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from inventory import holdings
from inventory import providers as stock
from oms.core.actors import Actor
from oms.core.errors import DomainError, FieldError
from oms.core.events import Event
from oms.core.transactions import atomic
from orders import errors, events, policies, recipes
from orders.locks import lock_order, lock_orders
from orders.models import Order, OrderLine
from orders.services import journal, rollup

# What may hold more for an order, and so asks whether the order can still take it.
_HOLDING: Final = frozenset({"reservation.created", "reservation.updated"})


@contextmanager
def order_change(
    order_id: UUID, *, action: str, actor: Actor, line_id: UUID | None = None, item_id: UUID | None = None
) -> Iterator[None]:
    """Lock the order, let the capability write, then bring the order's statuses up to date and record what happened.

    The listener of `oms.core.hooks.order_change`. action: the capability's event. line_id, item_id: the line that it is
    done for, and the goods. Raises NotFound; NotThisOrders, LineNotStocked and ReservesOtherGoods for the line; for
    reservations OrderNotOpen and HoldsMoreThanOrdered.
    """
    with atomic():
        order = lock_order(order_id)
        if action in _HOLDING and not policies.is_open(order):
            raise errors.OrderNotOpen(number=order.number, status=order.get_status_display())
        if line_id is not None:
            _require_own_goods(order, line_id, item_id)

        yield

        if action in _HOLDING:
            _require_held_within_open(order)
        changes = rollup.refresh(order)
        subject = action.partition(".")[0]
        event = events.OrderUpdated(order_id=order.public_id, changed=[f"{subject}s"])
        journal.record(order, event, actor=actor, changes=changes, facts={"act": action})


@contextmanager
def orders_change(order_ids: Collection[UUID], *, actor: Actor) -> Iterator[Callable[..., None]]:
    """Lock these orders by id, let the capability write, then bring those that it told of up to date, as order_change.

    The listener of `oms.core.hooks.orders_change`. One told of several times gets an entry and an event for each.
    """
    with atomic():
        orders = {order.pk: order for order in lock_orders(order_ids)}
        told: list[journal.Act] = []

        def tell(order_id: UUID, *, act: str, facts: Mapping[str, Any], event: Event | None = None) -> None:
            if (order := orders.get(order_id)) is not None:
                changed = event or events.OrderUpdated(order_id=order.public_id, changed=["reservations"])
                told.append(journal.Act(order_id, changed, facts if event else {"act": act, **facts}, {}))

        yield tell

        changed = [orders[order_id] for order_id in dict.fromkeys(each.order_id for each in told)]
        changes = rollup.refresh_all(changed, revisions={order.pk: 1 for order in changed})
        journal.record_all(
            [journal.Act(each.order_id, each.event, each.facts, changes[each.order_id]) for each in told], actor=actor
        )


def order_of_line(line_id: UUID) -> UUID | None:
    """The listener of `oms.core.hooks.order_of_line`."""
    return OrderLine.objects.filter(pk=line_id).values_list("order_id", flat=True).first()


def _require_own_goods(order: Order, line_id: UUID, item_id: UUID | None) -> None:
    """The line is of this order, of goods that are stocked, and of these goods: others would never be packed for it."""
    line = order.lines.filter(pk=line_id).first()
    if line is None:
        raise _refusal(errors.NotThisOrders, "/line_id", number=order.number)
    if not (policies.is_fulfillable(line) and line.is_stocked and line.item_id):
        raise _refusal(errors.LineNotStocked, "/line_id", sku=line.sku or line.title)
    own = {each.item_id for each in recipes.kept(line.components)} or {line.item_id}
    if item_id not in own:
        raise _refusal(errors.ReservesOtherGoods, "/item_id", sku=line.sku or line.title)


def _refusal(kind: type[DomainError], pointer: str, **facts: Any) -> DomainError:
    return kind(errors=[FieldError(pointer, str(kind.message) % facts, kind.code, facts)], **facts)


def _require_held_within_open(order: Order) -> None:
    """No line holds or waits for more than is still to be packed: nobody would ever let go of the rest."""
    promised = holdings.promised(stock.current().holds(order.pk))
    problems = []
    for line in order.lines.all():
        recipe = {each.item_id: each for each in recipes.kept(line.components)}
        for item_id, units in promised.get(line.pk, {}).items():
            part = recipe.get(item_id)
            still_open = line.quantity_open * (part.quantity if part else 1)
            if units > still_open:
                sku = part.sku if part else line.sku or line.title
                facts = {"sku": sku, "held": units, "open": still_open}
                message = str(errors.HoldsMoreThanOrdered.message) % facts
                problems.append(FieldError("/quantity", message, errors.HoldsMoreThanOrdered.code, facts))
    if problems:
        raise errors.HoldsMoreThanOrdered(errors=problems, **problems[0].facts)

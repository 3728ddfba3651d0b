"""Moving goods that an order holds to another stock location, before they are packed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from inventory import holdings, providers
from inventory.errors import NotKeptByLocation
from inventory.providers.base import TakenLine
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput
from oms.core.transactions import atomic
from orders import errors, events, policies, recipes
from orders.locks import lock_order
from orders.models import Order, OrderLine
from orders.services import fulfilling, journal, rollup
from orders.services.fulfilling import FulfillItem


@atomic()
def move_reserved(
    *, order_id: UUID, items: Sequence[FulfillItem], source_id: UUID, target_id: UUID, actor: Actor
) -> Order:
    """Hold units of an order's lines at another location than now; of kits, all that they consist of.

    What waits for goods stays where it waits. Asked again, it moves again what is still there. Raises OrderNotOpen,
    MovesMoreThanHeld, InsufficientStock where the other location is short, all lines in one error, NotThisOrders,
    InvalidInput, NotFound; nothing has moved then.
    """
    order = lock_order(order_id)
    if not policies.is_open(order):
        raise errors.OrderNotOpen(number=order.number, status=order.get_status_display())
    lines = {line.pk: line for line in order.lines.all()}
    fulfilling.require_lines(order, lines, items)
    if source_id == target_id:
        raise InvalidInput(errors=[FieldError("/to_location_id", "It lies there already.", "same_location")])
    if not providers.current().has_places:
        raise NotKeptByLocation()
    names = providers.require_locations([source_id, target_id])
    wanted = _require_held(order, lines, items, source_id)

    changes = rollup.refresh(order)
    event = events.OrderUpdated(order_id=order.public_id, changed=["reservations"])
    facts = {
        "act": "reservation.moved",
        "items": [f"{each.quantity} x {each.sku}" for each in wanted[:20]],
        "from": names[source_id],
        "to": names[target_id],
    }
    journal.record(order, event, actor=actor, changes=changes, facts=facts)
    providers.current().move(order.pk, source_id, target_id, wanted, actor=actor)
    return order


def _require_held(
    order: Order, lines: Mapping[UUID, OrderLine], items: Sequence[FulfillItem], source_id: UUID
) -> list[TakenLine]:
    """What is to move, the same line asked twice summed. All lines that do not hold it at the source in one error."""
    asked: Counter[UUID] = Counter()
    for item in items:
        asked[item.line_id] += item.quantity
    places = fulfilling.first_places(items)
    there = holdings.by_line(providers.current().holds(order.pk), recipes.by_line(lines.values()))
    problems = []
    for line_id, units in asked.items():
        held = there.get(line_id, {}).get(source_id, 0)
        if units > held:
            facts = {"sku": lines[line_id].sku or lines[line_id].title, "requested": units, "held": held}
            message = str(errors.MovesMoreThanHeld.message) % facts
            pointer = f"/items/{places[line_id]}/quantity"
            problems.append(FieldError(pointer, message, errors.MovesMoreThanHeld.code, facts))
    if problems:
        raise errors.MovesMoreThanHeld(errors=problems, **problems[0].facts)
    return fulfilling.taken_lines([(lines[line_id], units) for line_id, units in asked.items()], places)

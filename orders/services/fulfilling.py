"""Packing an order: from which location, what, and off the shelf; and unpacking it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Sum

from fulfillment.models import Fulfillment, FulfillmentLine
from fulfillment.services import fulfillments
from fulfillment.services.fulfillments import PackedLine
from inventory import holdings, providers
from inventory.providers.base import Held, TakenLine
from oms.core import ids
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput
from oms.core.transactions import atomic
from orders import errors, events, policies, recipes
from orders.enums import OrderStatus
from orders.locks import lock_order
from orders.models import CreditedItem, Order, OrderLine
from orders.services import cancellation_steps, journal, rollup


@dataclass(frozen=True, slots=True)
class FulfillItem:
    """Units of an order line to be packed."""

    line_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """One fulfillment as the stock that is held suggests it. No location: nothing of it is kept at one."""

    location_id: UUID | None
    items: Sequence[FulfillItem]
    ships: bool = True


@atomic()
def create_fulfillment(
    *,
    order_id: UUID,
    items: Sequence[FulfillItem],
    actor: Actor,
    location_id: UUID | None = None,
    provider: str = "manual",
    metadata: Mapping[str, Any] | None = None,
) -> Fulfillment:
    """Pack items of an order at one stock location, and take them off its shelf.

    Without a location it is the one that holds most of these items, or none where stock is not kept by location. What
    is reserved elsewhere is moved here first.
    Asked again, it packs again what is still open. Raises OrderOnHold, OrderNotOpen, FulfillsMoreThanOrdered,
    MixedShippingRequirements, NothingToFulfill, InsufficientStock; NotFound for a location that does not exist.
    """
    order = lock_order(order_id)
    lines = {line.pk: line for line in order.lines.all()}
    _require_fulfillable(order)
    wanted = _require_open(order, lines, items)
    ships = _require_one_kind(wanted)
    if location_id:
        providers.require_locations([location_id])
    location_id = location_id or _best_location(order, wanted)
    taken = taken_lines(wanted, first_places(items))

    fulfillment = fulfillments.open_fulfillment(
        order_id=order.pk,
        order_number=order.number,
        location_id=location_id,
        lines=_packed(wanted),
        requires_shipping=ships,
        provider=provider,
        metadata=metadata,
    )
    for line, quantity in wanted:
        line.quantity_fulfilled += quantity
    OrderLine.objects.bulk_update([line for line, _ in wanted], ["quantity_fulfilled"])
    changes = rollup.refresh(order)
    event = events.FulfillmentCreated(
        order_id=order.public_id,
        fulfillment_id=fulfillment.public_id,
        location_id=ids.encode(ids.STOCK_LOCATION, location_id) if location_id else "",
    )
    facts = {"items": [f"{quantity} x {line.sku or line.title}" for line, quantity in wanted[:20]]}
    journal.record(order, event, actor=actor, changes=changes, facts=facts)
    if taken:
        providers.current().consume(order.pk, location_id, taken, fulfillment_id=fulfillment.pk, actor=actor)
    return fulfillment


@atomic()
def cancel_fulfillment(*, order_id: UUID, fulfillment_id: UUID, actor: Actor) -> Fulfillment:
    """Unpack: the goods go back on the shelf, reserved for their lines again. A completed order is pending again.

    Raises OrderNotOpen for an order that is put away, FulfillmentAlreadyShipped, and FulfillmentCanceled the second
    time.
    """
    order = lock_order(order_id)
    fulfillment = fulfillments.lock_fulfillment(order_id, fulfillment_id)
    if fulfillment.canceled_at:
        raise errors.FulfillmentCanceled()
    if fulfillment.shipped_at or fulfillment.delivered_at:
        raise errors.FulfillmentAlreadyShipped()
    if not policies.can_unpack(order):
        raise errors.OrderNotOpen(number=order.number, status=order.get_status_display())

    packed = list(fulfillment.lines.select_related("order_line"))
    _require_not_restocked(order, packed)
    fulfillments.cancel(fulfillment)
    for each in packed:
        each.order_line.quantity_fulfilled -= each.quantity
    OrderLine.objects.bulk_update([each.order_line for each in packed], ["quantity_fulfilled"])
    reopened = _reopen(order)
    changes = rollup.refresh(order) | reopened
    event = events.FulfillmentCanceled(order_id=order.public_id, fulfillment_id=fulfillment.public_id)
    journal.record(order, event, actor=actor, changes=changes)
    back = [
        TakenLine(
            each.order_line_id,
            each.order_line.item_id,
            each.order_line.sku,
            each.quantity_reserved,
            components=recipes.kept(each.order_line.components),
        )
        for each in packed
        if each.quantity_reserved and each.order_line.item_id
    ]
    if back:
        stock = providers.current()
        stock.put_back(order.pk, fulfillment.location_id, back, fulfillment_id=fulfillment.pk, actor=actor)
    return fulfillment


def _require_not_restocked(order: Order, packed: Sequence[FulfillmentLine]) -> None:
    """What a refund put back on the shelf is there already. Raises GoodsWereRestocked."""
    rows = CreditedItem.objects.filter(order=order, quantity_restocked__gt=0).values_list("line_id")
    restocked = dict(rows.annotate(Sum("quantity_restocked")).order_by())
    for each in packed:
        line = each.order_line
        if line.quantity_fulfilled - each.quantity < restocked.get(line.pk, 0):
            raise errors.GoodsWereRestocked(sku=line.sku or line.title)


def _reopen(order: Order) -> rollup.Changes:
    """What is unpacked is to be packed again, which only an open order allows. The caller saves it."""
    if order.status != OrderStatus.COMPLETED:
        return {}
    was, order.status, order.completed_at = order.status, OrderStatus.PENDING, None
    return {"status": (was, order.status)}


def proposals(order: Order, lines: Sequence[OrderLine], stock: Sequence[Held] | None = None) -> list[Proposal]:
    """The fulfillments that the held stock suggests: one for each location, what does not ship apart.

    Lines of goods that hold nothing go with the location that holds most; where none does, it is left to the person.
    stock: what the order holds, where that has been read already.
    """
    stock = providers.current().holds(order.pk) if stock is None else stock
    held = holdings.by_line(stock, recipes.by_line(lines))
    places: dict[tuple[UUID | None, bool], dict[UUID, int]] = defaultdict(dict)
    loose: list[tuple[OrderLine, int]] = []
    for line in lines:
        left = line.quantity_open if policies.is_fulfillable(line) else 0
        if left and not line.requires_shipping and not line.is_stocked:
            places[None, False][line.pk] = left
            continue
        for location_id, units in held.get(line.pk, {}).items():
            taken = min(left, units)
            if taken:
                places[location_id, line.requires_shipping][line.pk] = taken
                left -= taken
        if left and not line.is_stocked:
            loose.append((line, left))
    shipping = {place: items for place, items in places.items() if place[1]}
    home = max(shipping, key=lambda place: sum(shipping[place].values())) if shipping else (None, True)
    for line, left in loose:
        places[home][line.pk] = left
    return [
        Proposal(location_id, [FulfillItem(line_id, units) for line_id, units in items.items()], ships)
        for (location_id, ships), items in places.items()
    ]


def _require_fulfillable(order: Order) -> None:
    cancellation_steps.require_none(order)
    if order.open_holds:
        reasons = ", ".join(str(hold) for hold in order.holds.filter(released_at=None))
        raise errors.OrderOnHold(number=order.number, reasons=reasons)
    if order.status != OrderStatus.PENDING:
        raise errors.OrderNotOpen(number=order.number, status=order.get_status_display())


def _require_open(
    order: Order, lines: Mapping[UUID, OrderLine], items: Sequence[FulfillItem]
) -> list[tuple[OrderLine, int]]:
    """The lines and how many of each; all that fail in one error. The same line asked twice is summed."""
    if not items:
        raise errors.NothingToFulfill()
    require_lines(order, lines, items)
    asked: dict[UUID, int] = defaultdict(int)
    for item in items:
        asked[item.line_id] += item.quantity
    problems = []
    for line_id, index in first_places(items).items():
        line, together = lines[line_id], asked[line_id]
        if together > line.quantity_open:
            facts = {"sku": line.sku or line.title, "requested": together, "open": line.quantity_open}
            message = str(errors.FulfillsMoreThanOrdered.message) % facts
            problems.append(FieldError(f"/items/{index}/quantity", message, "fulfills_more_than_ordered", facts))
    if problems:
        raise errors.FulfillsMoreThanOrdered(errors=problems, **problems[0].facts)
    return [(lines[line_id], quantity) for line_id, quantity in asked.items()]


def require_lines(order: Order, lines: Mapping[UUID, OrderLine], items: Sequence[FulfillItem]) -> None:
    """Every item names goods of this order, and at least one of them."""
    strangers = [
        FieldError(f"/items/{index}/id", "No such line.", "not_found")
        for index, item in enumerate(items)
        if item.line_id not in lines or not policies.is_fulfillable(lines[item.line_id])
    ]
    if strangers:
        raise errors.NotThisOrders(number=order.number, errors=strangers)
    nothing = [
        FieldError(f"/items/{index}/quantity", "At least 1 is packed.", "quantity")
        for index, item in enumerate(items)
        if item.quantity < 1
    ]
    if nothing:
        raise InvalidInput(errors=nothing)


def _require_one_kind(wanted: Sequence[tuple[OrderLine, int]]) -> bool:
    kinds = {line.requires_shipping for line, _ in wanted}
    if len(kinds) > 1:
        raise errors.MixedShippingRequirements()
    return kinds.pop()


def _best_location(order: Order, wanted: Sequence[tuple[OrderLine, int]]) -> UUID | None:
    """Where most of these items are held; None where nothing is stocked, or not by location."""
    stock = providers.current()
    if not stock.has_places or not any(line.is_stocked for line, _ in wanted):
        return None
    held = holdings.by_line(stock.holds(order.pk), recipes.by_line(line for line, _ in wanted))
    units: dict[UUID, int] = defaultdict(int)
    for line, quantity in wanted:
        for location_id, there in held.get(line.pk, {}).items():
            if location_id is not None:
                units[location_id] += min(quantity, there)
    if not units:
        raise InvalidInput(
            errors=[FieldError("/location_id", "Nothing is reserved for this order: say from where.", "required")]
        )
    return max(units, key=lambda location_id: units[location_id])


def first_places(items: Sequence[FulfillItem]) -> dict[UUID, int]:
    """Where in the request each line is asked for first."""
    places: dict[UUID, int] = {}
    for index, item in enumerate(items):
        places.setdefault(item.line_id, index)
    return places


def taken_lines(wanted: Sequence[tuple[OrderLine, int]], places: Mapping[UUID, int]) -> list[TakenLine]:
    return [
        TakenLine(
            line.pk,
            line.item_id,
            line.sku,
            quantity,
            pointer=f"/items/{places[line.pk]}/quantity",
            components=recipes.kept(line.components),
        )
        for line, quantity in wanted
        if line.is_stocked and line.item_id
    ]


def _packed(wanted: Sequence[tuple[OrderLine, int]]) -> list[PackedLine]:
    return [
        PackedLine(line.pk, line.sku, line.title, quantity, quantity if line.is_stocked and line.item_id else 0)
        for line, quantity in wanted
    ]

"""What is packed leaves the house, and arrives."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from fulfillment.models import Fulfillment
from fulfillment.services import fulfillments
from fulfillment.services.fulfillments import Tracking
from oms.core.actors import Actor
from oms.core.errors import FieldError
from oms.core.transactions import atomic
from orders import errors, events
from orders.locks import lock_order
from orders.models import OrderLine
from orders.services import collecting, journal, rollup
from orders.services.fulfilling import FulfillItem
from payments.enums import CaptureOn

Counter = Literal["quantity_shipped", "quantity_delivered"]


@atomic()
def create_shipment(
    *,
    order_id: UUID,
    fulfillment_id: UUID,
    parcels: Sequence[Tracking],
    actor: Actor,
    items: Sequence[FulfillItem] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Fulfillment:
    """Hand a packed fulfillment to the carrier, with its tracking numbers where there are any.

    items: what the caller believes is in it. Where the channel takes its money with the shipment, that is asked for in
    the same transaction, and carried out by a worker. Raises FulfillmentAlreadyShipped the second time,
    FulfillmentCanceled, ShipsOtherThanPacked.
    """
    order = lock_order(order_id)
    fulfillment = fulfillments.lock_fulfillment(order_id, fulfillment_id)
    if fulfillment.canceled_at:
        raise errors.FulfillmentCanceled()
    if fulfillment.shipped_at:
        raise errors.FulfillmentAlreadyShipped()
    if items is not None:
        _require_packed(fulfillment, items)

    fulfillments.ship(fulfillment, parcels, metadata=metadata)
    _advance(fulfillment, "quantity_shipped")
    changes = rollup.refresh(order)
    numbers = [parcel.number for parcel in parcels]
    event = events.ShipmentCreated(
        order_id=order.public_id, fulfillment_id=fulfillment.public_id, tracking_numbers=numbers
    )
    journal.record(order, event, actor=actor, changes=changes, facts={"tracking": numbers})
    if order.channel.capture_on == CaptureOn.SHIPMENT:
        collecting.capture_shipped(order_id=order_id, actor=actor)
    return fulfillment


@atomic()
def mark_delivered(*, order_id: UUID, fulfillment_id: UUID, actor: Actor) -> Fulfillment:
    """The parcel has arrived. What does not ship is delivered straight away, and its money taken then, where the
    channel takes it with the shipment.

    Raises FulfillmentAlreadyDelivered the second time, FulfillmentCanceled, FulfillmentNotShipped.
    """
    order = lock_order(order_id)
    fulfillment = fulfillments.lock_fulfillment(order_id, fulfillment_id)
    if fulfillment.canceled_at:
        raise errors.FulfillmentCanceled()
    if fulfillment.delivered_at:
        raise errors.FulfillmentAlreadyDelivered()
    if fulfillment.requires_shipping and not fulfillment.shipped_at:
        raise errors.FulfillmentNotShipped()

    if not fulfillment.requires_shipping:
        _advance(fulfillment, "quantity_shipped")
    fulfillments.deliver(fulfillment)
    _advance(fulfillment, "quantity_delivered")
    changes = rollup.refresh(order)
    event = events.Delivered(order_id=order.public_id, fulfillment_id=fulfillment.public_id)
    journal.record(order, event, actor=actor, changes=changes)
    if not fulfillment.requires_shipping and order.channel.capture_on == CaptureOn.SHIPMENT:
        collecting.capture_shipped(order_id=order_id, actor=actor)
    return fulfillment


def _require_packed(fulfillment: Fulfillment, items: Sequence[FulfillItem]) -> None:
    asked: Tally[UUID] = Tally()
    for item in items:
        asked[item.line_id] += item.quantity
    if asked != Tally(dict(fulfillment.lines.values_list("order_line_id", "quantity"))):
        raise errors.ShipsOtherThanPacked(
            errors=[FieldError("/items", str(errors.ShipsOtherThanPacked.message), errors.ShipsOtherThanPacked.code)]
        )


def _advance(fulfillment: Fulfillment, counter: Counter) -> None:
    lines = []
    for each in fulfillment.lines.select_related("order_line"):
        setattr(each.order_line, counter, getattr(each.order_line, counter) + each.quantity)
        lines.append(each.order_line)
    OrderLine.objects.bulk_update(lines, [counter])

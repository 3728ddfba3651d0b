"""Packing, shipping and delivering what an order sells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from fulfillment.services.fulfillments import Tracking
from oms.core import ids
from oms.core.errors import FieldError, InvalidInput
from oms.web import bodies, schema
from oms.web.authentication import actor_of
from oms.web.limits import limits_of
from orders.api import access, examples, inputs
from orders.api.base import OrderActView
from orders.api.views import ONE_ORDER
from orders.services import fulfilling, shipping

TAG = "Fulfillments"


def _fulfillment_id(path: Mapping[str, str]) -> UUID:
    return bodies.path_id(ids.FULFILLMENT, path["fulfillment_id"], "fulfillment")


class FulfillView(OrderActView):
    access = {"POST": access.FULFILL}


class FulfillmentsView(FulfillView):
    body = inputs.CreateFulfillment

    @schema.operation(
        id="createFulfillment",
        summary="Pack items of an order",
        tag=TAG,
        body=inputs.CreateFulfillment,
        body_example={"items": examples.ITEMS},
        answer=ONE_ORDER,
        example=examples.PACKED,
        one_order=True,
        description="They leave the shelf of one stock location: the one that is named, or that holds most of them.",
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> None:
        location_id = body.location_id and bodies.public_id(
            ids.STOCK_LOCATION, body.location_id, "/location_id", "stock location"
        )
        if body.shipping_option_id is not None:
            message = f"/shipping_option_id: no shipping option with id {body.shipping_option_id[:80]}."
            raise InvalidInput(errors=[FieldError("/shipping_option_id", message, "not_found")])
        made = fulfilling.create_fulfillment(
            order_id=order_id,
            items=inputs.fulfill_items(body.items),
            location_id=location_id,
            metadata=body.metadata,
            actor=actor_of(request),
        )
        limits_of(request.user).require_locations(made.location_id)  # where none was named, one was chosen


class CancelFulfillmentView(FulfillView):
    body = inputs.NoFields

    @schema.operation(
        id="cancelFulfillment",
        summary="Unpack a fulfillment",
        tag=TAG,
        body=inputs.NoFields,
        body_example={},
        answer=ONE_ORDER,
        example=examples.ONE,
        one_order=True,
        description="Its goods go back on the shelf, reserved for the order again.",
    )
    def post(self, request: Request, order_id: str, fulfillment_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {"fulfillment_id": fulfillment_id})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> None:
        fulfilling.cancel_fulfillment(order_id=order_id, fulfillment_id=_fulfillment_id(path), actor=actor_of(request))


class ShipmentsView(FulfillView):
    body = inputs.CreateShipment

    @schema.operation(
        id="createShipment",
        summary="Ship a fulfillment",
        tag=TAG,
        body=inputs.CreateShipment,
        body_example={"items": examples.ITEMS, "labels": examples.LABELS},
        answer=ONE_ORDER,
        example=examples.PACKED,
        one_order=True,
        description="It is handed to the carrier, with a label for each parcel.",
    )
    def post(self, request: Request, order_id: str, fulfillment_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {"fulfillment_id": fulfillment_id})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> None:
        parcels = [
            Tracking(
                number=label.tracking_number, url=label.tracking_url, label_url=label.label_url, carrier=label.carrier
            )
            for label in body.labels
        ]
        shipping.create_shipment(
            order_id=order_id,
            fulfillment_id=_fulfillment_id(path),
            parcels=parcels,
            items=None if body.items is None else inputs.fulfill_items(body.items),
            metadata=body.metadata,
            actor=actor_of(request),
        )


class DeliveredView(FulfillView):
    body = inputs.NoFields

    @schema.operation(
        id="markFulfillmentAsDelivered",
        summary="Mark a fulfillment as delivered",
        tag=TAG,
        body=inputs.NoFields,
        body_example={},
        answer=ONE_ORDER,
        example=examples.PACKED,
        one_order=True,
    )
    def post(self, request: Request, order_id: str, fulfillment_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {"fulfillment_id": fulfillment_id})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> None:
        shipping.mark_delivered(order_id=order_id, fulfillment_id=_fulfillment_id(path), actor=actor_of(request))

"""Moving what an order holds between stock locations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from msgspec import Meta
from rest_framework.request import Request

from oms.core import ids
from oms.web import bodies, schema
from oms.web.authentication import actor_of
from orders.api import access, examples, inputs
from orders.api.base import OrderActView
from orders.api.views import ONE_ORDER
from orders.services import moving


class MoveReserved(bodies.Body):
    """Units of lines, from where they are held to where they are to be held."""

    items: Annotated[list[inputs.ItemQuantity], Meta(min_length=1, max_length=10_000)]
    from_location_id: str
    to_location_id: str


class MoveReservedView(OrderActView):
    access = {"POST": access.FULFILL}
    body = MoveReserved

    @schema.operation(
        id="moveReservedItems",
        summary="Hold items of an order at another stock location",
        tag="Fulfillments",
        body=MoveReserved,
        body_example={
            "items": examples.ITEMS,
            "from_location_id": examples.LOCATION_ID,
            "to_location_id": "sloc_01m82tqn5hhtjdz5ewkpj1x381",
        },
        answer=ONE_ORDER,
        example=examples.ONE,
        one_order=True,
        description=f"{schema.OURS} All of them or none: every line that the other location is short of is named. Of "
        "a kit everything moves that it consists of.",
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> None:
        source, target = (
            bodies.public_id(ids.STOCK_LOCATION, text, pointer, "stock location")
            for text, pointer in (
                (body.from_location_id, "/from_location_id"),
                (body.to_location_id, "/to_location_id"),
            )
        )
        moving.move_reserved(
            order_id=order_id,
            items=inputs.fulfill_items(body.items),
            source_id=source,
            target_id=target,
            actor=actor_of(request),
        )

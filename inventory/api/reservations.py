"""Reservations, of order lines and of whatever their description says."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from msgspec import UNSET
from rest_framework.request import Request

from inventory.api import base, examples, inputs, shapes
from inventory.api.filters import ReservationFilters
from inventory.selectors import reservations_with_items
from inventory.services import manual_reservations
from oms.core import ids
from oms.core.errors import NotFound
from oms.web import bodies, fields, idempotency, pagination, queries, schema
from oms.web.authentication import actor_of
from oms.web.rendering import json_answer
from oms.web.views import one

TAG = "Stock"
_RESERVATION = schema.envelope("reservation", shapes.ReservationShape)
_NAMES = {"/item_id": "/inventory_item_id", "/line_id": "/line_item_id"}


def _id(text: str) -> UUID:
    return bodies.path_id(ids.RESERVATION, text, "reservation")


def _show(reservation_id: UUID, *, expired: bool = False) -> shapes.ReservationShape:
    row = reservations_with_items(expired=expired).filter(pk=reservation_id).first()
    if row is None:
        raise NotFound(kind="reservation", id=ids.encode(ids.RESERVATION, reservation_id))
    return shapes.reservation(row)


class ReservationsView(base.StockView):
    @schema.operation(
        id="listReservations",
        summary="List reservations",
        tag=TAG,
        answer=schema.envelope("reservations", shapes.ReservationShape, paged=True),
        example=examples.page("reservations", examples.RESERVATION),
        filters=ReservationFilters,
    )
    def get(self, request: Request) -> HttpResponse:
        query = queries.parameters(request)
        rows = queries.filtered(ReservationFilters, query, reservations_with_items())
        with_item = query.selection.asks("inventory_item")
        rows = rows if with_item else rows.prefetch_related(None)
        page = pagination.page(query, rows.order_by(*queries.ordering(query, {"created_at": ("pk",)}, "created_at")))
        if not with_item:
            fields.leave_out([row.level.item for row in page.rows], "levels")
        return page.answer("reservations", [shapes.reservation(row) for row in page.rows])

    @schema.operation(
        id="createReservation",
        summary="Reserve units of an inventory item at a stock location",
        tag=TAG,
        body=inputs.CreateReservation,
        body_example=examples.RESERVE,
        answer=_RESERVATION,
        example={"reservation": examples.RESERVATION},
        description="For an order line (of its own goods, no more than are still to be packed), or for whatever the "
        "description says. order_id is ours and may be left out: the line says whose it is. What has expired "
        "(expires_at, ours) counts nowhere any more and is not found.",
    )
    def post(self, request: Request) -> HttpResponse:
        body, actor = bodies.read(request, inputs.CreateReservation), actor_of(request)
        item = bodies.public_id(ids.INVENTORY_ITEM, body.inventory_item_id, "/inventory_item_id", "inventory item")
        location = bodies.public_id(ids.STOCK_LOCATION, body.location_id, "/location_id", "stock location")
        order = body.order_id and bodies.public_id(ids.ORDER, body.order_id, "/order_id", "order")
        line = body.line_item_id and bodies.public_id(ids.ORDER_LINE, body.line_item_id, "/line_item_id", "line")

        def work() -> UUID:
            with bodies.renamed(_NAMES):
                made = manual_reservations.create_reservation(
                    item_id=item,
                    location_id=location,
                    quantity=body.quantity,
                    order_id=order or None,
                    line_id=line or None,
                    description=body.description or "",
                    metadata=body.metadata,
                    expires_at=body.expires_at,
                    actor=actor,
                )
            return base.id_of(made)

        return base.answer(request, "reservation", work, _show)


class ReservationView(base.StockView):
    @schema.operation(
        id="getReservation",
        summary="Read a reservation",
        tag=TAG,
        answer=_RESERVATION,
        example={"reservation": examples.RESERVATION},
    )
    def get(self, request: Request, reservation_id: str) -> HttpResponse:
        return one(request, "reservation", _show(_id(reservation_id)))

    @schema.operation(
        id="updateReservation",
        summary="Raise, lower or move a reservation",
        tag=TAG,
        body=inputs.UpdateReservation,
        body_example={"quantity": 3},
        answer=_RESERVATION,
        example={"reservation": examples.RESERVATION | {"quantity": 3}},
    )
    def post(self, request: Request, reservation_id: str) -> HttpResponse:
        reservation, body = _id(reservation_id), bodies.read(request, inputs.UpdateReservation)
        location = body.location_id and bodies.public_id(
            ids.STOCK_LOCATION, body.location_id, "/location_id", "stock location"
        )
        actor = actor_of(request)

        def work() -> UUID:
            with bodies.renamed(_NAMES):
                made = manual_reservations.update_reservation(
                    reservation_id=reservation,
                    quantity=body.quantity,
                    location_id=location or None,
                    description=body.description,
                    metadata=body.metadata,
                    expires_at=... if body.expires_at is UNSET else body.expires_at,
                    is_kept=body.is_kept,
                    actor=actor,
                )
            return base.id_of(made)

        # One that is kept no longer may be over with that.
        return base.answer(request, "reservation", work, partial(_show, expired=True))

    @schema.operation(
        id="deleteReservation",
        summary="Let go of what a reservation holds",
        tag=TAG,
        answer=schema.shape(shapes.Deleted),
        example={"id": examples.RESERVATION_ID, "object": "reservation", "deleted": True},
        deletes=True,
    )
    def delete(self, request: Request, reservation_id: str) -> HttpResponse:
        reservation, actor = _id(reservation_id), actor_of(request)

        def work() -> None:
            manual_reservations.delete_reservation(reservation_id=reservation, actor=actor)

        gone = shapes.Deleted(id=ids.encode(ids.RESERVATION, reservation), object="reservation")
        return idempotency.answer(request, work, lambda _: json_answer(gone))

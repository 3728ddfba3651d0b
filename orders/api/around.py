"""What stands around an order: holds, notes, its timeline, and why it ships from where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from inventory import providers as stock
from oms.core import ids
from oms.web import bodies, schema
from oms.web.authentication import actor_of
from oms.web.filters import NoFilters
from oms.web.limits import OutsideLimits, limits_of
from oms.web.views import ApiView, many, one
from orders.api import access, examples, inputs, part_shapes, parts, shapes
from orders.api.base import OrderActView, order_id_of
from orders.enums import HoldReason
from orders.models import TimelineEntry
from orders.selectors import answers
from orders.services import holds, notes

TAG = "Orders"


def _beside(name: str, kind: Any) -> dict[str, Any]:
    """An answer that shows a part beside the order it belongs to."""
    return {
        "type": "object",
        "properties": {name: schema.shape(kind), "order": schema.shape(shapes.Order)},
        "required": [name, "order"],
    }


class HoldsView(OrderActView):
    body = inputs.PlaceHold

    @schema.operation(
        id="placeHold",
        summary="Put an order on hold",
        tag=TAG,
        body=inputs.PlaceHold,
        body_example={"reason": "fraud"},
        answer=_beside("hold", part_shapes.Hold),
        example={"hold": examples.HOLD, **examples.ONE},
        one_order=True,
        description=f"{schema.OURS} It cannot be fulfilled until every hold is released.",
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> Mapping[str, Any]:
        inputs.require_year("/release_at", body.release_at)
        hold = holds.place_hold(
            order_id=order_id,
            reason=HoldReason(body.reason),
            note=body.note,
            release_at=body.release_at,
            actor=actor_of(request),
        )
        hold.refresh_from_db()
        return {"hold": parts.hold(hold)}


class ReleaseHoldView(OrderActView):
    body = inputs.NoFields

    @schema.operation(
        id="releaseHold",
        summary="Release a hold",
        tag=TAG,
        body=inputs.NoFields,
        body_example={},
        answer=_beside("hold", part_shapes.Hold),
        example={"hold": examples.HOLD | {"released_at": examples.AT}, **examples.ONE},
        one_order=True,
        description=schema.OURS,
    )
    def post(self, request: Request, order_id: str, hold_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {"hold_id": hold_id})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> Mapping[str, Any]:
        hold_id = bodies.path_id(ids.HOLD, path["hold_id"], "hold")
        return {"hold": parts.hold(holds.release_hold(order_id=order_id, hold_id=hold_id, actor=actor_of(request)))}


class NotesView(OrderActView):
    body = inputs.AddNote

    @schema.operation(
        id="addNote",
        summary="Write a note on an order",
        tag=TAG,
        body=inputs.AddNote,
        body_example={"body": "Asked for a gift wrap."},
        answer=_beside("note", part_shapes.Note),
        example={
            "note": {
                "id": "note_01m82tqn5hhtjdz5ewkpj1x380",
                "body": "Asked for a gift wrap.",
                "created_at": examples.AT,
            },
            **examples.ONE,
        },
        one_order=True,
        description=f"{schema.OURS} For colleagues; customers do not see it.",
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> Mapping[str, Any]:
        note = notes.add_note(order_id=order_id, body=body.body, actor=actor_of(request))
        note.refresh_from_db()
        return {"note": parts.note(note)}


class TimelineView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="listTimeline",
        summary="Read what happened to an order, newest first",
        tag=TAG,
        answer=schema.envelope("timeline", part_shapes.TimelineEntry, paged=True),
        example=examples.TIMELINE,
        filters=NoFilters,
        description=f"{schema.OURS} When, by whom, and from what to what.",
    )
    def get(self, request: Request, order_id: str) -> HttpResponse:
        order = order_id_of(order_id)
        answers.require_order(order)
        rows = TimelineEntry.objects.filter(order_id=order)
        by_time = {"occurred_at": ("occurred_at", "pk")}
        return many(
            request, "timeline", rows, parts.timeline_entry, filters=NoFilters, orderings=by_time, order="-occurred_at"
        )


class SourcingView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="getSourcing",
        summary="Read why an order ships from where",
        tag=TAG,
        answer=schema.envelope("sourcing", part_shapes.Sourcing | None),
        example=examples.SOURCING,
        description=f"{schema.OURS} Every location that was judged, with its numbers. null: nothing of it is stocked.",
    )
    def get(self, request: Request, order_id: str) -> HttpResponse:
        order = order_id_of(order_id)
        if limits_of(request.user).locations is not None:  # it names every location that was judged
            raise OutsideLimits(kind="stock location")
        answers.require_order(order)
        decision = stock.current().sourced(order)
        return one(request, "sourcing", parts.sourcing(decision) if decision else None)

"""Orders: list, place, read, change, cancel, complete, archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from msgspec import UNSET
from rest_framework.request import Request

from oms.web import bodies, idempotency, pagination, queries, rates, schema
from oms.web.authentication import actor_of
from oms.web.views import ApiView
from orders.api import access, batching, examples, inputs, placing, representation, shapes
from orders.api.base import OrderActView, lock_as_seen, order_answer, order_id_of
from orders.api.filters import OrderFilters
from orders.enums import AddressKind, CancelReason
from orders.requests import OrderRequest
from orders.selectors import answers
from orders.services import addresses, cancellation, closing, notes
from payments.selectors import intended
from payments.services import waiting

TAG = "Orders"
_ORDERINGS = {"created_at": ("placed_at", "pk"), "display_id": ("number",)}
ONE_ORDER = schema.envelope("order", shapes.Order)


class OrdersView(ApiView):
    access = {"GET": access.READ, "POST": access.PLACE}

    @schema.operation(
        id="listOrders",
        summary="List orders",
        tag=TAG,
        answer=schema.envelope("orders", shapes.ListedOrder, paged=True),
        example=examples.PAGE,
        filters=OrderFilters,
        description="Newest first. `count` stops at 10,000 and then says so in `count_capped`; `fields=-items` leaves "
        "the lines out, which is faster.",
    )
    def get(self, request: Request) -> HttpResponse:
        query = queries.parameters(request)
        with_items = query.selection.asks("items")
        rows = queries.filtered(OrderFilters, query, answers.orders_in_lists(with_items=with_items))
        page = pagination.page(query, rows.order_by(*queries.ordering(query, _ORDERINGS, "-created_at")))
        return page.answer("orders", [representation.listed(order, with_items=with_items) for order in page.rows])

    @schema.operation(
        id="placeOrder",
        summary="Place an order",
        tag=TAG,
        body=OrderRequest,
        body_example=examples.PLACE,
        answer=schema.envelope("order", shapes.PlacedOrder),
        example=examples.ONE,
        description=f"{schema.OURS} Stock is held for it, or nothing is written and every shortage is named. Placing "
        "the same `external_id` of a channel again answers with the first order, in full. `Prefer: return=minimal` "
        "answers with id, display_id, status, total and revision alone.",
    )
    def post(self, request: Request) -> HttpResponse:
        return placing.place(request)


class BatchView(ApiView):
    counted_as = rates.BATCHES
    access = {"POST": access.PLACE}

    @schema.operation(
        id="placeOrders",
        summary="Place up to 1,000 orders",
        tag=TAG,
        body=inputs.Batch,
        body_example=examples.BATCH,
        answer=schema.shape(batching.BatchAnswer),
        example=examples.BATCH_ANSWER,
        description=f"{schema.OURS} Every row for itself: what is refused leaves the others be. Repeated safely by "
        "`external_id`, which every row needs when an Idempotency-Key is sent.",
    )
    def post(self, request: Request) -> HttpResponse:
        return batching.place_batch(request)


class OrderView(OrderActView):
    access = {"GET": access.READ, "POST": access.WRITE}
    body = inputs.UpdateOrder

    @schema.operation(
        id="getOrder", summary="Read an order", tag=TAG, answer=ONE_ORDER, example=examples.ONE,
        description="Everything that belongs to it. The ETag is its revision.",
    )  # fmt: skip
    def get(self, request: Request, order_id: str) -> HttpResponse:
        return order_answer(order_id_of(order_id), queries.parameters(request).selection)

    @schema.operation(
        id="updateOrder",
        summary="Change an order's e-mail address, addresses, metadata or tags",
        tag=TAG,
        body=inputs.UpdateOrder,
        body_example={"metadata": {"gift": True}, "tags": ["vip"]},
        answer=ONE_ORDER,
        example=examples.ONE,
        one_order=True,
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> None:
        actor = actor_of(request)
        email, metadata = (None if value is UNSET else value for value in (body.email, body.metadata))
        notes.update_order(order_id=order_id, email=email, metadata=metadata, actor=actor)
        for kind, address in (
            (AddressKind.SHIPPING, body.shipping_address),
            (AddressKind.BILLING, body.billing_address),
        ):
            if address is not UNSET:
                addresses.change_address(order_id=order_id, kind=kind, changes=address.changes(), actor=actor)
        if body.tags is not UNSET:
            notes.set_tags(order_id=order_id, tags=body.tags, actor=actor)


class CancelView(ApiView):
    access = {"POST": access.WRITE}

    @schema.operation(
        id="cancelOrder",
        summary="Cancel an order",
        tag=TAG,
        body=inputs.CancelOrder,
        body_example={"reason": "customer"},
        answer=ONE_ORDER,
        example=examples.CANCELED,
        one_order=True,
        description="What it holds is let go, and its money goes back. An order with a fulfillment cannot be canceled. "
        "Where a payment provider has to give the money back it is asked, for at most five seconds; until it has done "
        "so the order is not canceled, cannot be packed, and says since when: `canceling_at`. A provider that declines "
        "leaves it with the status requires_action, to be canceled again or kept.",
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        order, body = order_id_of(order_id), bodies.read(request, inputs.CancelOrder)
        selection = queries.parameters(request).selection

        def intend() -> list[UUID]:
            lock_as_seen(request, order)
            reason, actor = CancelReason(body.reason), actor_of(request)
            cancellation.cancel_order(order_id=order, reason=reason, actor=actor, waits=True)
            return list(intended(order).values_list("pk", flat=True))

        return idempotency.answer_with_state(
            request, intend, waiting.carry_out_now, lambda _intents: order_answer(order, selection)
        )


class KeepView(OrderActView):
    body = inputs.NoFields

    @schema.operation(
        id="keepOrder",
        summary="Let an order that requires action go on as it is",
        tag=TAG,
        body=inputs.NoFields,
        body_example={},
        answer=ONE_ORDER,
        example=examples.ONE,
        one_order=True,
        description=f"{schema.OURS} A payment provider declined its cancellation, and it is not canceled after all.",
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> None:
        cancellation.keep_order(order_id=order_id, actor=actor_of(request))


class CompleteView(OrderActView):
    body = inputs.NoFields

    @schema.operation(
        id="completeOrder", summary="Complete an order", tag=TAG, body=inputs.NoFields, body_example={},
        answer=ONE_ORDER, example=examples.ONE, one_order=True,
    )  # fmt: skip
    def post(self, request: Request, order_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> None:
        closing.complete_order(order_id=order_id, actor=actor_of(request))


class ArchiveView(OrderActView):
    body = inputs.NoFields

    @schema.operation(
        id="archiveOrder", summary="Archive an order", tag=TAG, body=inputs.NoFields, body_example={},
        answer=ONE_ORDER, example=examples.ONE, one_order=True,
    )  # fmt: skip
    def post(self, request: Request, order_id: str) -> HttpResponse:
        return self.answer_to(request, order_id, {})

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> None:
        closing.archive_order(order_id=order_id, actor=actor_of(request))

"""What the views of orders share: acts on one order, and their answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import ids
from oms.core.errors import StaleRevision
from oms.web import bodies, etag, fields, idempotency, queries
from oms.web.fields import EVERYTHING, Selection
from oms.web.rendering import json_answer
from oms.web.scopes import Access
from oms.web.views import ApiView
from orders.api import access, representation, shapes
from orders.locks import lock_order
from orders.selectors import answers

_TOTALS: Final = [
    name
    for name in set(shapes.Order.__struct_fields__) - set(shapes.ListedOrder.__struct_fields__)
    if name.endswith("total")
]
# What is made of the rows that belong to an order, by relation: what nobody asks for is not read.
_MADE_OF: Final[dict[str, Collection[str]]] = {
    "lines": ["items", "fulfillments", *_TOTALS],
    "shipping_lines": ["shipping_methods", *_TOTALS],
    "tax_lines": ["items", "shipping_methods", *_TOTALS],
    "adjustments": ["items", "shipping_methods", *_TOTALS],
    "addresses": ["shipping_address", "billing_address"],
    "credit_lines": ["credit_lines"],
    "holds": ["holds"],
    "payments": ["payment_collections", "statement"],
    "payment_collections": ["payment_collections"],
    "fulfillments": ["fulfillments"],
}


def order_answer(order_id: UUID, selection: Selection = EVERYTHING, **beside: Any) -> HttpResponse:
    """`{"order": {…}}` as the order is now, with its revision as ETag; `beside` stands next to it."""
    unread = fields.unread(selection, _MADE_OF)
    order = answers.order_in_full(order_id, leave_out=unread)
    fields.leave_out([order], *unread)
    shape: shapes.Order = representation.full(order)
    return json_answer({"order": selection.shown(shape), **beside}, headers={"ETag": etag.of(shape.revision)})


def order_id_of(text: str) -> UUID:
    return bodies.path_id(ids.ORDER, text, "order")


def lock_as_seen(request: Request, order_id: UUID) -> None:
    """Lock the order and refuse a caller who has seen another state of it (If-Match). Inside the act's transaction.

    Raises NotFound, StaleRevision, MalformedIfMatch.
    """
    expected = etag.expected_revisions(request)
    if expected is None:
        return
    present = lock_order(order_id).revision
    if present not in expected:
        raise StaleRevision(expected=max(expected), present=present)


class OrderActView(ApiView):
    """One act on one order: read the body, lock the order as the caller saw it, act, answer with the whole order.

    A subclass names its `body` and says in `act` which service is called; what that returns stands beside the order in
    the answer.
    """

    access: ClassVar[Mapping[str, Access]] = {"POST": access.WRITE}
    body: ClassVar[type[msgspec.Struct]]

    def act(self, request: Request, order_id: UUID, body: Any, path: Mapping[str, str]) -> Mapping[str, Any] | None:
        raise NotImplementedError

    def answer_to(self, request: Request, order_id: str, path: Mapping[str, str]) -> HttpResponse:
        order, body = order_id_of(order_id), bodies.read(request, self.body)
        selection = queries.parameters(request).selection

        def work() -> Mapping[str, Any]:
            lock_as_seen(request, order)
            return self.act(request, order, body, path) or {}

        return idempotency.answer(request, work, lambda beside: order_answer(order, selection, **beside))

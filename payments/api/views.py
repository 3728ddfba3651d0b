"""What was paid: read only, for payments are recorded with their orders."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django_filters import FilterSet
from rest_framework.request import Request

from oms.core import ids
from oms.core.errors import NotFound
from oms.web import bodies, pagination, queries, schema
from oms.web.filters import IdsFilter
from oms.web.scopes import Access, Scope
from oms.web.views import ApiView, one
from payments.api import shapes
from payments.models import Payment

TAG: Final = "Payments"
READ: Final = Access(Scope.ORDERS_READ, "payments.view_payment")
_AT: Final = "2026-11-22T23:51:16.988Z"
_EXAMPLE: Final[dict[str, Any]] = {
    "id": "pay_01m82tqn7w3tqt0d4bwh8xq78w",
    "payment_collection_id": "pay_col_01m82tqn5hhtjdz5ewkpj1x380",
    "currency_code": "usd",
    "amount": 41,
    "provider_id": "external",
    "captured_at": _AT,
    "created_at": _AT,
}


class PaymentFilters(FilterSet):
    id = IdsFilter(ids.PAYMENT, field_name="pk")
    payment_collection_id = IdsFilter(shapes.COLLECTION, field_name="order_id")


class PaymentsView(ApiView):
    access = {"GET": READ}

    @schema.operation(
        id="listPayments",
        summary="List payments",
        tag=TAG,
        answer=schema.envelope("payments", shapes.PaymentShape, paged=True),
        example={"payments": [_EXAMPLE], "count": 1, "limit": 20, "offset": 0},
        filters=PaymentFilters,
    )
    def get(self, request: Request) -> HttpResponse:
        query = queries.parameters(request)
        rows = queries.filtered(PaymentFilters, query, Payment.objects.all())
        # By id, which is by time: ids are made in ascending order, and theirs is the index.
        page = pagination.page(query, rows.order_by(*queries.ordering(query, {"created_at": ("pk",)}, "-created_at")))
        return page.answer("payments", [shapes.payment(row) for row in page.rows])


class PaymentView(ApiView):
    access = {"GET": READ}

    @schema.operation(
        id="getPayment",
        summary="Read a payment",
        tag=TAG,
        answer=schema.envelope("payment", shapes.PaymentShape),
        example={"payment": _EXAMPLE},
    )
    def get(self, request: Request, payment_id: str) -> HttpResponse:
        row = Payment.objects.filter(pk=bodies.path_id(ids.PAYMENT, payment_id, "payment")).first()
        if row is None:
            raise NotFound(kind="payment", id=payment_id)
        return one(request, "payment", shapes.payment(row))

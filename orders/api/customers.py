"""A customer's right to know and to be forgotten. A scope of its own: few programs need it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import ids
from oms.web import bodies, idempotency, schema
from oms.web.authentication import actor_of
from oms.web.rendering import json_answer
from oms.web.views import ApiView
from orders.api import access, inputs
from orders.services.erasure import Erasure, erase_customer
from orders.services.personal_data import export_customer

TAG = "Customers"
_ID = "cus_01m82tqn5hhtjdz5ewkpj1x380"


class PersonalData(msgspec.Struct):
    """What is kept about a customer: table to rows, as they are."""

    personal_data: dict[str, list[dict[str, Any]]]


class Erased(msgspec.Struct):
    """id: the customer. orders: how many lost them. same_email: other customers with the address they had."""

    id: str
    orders: int
    already_erased: bool
    same_email: list[str]


class PersonalDataView(ApiView):
    access = {"GET": access.PRIVACY}
    audited = {"GET": "exported"}
    for_all = ("GET",)  # it tells of every channel and location where they ordered

    @schema.operation(
        id="exportCustomer",
        summary="Read everything that is kept about a customer",
        tag=TAG,
        answer=schema.shape(PersonalData),
        example={"personal_data": {"customer": [{"id": "0199…", "email": "ada@example.com"}], "orders": []}},
        selects=False,
        description=f"{schema.OURS} Orders, addresses, notes, timeline, refused import rows, and so on.",
    )
    def get(self, request: Request, customer_id: str) -> HttpResponse:
        found = export_customer(customer_id=_customer(customer_id), actor=actor_of(request))
        return json_answer({"personal_data": found}, headers={"Cache-Control": "no-store"})


class EraseView(ApiView):
    access = {"POST": access.PRIVACY}
    audited = {"POST": "erased"}
    for_all = ("POST",)

    @schema.operation(
        id="eraseCustomer",
        summary="Forget who a customer was",
        tag=TAG,
        body=inputs.NoFields,
        body_example={},
        answer=schema.envelope("customer", Erased),
        example={"customer": {"id": _ID, "orders": 3, "already_erased": False, "same_email": []}},
        description=f"{schema.OURS} Their orders keep goods and amounts. Refused while one is open. Cannot be undone.",
    )
    def post(self, request: Request, customer_id: str) -> HttpResponse:
        customer = _customer(customer_id)
        bodies.read(request, inputs.NoFields)
        return idempotency.answer(
            request, lambda: erase_customer(customer_id=customer, actor=actor_of(request)), _erased
        )


def _customer(text: str) -> UUID:
    return bodies.path_id(ids.CUSTOMER, text, "customer")


def _erased(done: Erasure) -> HttpResponse:
    shown = Erased(
        id=done.customer.public_id,
        orders=done.orders,
        already_erased=done.already,
        same_email=[ids.encode(ids.CUSTOMER, other) for other in done.same_email],
    )
    return json_answer({"customer": shown})

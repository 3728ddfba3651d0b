"""Customers: list, read, write down, correct."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django.http import HttpResponse
from django_filters import Filter, FilterSet
from msgspec import UNSET, Meta, UnsetType
from rest_framework.request import Request

from oms.core import ids
from oms.core.errors import NotFound
from oms.web import bodies, idempotency, schema
from oms.web.bodies import Body
from oms.web.filters import IdsFilter, WordsFilter, YesNoFilter, moments
from oms.web.scopes import Access, Scope
from oms.web.views import ApiView, many, one
from orders.api import part_shapes, parts
from orders.models import Customer
from orders.requests import EMAIL_PATTERN, Name
from orders.selectors.search import find_customers
from orders.services import customer_records

TAG: Final = "Customers"
READ: Final = Access(Scope.CUSTOMERS_READ, "orders.view_customer")
ADD: Final = Access(Scope.CUSTOMERS_WRITE, "orders.add_customer")
CHANGE: Final = Access(Scope.CUSTOMERS_WRITE, "orders.change_customer")
_CUSTOMER: Final = schema.envelope("customer", part_shapes.Customer)
_EXAMPLE: Final[dict[str, Any]] = {
    "id": "cus_01m82tqn5hhtjdz5ewkpj1x380",
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Byron",
    "company_name": None,
    "phone": "+44 20 7946 0000",
    "external_id": None,
    "has_account": False,
    "metadata": {},
    "created_at": "2026-11-22T23:51:16.914Z",
    "updated_at": "2026-11-22T23:51:16.914Z",
    "created_by": None,
    "deleted_at": None,
}
Email = Annotated[str, Meta(max_length=254, pattern=EMAIL_PATTERN)]


class CustomerFields(Body):
    """A null empties a field. metadata: keys are merged, a null removes one."""

    email: Email | UnsetType | None = UNSET
    first_name: Name | UnsetType | None = UNSET
    last_name: Name | UnsetType | None = UNSET
    company_name: Annotated[str, Meta(max_length=160)] | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=40)] | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET

    def fields(self) -> dict[str, str]:
        """What is known beside metadata, as columns keep it."""
        given = {name: getattr(self, name) for name in customer_records.FIELDS}
        return {name: value or "" for name, value in given.items() if value is not UNSET}

    def facts(self) -> dict[str, Any] | None:
        return None if isinstance(self.metadata, UnsetType) else self.metadata


class CustomerFilters(FilterSet):
    """`q`: an e-mail address, an external id, or how the last name or company begins."""

    id = IdsFilter(ids.CUSTOMER, field_name="pk")
    email = WordsFilter(method="without_case", help_text="Compared without case.")
    last_name = WordsFilter(method="without_case", help_text="Compared without case.")
    company_name = WordsFilter(method="without_case", help_text="Compared without case.")
    external_id = WordsFilter()
    sales_channel_id = IdsFilter(ids.SALES_CHANNEL, field_name="channel_id")
    has_account = YesNoFilter()
    q = Filter(method="by_search", help_text="E-mail, external id, or how the last name or company begins.")

    def without_case(self, rows: QuerySet[Customer], name: str, value: list[str]) -> QuerySet[Customer]:
        lowered = f"{name}_lower"
        wanted = {f"{lowered}__in": [Lower(Value(word)) for word in value]}
        return rows.alias(**{lowered: Lower(name)}).filter(**wanted) if value else rows

    def by_search(self, rows: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        return rows.filter(pk__in=find_customers(value).values("pk")) if value else rows


CustomerFilters.base_filters.update(moments("created_at", "created_at"))


def known() -> QuerySet[Customer]:
    """The customers of lists: those who were forgotten are in none."""
    return Customer.objects.filter(erased_at=None)


def _show(customer_id: UUID) -> part_shapes.Customer:
    row = Customer.objects.filter(pk=customer_id).first()
    if row is None:
        raise NotFound(kind="customer", id=ids.encode(ids.CUSTOMER, customer_id))
    return parts.customer(row)


class CustomersView(ApiView):
    access = {"GET": READ, "POST": ADD}

    @schema.operation(
        id="listCustomers",
        summary="List customers",
        tag=TAG,
        answer=schema.envelope("customers", part_shapes.Customer, paged=True),
        example={"customers": [_EXAMPLE], "count": 1, "limit": 20, "offset": 0},
        filters=CustomerFilters,
        description="The newest first. Those who were forgotten are left out.",
    )
    def get(self, request: Request) -> HttpResponse:
        by_time = {"created_at": ("created_at", "pk")}
        return many(request, "customers", known(), parts.customer, filters=CustomerFilters, orderings=by_time)

    @schema.operation(
        id="createCustomer",
        summary="Write down a customer",
        tag=TAG,
        body=CustomerFields,
        body_example={"email": "ada@example.com", "first_name": "Ada", "last_name": "Byron"},
        answer=_CUSTOMER,
        example={"customer": _EXAMPLE},
        description="An order with the same e-mail address is theirs from then on. A known address is refused.",
    )
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, CustomerFields)

        def work() -> Customer:
            return customer_records.create_customer(fields=body.fields(), metadata=body.facts())

        return idempotency.answer(request, work, lambda made: one(request, "customer", parts.customer(made)))


class CustomerView(ApiView):
    access = {"GET": READ, "POST": CHANGE}

    @schema.operation(
        id="getCustomer", summary="Read a customer", tag=TAG, answer=_CUSTOMER, example={"customer": _EXAMPLE}
    )
    def get(self, request: Request, customer_id: str) -> HttpResponse:
        return one(request, "customer", _show(_id(customer_id)))

    @schema.operation(
        id="updateCustomer",
        summary="Correct what is known of a customer",
        tag=TAG,
        body=CustomerFields,
        body_example={"phone": "+44 20 7946 0000"},
        answer=_CUSTOMER,
        example={"customer": _EXAMPLE},
        description="Their orders keep what was said when they were placed.",
    )
    def post(self, request: Request, customer_id: str) -> HttpResponse:
        customer, body = _id(customer_id), bodies.read(request, CustomerFields)

        def work() -> Customer:
            return customer_records.update_customer(customer_id=customer, fields=body.fields(), metadata=body.facts())

        return idempotency.answer(request, work, lambda made: one(request, "customer", _show(made.pk)))


def _id(text: str) -> UUID:
    return bodies.path_id(ids.CUSTOMER, text, "customer")

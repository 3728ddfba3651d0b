"""Who a customer is, and everything that is kept about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from oms.core import events, ids, personal
from oms.core.actors import Actor
from oms.core.errors import NotFound
from oms.core.personal import Person
from oms.core.transactions import atomic
from orders.events import CustomerExported
from orders.models import (
    Adjustment,
    CreditLine,
    Customer,
    Hold,
    Note,
    Order,
    OrderAddress,
    OrderLine,
    ShippingLine,
    TaxLine,
    TimelineEntry,
)

# Of an address, what tells whose it is. The country stays: taxes and reports need it.
ADDRESS_FIELDS: Final = (
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "city",
    "province",
    "postal_code",
    "phone",
)
_OF_ORDERS: Final[Mapping[str, Any]] = {
    "addresses": OrderAddress,
    "lines": OrderLine,
    "shipping_lines": ShippingLine,
    "tax_lines": TaxLine,
    "adjustments": Adjustment,
    "credit_lines": CreditLine,
    "holds": Hold,
    "notes": Note,
    "timeline": TimelineEntry,
}


def find_by_email(email: str, channel_id: UUID | None = None) -> list[Customer]:
    """The customers with this address; with a channel those it knows, and guests who ordered there."""
    found = Customer.objects.alias(lower=Lower("email")).filter(lower=email.strip().lower()).exclude(email="")
    if channel_id is not None:
        ordered = Order.objects.filter(channel_id=channel_id, customer__in=found).values("customer_id")
        found = found.filter(Q(channel_id=channel_id) | Q(channel=None, pk__in=ordered))
    return list(found.order_by("pk"))


@atomic()
def export_customer(*, customer_id: UUID, actor: Actor) -> dict[str, list[dict[str, Any]]]:
    """Everything kept about a customer: table to rows, as they are. Tells customer.exported each time.

    Raises NotFound.
    """
    customer = get_customer(customer_id)
    person = person_of(customer)
    found: dict[str, list[dict[str, Any]]] = {
        "customer": _rows(Customer.objects.filter(pk=customer.pk)),
        "orders": _rows(Order.objects.filter(customer=customer).order_by("placed_at", "pk")),
        "console_log": _rows(console_log(customer).order_by("pk")),
    }
    for name, table in _OF_ORDERS.items():
        found[name] = _rows(table.objects.filter(order_id__in=person.order_ids).order_by("order_id", "pk"))
    for keeper in personal.keepers():
        found |= {name: [dict(row) for row in rows] for name, rows in keeper.export(person).items()}
    events.record(CustomerExported(customer_id=customer.public_id), actor=actor)
    return found


def _rows(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows.values()]


def get_customer(customer_id: UUID) -> Customer:
    """Raises NotFound."""
    try:
        return Customer.objects.get(pk=customer_id)
    except Customer.DoesNotExist:
        raise NotFound(kind="customer", id=ids.encode(ids.CUSTOMER, customer_id)) from None


def person_of(customer: Customer) -> Person:
    """Whom to look for, from the customer and every order of theirs."""
    orders = list(Order.objects.filter(customer=customer).order_by("pk").values_list("pk", "channel_id", "external_id"))
    known_as = (customer.channel_id, customer.external_id) if customer.channel_id and customer.external_id else None
    return Person(
        customer_id=customer.pk,
        order_ids=[order_id for order_id, _, _ in orders],
        order_names=[(channel_id, name) for _, channel_id, name in orders if name],
        known_as=known_as,
        words=personal.words(_telling(customer)),
    )


def names_of(customer: Customer) -> frozenset[str]:
    """Every single value by which they are called or found, in lower case: names, streets, towns."""
    values = [customer.first_name, customer.last_name, customer.company_name, *_telling(customer)]
    for row in _addresses(customer).values_list(*ADDRESS_FIELDS):
        values += row
    return frozenset(value.strip().lower() for value in values if len(value.strip()) > 1)


def console_log(customer: Customer) -> QuerySet[LogEntry]:
    """What the console noted of changes to the customer; it calls them by name."""
    kind = ContentType.objects.get_for_model(Customer)
    return LogEntry.objects.filter(content_type=kind, object_id=str(customer.pk))


def _telling(customer: Customer) -> Iterable[str]:
    """What alone tells who it is: addresses of any kind, phone, first and last name together."""
    yield from (customer.email, customer.phone, _full(customer.first_name, customer.last_name), customer.company_name)
    for email, phone in Order.objects.filter(customer=customer).values_list("email", "phone").distinct():
        yield from (email, phone)
    columns = ("first_name", "last_name", "company", "address_1", "phone")
    for first, last, *others in _addresses(customer).values_list(*columns).distinct():
        yield from (_full(first, last), *others)


def _full(first: str, last: str) -> str:
    return f"{first} {last}" if first and last else ""


def _addresses(customer: Customer) -> QuerySet[OrderAddress]:
    return OrderAddress.objects.filter(order__customer=customer).order_by()

"""Finding orders by what a person has at hand. Every way is an index; substrings are not looked for."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower

from fulfillment.models import Parcel
from oms.core import ids
from oms.core.errors import NotFound
from orders.models import Customer, Order, OrderLine

MOST_FOUND: Final = 1000
_MOST_CUSTOMERS: Final = 200
_LONGEST_NUMBER: Final = 18


def find_customers(term: str) -> QuerySet[Customer]:
    """Customers by e-mail or phone-book name: the whole address, or how the last name or company begins."""
    term = _clean(term)
    rows = Customer.objects.alias(
        email_lower=Lower("email"), last_name_lower=Lower("last_name"), company_lower=Lower("company_name")
    )
    if "@" in term:
        return rows.filter(email_lower=Lower(Value(term)))
    last = term.lower().split(" ")[-1]
    wanted = Q(external_id=term) | Q(company_lower__startswith=term.lower())
    if last:
        wanted |= Q(last_name_lower__startswith=last)
    return rows.filter(wanted)


def find_orders(term: str) -> list[UUID]:
    """The ids of the orders meant by a term, MOST_FOUND of them.

    Number (#1001), public id, external id or its beginning, e-mail, customer's last name or company (or their
    beginnings), sku, tracking number. One query, in which each way has its own index.
    """
    term = _clean(term)
    if not term:
        return []
    ways: list[QuerySet[Any, Any]] = [
        Order.objects.filter(external_id__startswith=term).values_list("pk"),
        OrderLine.objects.filter(sku__in={term, term.upper()}).values_list("order_id"),
        Parcel.objects.filter(tracking_number__in={term, term.upper()}).values_list("fulfillment__order_id"),
        Order.objects.filter(customer__in=find_customers(term).values("pk")[:_MOST_CUSTOMERS]).values_list("pk"),
    ]
    digits = term.removeprefix("#")
    if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER:
        ways.append(Order.objects.filter(number=int(digits)).values_list("pk"))
    if "@" in term:
        with_email = Order.objects.alias(email_lower=Lower("email")).exclude(email="")
        ways.append(with_email.filter(email_lower=Lower(Value(term))).values_list("pk"))
    if (known := _public_id(term)) is not None:
        ways.append(Order.objects.filter(pk=known).values_list("pk"))
    bounded = [way.order_by()[:MOST_FOUND] for way in ways]
    return [row[0] for row in bounded[0].union(*bounded[1:])[:MOST_FOUND]]


def _clean(term: str) -> str:
    return term.replace("\x00", "").strip()[:200]


def _public_id(term: str) -> UUID | None:
    try:
        return ids.decode(ids.ORDER, term)
    except NotFound:
        return None

"""Finding orders by what a person has at hand. Every way is an index, and all of them are one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, Q, QuerySet, Value
from django.db.models.functions import Lower

from fulfillment.models import Parcel
from oms.core import ids
from oms.core.errors import NotFound
from orders.models import Customer, Note, Order, OrderAddress, OrderLine
from orders.models.lookups import ADDRESS_NAMES, CUSTOMER_NAMES, NOTE_WORDS, WORDS_CONFIG, PhoneBackwards, words_of
from orders.phones import PhoneTerm, phone_term

MOST_FOUND: Final = 1000
_MOST_CUSTOMERS: Final = 200
_MOST_WORDS: Final = 8
_LONGEST_NUMBER: Final = 18

_Rows = QuerySet[Any, Any]


def find_customers(term: str) -> QuerySet[Customer]:
    """Customers by e-mail address, name or company (words of it in any order, or how they begin), telephone number in
    any form or its last digits, or the id that their channel gave them. A query that is not bounded."""
    term = _clean(term)
    rows, wanted = Customer.objects.alias(email_lower=Lower("email")), Q(external_id=term)
    if "@" in term:
        return rows.filter(email_lower=Lower(Value(term)))
    if words := _words(term):
        rows = rows.alias(words=words_of(*CUSTOMER_NAMES))
        wanted |= Q(words=words)
    if phone := phone_term(term):
        rows = rows.alias(phone_backwards=PhoneBackwards("phone"))
        wanted |= _by_phone(phone)
    return rows.filter(wanted)


def find_orders(term: str) -> list[UUID]:
    """The ids of the orders meant by a term, MOST_FOUND of them.

    Number (#1001), public id, external id or its beginning, e-mail address, telephone number in any form or its last
    digits, names and companies of the customer and of the addresses (words in any order, or how they begin), sku,
    tracking number, tag, words of a note. One query, in which each way has its own index and its own bound.
    """
    term = _clean(term)
    if not term:
        return []
    sql, values = _bounded(_ways(term))
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def _bounded(ways: Iterable[_Rows]) -> tuple[str, list[Any]]:
    """One query for the first MOST_FOUND of each way.

    Each is materialized, which is done no further than it is read, so that it is planned without its bound: a planner
    that knows it looks through the table itself, in the hope of what a thousandth of it rarely holds.
    """
    wanted: list[str] = []
    parts: list[str] = []
    values: list[Any] = []
    for index, way in enumerate(ways):
        try:
            part, of_part = way.query.sql_with_params()
        except EmptyResultSet:
            continue
        wanted.append(f"w{index} AS MATERIALIZED ({part})")
        parts.append(f"(SELECT * FROM w{index} LIMIT {MOST_FOUND})")  # noqa: S608  (numbers of our own)
        values += of_part
    return f"WITH {', '.join(wanted)} {' UNION '.join(parts)} LIMIT {MOST_FOUND}", values


def _ways(term: str) -> Iterator[_Rows]:
    """Each a query for ids of orders."""
    yield Order.objects.filter(external_id__startswith=term).order_by().values_list("pk")
    for sku in _spellings(term):
        # By its index from the end, where the newest orders are: a sku may be in a million of them.
        yield OrderLine.objects.filter(sku=sku).order_by("-sku", "-order_id").values_list("order_id")
    tracking = _spellings("".join(term.split()))
    yield Parcel.objects.filter(tracking_number__in=tracking).order_by().values_list("fulfillment__order_id")
    tagged = Order.objects.filter(tags__overlap=[*_spellings(term), term.lower()])
    yield tagged.order_by().values_list("pk")
    customers = find_customers(term).order_by().values("pk")[:_MOST_CUSTOMERS]
    yield Order.objects.filter(customer__in=customers).order_by().values_list("pk")
    yield from _by_number(term)
    if "@" in term:
        with_email = Order.objects.alias(email_lower=Lower("email")).exclude(email="")
        yield with_email.filter(email_lower=Lower(Value(term))).order_by().values_list("pk")
    if words := _words(term):
        yield _of_order(OrderAddress, words_of(*ADDRESS_NAMES), words)
        yield _of_order(Note, words_of(NOTE_WORDS), words)
    if phone := phone_term(term):
        for model, column in ((Order, "pk"), (OrderAddress, "order_id")):
            rows = model._default_manager.alias(phone_backwards=PhoneBackwards("phone")).filter(_by_phone(phone))
            yield rows.order_by().values_list(column)


def _by_number(term: str) -> Iterator[_Rows]:
    digits = term.removeprefix("#")
    if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER:
        yield Order.objects.filter(number=int(digits)).order_by().values_list("pk")
    try:
        yield Order.objects.filter(pk=ids.decode(ids.ORDER, term)).order_by().values_list("pk")
    except NotFound:
        return


def _of_order(model: type[Model], column: Any, words: SearchQuery) -> _Rows:
    return model._default_manager.alias(words=column).filter(words=words).order_by().values_list("order_id")


def _by_phone(phone: PhoneTerm) -> Q:
    return Q(phone_backwards__startswith=phone.beginning) | Q(phone_backwards__in=phone.whole)


def _words(term: str) -> SearchQuery | None:
    """All of these words, each of them or how it begins: of two letters only the last, of one none. None: no words."""
    words = [word for word in term.split() if any(map(str.isalnum, word)) and (len(word) > 1 or not word.isascii())]
    if not any(map(str.isalpha, "".join(words))):
        return None
    *first, last = words[:_MOST_WORDS]
    parts = [_quoted(word) + (":*" if len(word) > 2 else "") for word in first] + [f"{_quoted(last)}:*"]
    return SearchQuery(" & ".join(parts), config=WORDS_CONFIG, search_type="raw")


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _spellings(term: str) -> list[str]:
    return list(dict.fromkeys((term, term.upper())))


def _clean(term: str) -> str:
    return term.replace("\x00", "").strip()[:200]

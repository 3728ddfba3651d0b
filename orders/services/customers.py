"""Who orders: found by the channel's id or by e-mail, made where unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from oms.core import bulk, ids
from orders.requests import OrderRequest

# A customer is known by (channel, external id), else by e-mail as it was written: which ones are the same, the database
# tells. Its lower() and Python's differ for some letters.
Key = tuple[str, str]


def key_of(request: OrderRequest) -> Key | None:
    """What a request's customer is known by; None for an anonymous sale."""
    if request.customer is not None and request.customer.external_id:
        return ("external_id", request.customer.external_id)
    return ("email", request.email) if request.email else None


def resolve(channel_id: UUID, requests: Sequence[OrderRequest]) -> dict[Key, UUID]:
    """The customers of these requests by key: one query, and two more where some are new.

    Names and addresses of a known customer are not overwritten by an order.
    """
    wanted: dict[Key, OrderRequest] = {}
    for request in requests:
        if key := key_of(request):
            wanted.setdefault(key, request)  # the first one introduces a new customer, as if placed one by one
    if not wanted:
        return {}
    found = _find(channel_id, wanted)
    if missing := {key: request for key, request in wanted.items() if key not in found}:
        found |= _insert(channel_id, missing)
        if unsure := missing.keys() - found.keys():
            found |= _find(channel_id, unsure)
    return found


_FIND = """
SELECT 'external_id', external_id, id FROM orders_customer WHERE channel_id = %s AND external_id = ANY(%s::text[])
UNION ALL
SELECT 'email', asked.email, known.id
FROM unnest(%s::text[]) AS asked(email) JOIN orders_customer AS known ON lower(known.email) = lower(asked.email)
WHERE known.external_id IS NULL AND NOT known.has_account AND known.email <> ''
"""

_INSERT = """
INSERT INTO orders_customer
    (id, channel_id, external_id, email, phone, first_name, last_name, company_name, has_account, metadata)
SELECT id, channel_id, external_id, email, phone, first_name, last_name, company_name, false, '{}'
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    WITH ORDINALITY AS new(id, channel_id, external_id, email, phone, first_name, last_name, company_name, place)
ORDER BY external_id NULLS FIRST, lower(email), place
ON CONFLICT DO NOTHING
RETURNING external_id, id
"""


def _find(channel_id: UUID, keys: Iterable[Key]) -> dict[Key, UUID]:
    external = [value for kind, value in keys if kind == "external_id"]
    emails = [value for kind, value in keys if kind == "email"]
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [channel_id, bulk.text_array(external), bulk.text_array(emails)])
        return {(kind, value): customer_id for kind, value, customer_id in cursor.fetchall()}


def _insert(channel_id: UUID, missing: dict[Key, OrderRequest]) -> dict[Key, UUID]:
    """In one order, so that two placements that bring the same new customers do not deadlock.

    Of two that the database takes for the same the first stays; which those are it tells, not we. Returns the new ones
    that are known by a channel's id.
    """
    columns: list[list[Any]] = [[] for _ in range(8)]
    for (kind, value), request in missing.items():
        person, address = request.customer, request.billing_address or request.shipping_address
        known_by_id = kind == "external_id"
        fresh = (
            ids.new_id(),
            channel_id if known_by_id else None,
            value if known_by_id else None,
            request.email,
            request.phone,
            (person.first_name if person else "") or (address.first_name if address else ""),
            (person.last_name if person else "") or (address.last_name if address else ""),
            (person.company_name if person else "") or (address.company if address else ""),
        )
        for column, cell in zip(columns, fresh, strict=True):
            column.append(cell)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, columns)
        return {("external_id", known_as): made for known_as, made in cursor.fetchall() if known_as}

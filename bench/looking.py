"""What people and programs look at: the pages that are timed, each with paths that take turns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final
from urllib.parse import quote, urlencode

import psycopg

from bench import looking_at_money

TURNED: Final = 20  # pages turned before one is deep
_ORDERS: Final = "/console/orders/order/"
_API: Final = "/admin/orders"

# Lists of orders in the console, by the filters that they have.
_FILTERS: Final = {
    "to be fulfilled": {"next": "fulfill"},
    "late": {"next": "late"},
    "backordered": {"next": "backordered"},
    "unpaid": {"next": "unpaid"},
    "today": {"placed": "today"},
    "tag": {"tag": "vip"},
    "with notes": {"notes": "yes"},
    "worth 90 to 95": {"total_from": "90", "total_to": "95"},
    "on hold": {"next": "hold"},
    "requires action": {"next": "action"},
    "status archived": {"status__exact": "archived"},
    "status requires action": {"status__exact": "requires_action"},
    "payment captured": {"payment_status__exact": "captured"},
    "payment requires action (none)": {"payment_status__exact": "requires_action"},
    "goods delivered": {"fulfillment_status__exact": "delivered"},
    "goods partly shipped (none)": {"fulfillment_status__exact": "partially_shipped"},
    "returned (none)": {"return_status__exact": "returned"},
    "samples (none)": {"is_sample__exact": "1"},
    "no samples": {"is_sample__exact": "0"},
    "wholesale, not paid, shipped (none)": {
        "payment_status__exact": "not_paid",
        "fulfillment_status__exact": "shipped",
    },
    "canceled and delivered (none)": {"status__exact": "canceled", "fulfillment_status__exact": "delivered"},
}
_TERMS: Final = {
    "number": "SELECT '#' || number FROM orders_order",
    "e-mail": "SELECT email FROM orders_order WHERE email <> ''",
    "phone": "SELECT phone FROM orders_order WHERE phone <> ''",
    "last name, rare": "SELECT last_name FROM orders_orderaddress WHERE length(last_name) > 8",
    "last name, common": "SELECT unnest(ARRAY['Smith', 'Weber', 'Okafor', 'Garcia', 'Kim', 'Silva', 'Berg', 'Walsh'])",
    "whole name": "SELECT first_name || ' ' || last_name FROM orders_orderaddress",
    "sku": "SELECT sku FROM orders_orderline",
    "tracking number": "SELECT tracking_number FROM fulfillment_parcel",
    "external id": "SELECT external_id FROM orders_order WHERE external_id IS NOT NULL",
    "note": "SELECT substr(body, position('Case ' IN body) + 5) FROM orders_note",
    "word of many notes": "SELECT 'voucher'",
    "tag": "SELECT tags[1] FROM orders_order WHERE tags <> '{}'",
    "nothing": "SELECT 'nosuchthing' || number FROM orders_order",
}
_ORDER_IDS: Final = {
    "delivered": "fulfillment_status = 'delivered'",
    "waiting": "fulfillment_status = 'not_fulfilled' AND status = 'pending' AND open_holds = 0",
    "on hold": "open_holds > 0",
    "canceled": "status = 'canceled'",
}
# Reached by turning pages: from here, TURNED times.
FOLLOWED: Final = {"API: list, by cursor, deep": f"{_API}?limit=200&cursor="} | looking_at_money.FOLLOWED


def pages(url: str) -> dict[str, Sequence[str]]:
    """The pages by name. What they look for is drawn from what the shop has."""
    with closing(psycopg.connect(url)) as connection:

        def some(query: str, many: int = 10) -> list[Any]:
            """Some rows from the newest, some from the oldest part, by the order of the table."""
            sample = f"SELECT found.* FROM ({query} LIMIT 5000) AS found ORDER BY random() LIMIT {many}"  # noqa: S608
            return [row[0] for row in connection.execute(sample.encode())]

        connection.execute("SELECT setseed(0.5)")
        found: dict[str, Sequence[str]] = {"console: dashboard": ["/console/"], "console: list": [_ORDERS]}
        found["console: list, last page"] = [f"{_ORDERS}?p={last}" for last in some(_LAST.format("orders_order"))]
        for name, fields in _FILTERS.items():
            found[f"console: list, {name}"] = [f"{_ORDERS}?{urlencode(fields)}"]
        place = some("SELECT id FROM inventory_stocklocation WHERE code = 'w3'")[0]
        found["console: list, ships from"] = [f"{_ORDERS}?from={place}"]
        for name in ("one location", "a location without orders"):
            found[f"{name}: list"] = [_ORDERS]
            found[f"{name}: dashboard"] = ["/console/"]
        channel = some("SELECT id FROM channels_saleschannel WHERE code = 'till'")[0]
        found["console: list, one channel"] = [f"{_ORDERS}?channel__id__exact={channel}"]
        found["console: list, one day"] = [f"{_ORDERS}?placed_at_from={day}&placed_at_to={day}" for day in some(_DAYS)]
        for name, query in _TERMS.items():
            found[f"console: search, {name}"] = [
                f"{_ORDERS}?q={quote(str(term))}&p=1" for term in some(query)
            ]  # p: listed, though it be one
        for name, condition in _ORDER_IDS.items():
            query = f"SELECT id FROM orders_order WHERE {condition}"  # noqa: S608
            found[f"console: order, {name}"] = [f"{_ORDERS}{order}/change/" for order in some(query)]
        return (
            found
            | _api(some("SELECT email FROM orders_order WHERE email <> ''"), some("SELECT id FROM orders_order"))
            | looking_at_money.pages(some, last=some(_LAST.format("payments_payment"))[0])
        )


_LAST: Final = "SELECT (least(count(*), 10000) + 49) / 50 FROM {}"
_DAYS: Final = (
    "SELECT DISTINCT to_char(placed_at, 'YYYY-MM-DD') FROM (SELECT placed_at FROM orders_order LIMIT 50000) AS few"
)


def _api(emails: Sequence[str], orders: Sequence[Any]) -> dict[str, Sequence[str]]:
    from oms.core import ids

    return {
        "API: list": [_API],
        "API: list, by offset, deep": [f"{_API}?limit=50&offset=9900"],
        "API: list, 200 with lines": [f"{_API}?limit=200"],
        "API: list, status": [f"{_API}?status[]=pending"],
        "API: list, e-mail": [f"{_API}?email={quote(email)}" for email in emails],
        "API: list, q": [f"{_API}?q={quote(email)}" for email in emails],
        "API: order": [f"{_API}/{ids.encode(ids.ORDER, order)}" for order in orders],
    }


def following(path: str, page: dict[str, Any]) -> str:
    """The address of the page after this one."""
    return f"{path.partition('&cursor=')[0]}&cursor={page['next_cursor']}"

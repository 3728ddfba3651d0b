"""What each role may do, route by route. A route that is missing here fails: whoever adds one decides whose it is.

m: merchant, w: warehouse, s: support, a: analyst; empty: superusers and keys with the scope. Which rows somebody sees
is another matter: tests/access/test_limits_everywhere.py.
"""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.access.people import ROLES, api_routes, member, signed_in
from tests.api import Api, key, problem

pytestmark = pytest.mark.django_db

_ORDER = "admin/orders/<str:order_id>"
_PACKED = f"{_ORDER}/fulfillments/<str:fulfillment_id>"
_PAYMENT = "admin/payments/<str:payment_id>"
_COLLECTION = "admin/payment-collections/<str:collection_id>"
_ITEM = "admin/inventory-items/<str:item_id>"
_LEVEL = f"{_ITEM}/location-levels/<str:location_id>"
_ARRIVAL, _TRANSFER, _COUNT = (f"admin/stock-{name}/<str:document_id>" for name in ("arrivals", "transfers", "counts"))
_CREDIT = "admin/store-credit-accounts"

API = {
    "GET admin/orders": "mwsa",
    "POST admin/orders": "m",
    "POST admin/orders/batch": "m",
    f"GET {_ORDER}": "mwsa",
    f"POST {_ORDER}": "ms",
    f"POST {_ORDER}/cancel": "ms",
    f"POST {_ORDER}/keep": "ms",
    f"POST {_ORDER}/complete": "ms",
    f"POST {_ORDER}/archive": "ms",
    f"POST {_ORDER}/fulfillments": "mw",
    f"POST {_PACKED}/cancel": "mw",
    f"POST {_PACKED}/shipments": "mw",
    f"POST {_PACKED}/mark-as-delivered": "mw",
    f"POST {_ORDER}/move-reserved": "mw",
    f"POST {_ORDER}/holds": "ms",
    f"POST {_ORDER}/holds/<str:hold_id>/release": "ms",
    f"POST {_ORDER}/notes": "ms",
    f"GET {_ORDER}/timeline": "mwsa",
    f"GET {_ORDER}/sourcing": "msa",
    "GET admin/customers": "ms",
    "POST admin/customers": "ms",
    "GET admin/customers/<str:customer_id>": "ms",
    "POST admin/customers/<str:customer_id>": "ms",
    "GET admin/customers/<str:customer_id>/personal-data": "m",
    "POST admin/customers/<str:customer_id>/erase": "m",
    "GET admin/payments": "msa",
    "GET admin/payments/payment-providers": "msa",
    **{f"GET {_PAYMENT}{rest}": "msa" for rest in ("", "/attempts", "/events")},
    **{f"POST {_PAYMENT}/{step}": "m" for step in ("capture", "void")},
    **{f"POST {_PAYMENT}/{step}": "ms" for step in ("refund", "refund-preview")},
    **{f"POST admin/orders/<str:order_id>/refunds{rest}": "ms" for rest in ("", "/preview")},
    "POST admin/payment-collections": "m",
    f"GET {_COLLECTION}": "msa",
    f"DELETE {_COLLECTION}": "m",
    **{f"POST {_COLLECTION}/{step}": "m" for step in ("mark-as-paid", "payment-sessions")},
    "POST admin/payment-sessions/<str:session_id>/authorize": "m",
    **{f"GET admin/refund-reasons{rest}": "msa" for rest in ("", "/<str:reason>")},
    **{f"GET admin/gift-cards{rest}": "ms" for rest in ("", "/<str:card_id>", "/<str:card_id>/entries")},
    "POST admin/gift-cards": "m",
    "POST admin/gift-cards/lookup": "ms",
    **{f"POST admin/gift-cards/<str:card_id>{act}": "m" for act in ("", "/adjust", "/disable", "/enable")},
    **{
        f"GET admin/store-credit-accounts{rest}": "ms"
        for rest in ("", "/<str:account_id>", "/<str:account_id>/entries")
    },
    f"POST {_CREDIT}": "m",
    **{f"POST {_CREDIT}/<str:account_id>/{act}": "m" for act in ("credit", "debit")},
    "GET admin/inventory-items": "mwsa",
    "POST admin/inventory-items": "m",
    f"GET {_ITEM}": "mwsa",
    f"POST {_ITEM}": "m",
    f"GET {_ITEM}/location-levels": "mwsa",
    f"POST {_ITEM}/location-levels": "mw",
    f"POST {_ITEM}/location-levels/batch": "mw",
    f"POST {_LEVEL}": "mw",
    f"DELETE {_LEVEL}": "mw",
    f"POST {_LEVEL}/adjust": "mw",
    "GET admin/stock-locations": "mwsa",
    "POST admin/stock-locations": "m",
    "GET admin/stock-locations/<str:location_id>": "mwsa",
    "POST admin/stock-locations/<str:location_id>": "m",
    "POST admin/stock-locations/<str:location_id>/sales-channels": "m",
    "GET admin/reservations": "mwsa",
    "POST admin/reservations": "mw",
    "GET admin/reservations/<str:reservation_id>": "mwsa",
    "POST admin/reservations/<str:reservation_id>": "mw",
    "DELETE admin/reservations/<str:reservation_id>": "mw",
    **{f"GET admin/stock-{name}": "mwsa" for name in ("arrivals", "transfers", "counts", "shortages")},
    **{f"POST admin/stock-{name}": "mw" for name in ("arrivals", "transfers", "counts")},
    **{f"GET {one}": "mwsa" for one in (_ARRIVAL, _TRANSFER, _COUNT)},
    **{f"POST {_ARRIVAL}/{step}": "mw" for step in ("receive", "close")},
    **{f"POST {_TRANSFER}/{step}": "mw" for step in ("send", "receive", "close", "cancel")},
    **{f"POST {_COUNT}/{step}": "mw" for step in ("items", "apply", "cancel")},
    "POST admin/stock-shortages/<str:document_id>/settle": "mw",
    "GET admin/low-stock-alerts": "mwsa",
    "GET admin/sales-channels": "msa",
    "POST admin/sales-channels": "m",
    "GET admin/sales-channels/<str:channel_id>": "msa",
    "POST admin/sales-channels/<str:channel_id>": "m",
    "GET admin/sales-channels/<str:channel_id>/stock": "mwsa",
    "POST admin/orders/bulk": "mwsa",  # and what the single act takes: see there
    "GET admin/orders/export": "mwsa",
    **{f"GET admin/bulk-jobs{rest}": "mwsa" for rest in ("", "/<str:job_id>", "/<str:job_id>/rows")},
    **{f"POST admin/bulk-jobs/<str:job_id>/{step}": "mwsa" for step in ("cancel", "retry")},  # of one's own
    "GET admin/api-keys": "",
    "POST admin/api-keys": "",
    "GET admin/api-keys/<str:key_id>": "",
    "POST admin/api-keys/<str:key_id>": "",
    "DELETE admin/api-keys/<str:key_id>": "",
    "POST admin/api-keys/<str:key_id>/revoke": "",
}
# Open to everybody: where one becomes somebody, or nobody again, and where each message is signed.
OPEN = {
    *("POST auth/user/emailpass", "POST auth/token/refresh", "POST auth/session", "DELETE auth/session"),
    "POST webhooks/payments/<str:provider>",
}

_PREFIXES = {
    "order_id": "order",
    "fulfillment_id": "ful",
    "hold_id": "hold",
    "customer_id": "cus",
    "payment_id": "pay",
    "card_id": "gcard",
    "account_id": "scacc",
    "collection_id": "pay_col",
    "session_id": "payses",
    "reason": "refr",
    "item_id": "iitem",
    "location_id": "sloc",
    "reservation_id": "resitem",
    "channel_id": "sc",
    "key_id": "apk",
    "document_id": "sarr",
    "job_id": "bulk",
}


def _address(path: str) -> str:
    """The path with ids that nothing has: who may is told that there is no such thing, and nothing happens."""
    return "/" + re.sub(r"<str:(\w+)>", lambda name: f"{_PREFIXES[name[1]]}_{'0' * 26}", path)


def _ask(client, route, **headers):
    method, _, path = route.partition(" ")
    return client.generic(method, _address(path), "{}", "application/json", headers=headers)


def test_for_every_route_of_the_api_it_is_decided_who_may():
    assert set(api_routes()) == set(API) | OPEN


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_use_its_routes_and_no_others(role):
    client = signed_in(member(role))

    told = {route: _ask(client, route).status_code for route in API}

    allowed = {route for route, status in told.items() if status != 403}
    assert allowed == {route for route, roles in API.items() if role[0] in roles}
    assert not {route: status for route, status in told.items() if status >= 500 or status == 401}


def test_nobody_may_use_anything_and_a_key_nothing_that_its_scopes_do_not_say():
    without = Api(key("channels:read")).headers

    for route, view in api_routes().items():
        if route in OPEN:
            continue
        assert problem(_ask(Client(), route))[0] == 401, route
        if view.access[route.partition(" ")[0]].scope != "channels:read":
            assert problem(_ask(Client(), route, **without))[0] == 403, route

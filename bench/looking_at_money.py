"""The pages of payments that are timed: lists of the console and the API by their usual filters, one of each, and what
needs a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

_PAYMENTS: Final = "/admin/payments"
_LATELY: Final = datetime.now(UTC) - timedelta(days=30)
_CREDIT: Final = "/admin/store-credit-accounts"
_ROWS: Final = "SELECT {} FROM payments_{} TABLESAMPLE SYSTEM (20)"
_SESSIONS: Final = (
    "SELECT 'fake ' || reference FROM payments_paymentsession TABLESAMPLE SYSTEM (20) WHERE provider = 'fake'"
)
_WEBHOOKS: Final = "SELECT 'fake ' || reference FROM payments_providerevent WHERE webhook_id IS NOT NULL"

# Lists of the console by model, and the filters that each has.
_LISTS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "payment": {
        "": {},
        "of the gateway": {"provider": "fake"},
        "of a rare provider": {"provider": "store_credit"},
        "can be captured": {"waits": "capture"},
        "its provider is asked": {"waits": "open"},
        "a problem": {"waits": "problem"},
    },
    "paymentcollection": {"": {}},
    "paymentsession": {"": {}},
    "paymentattempt": {
        "": {},
        "refunds": {"act__in": "refund"},
        "declined": {"state__in": "declined"},
        "pending": {"state__in": "pending"},
        "unknown": {"state__in": "unknown"},
        "refunds that were declined": {"act__in": "refund", "state__in": "declined"},
        "refunds that are pending (none)": {"act__in": "refund", "state__in": "pending"},
    },
    "providerevent": {"": {}},
    "providerwebhook": {"": {}, "failed": {"problem__in": "failed"}, "unknown": {"problem__in": "unknown_reference"}},
    "giftcard": {
        "": {},
        "active": {"status": "active"},
        "used up": {"status": "used_up"},
        "expired": {"status": "expired"},
        "disabled": {"status": "disabled"},
        "of a day long ago": {"created_at_from": "2020-01-01", "created_at_to": "2020-01-01"},
    },
    "giftcardentry": {"": {}, "adjusted (none)": {"kind__in": "adjusted"}, "paid with": {"kind__in": "redeemed"}},
    "storecreditaccount": {"": {}},
    "storecreditentry": {"": {}},
}
# What is looked for in which list.
_TERMS: Final[Sequence[tuple[str, str, str]]] = (
    ("payment", "reference", _ROWS.format("reference", "payment")),
    ("payment", "order number", "SELECT number FROM orders_order"),
    ("payment", "nothing", "SELECT '9999' || number FROM orders_order"),
    ("paymentcollection", "order number", "SELECT number FROM orders_order"),
    ("paymentsession", "reference", _SESSIONS),
    ("paymentattempt", "reference", _SESSIONS),
    ("providerevent", "reference", _SESSIONS),
    ("providerwebhook", "reference", _WEBHOOKS),
    ("giftcard", "last four", "SELECT last_four FROM payments_giftcard"),
    ("giftcardentry", "card", "SELECT id FROM payments_giftcard"),
    ("giftcardentry", "last four", "SELECT last_four FROM payments_giftcard"),
    ("storecreditaccount", "e-mail", "SELECT email FROM orders_customer"),
    ("storecreditentry", "account", "SELECT id FROM payments_storecreditaccount"),
)
_API: Final[Mapping[str, str]] = {
    "payments": _PAYMENTS,
    "payments, by offset, deep": f"{_PAYMENTS}?limit=50&offset=9900",
    "payments, 200": f"{_PAYMENTS}?limit=200",
    "payments, capturable": f"{_PAYMENTS}?capturable=true",
    "payments, waiting": f"{_PAYMENTS}?waiting=true",
    "payments, not waiting": f"{_PAYMENTS}?waiting=false",
    "payments, of a rare provider": f"{_PAYMENTS}?provider_id=store_credit",
    **{
        f"payments, {status}": f"{_PAYMENTS}?status[]={status}"
        for status in ("authorized", "captured", "partially_captured", "partially_refunded", "refunded", "canceled")
    },
    "payments, before long ago (none)": f"{_PAYMENTS}?created_at[$lt]=2020-01-01",
    "payments, captured long ago (none)": f"{_PAYMENTS}?captured_at[$lt]=2020-01-01",
    "payments, captured lately": f"{_PAYMENTS}?captured_at[$gte]={_LATELY:%Y-%m-%d}",
    "payments, an amount, lately": f"{_PAYMENTS}?amount=40&created_at[$gte]={_LATELY:%Y-%m-%d}",
    "gift cards": "/admin/gift-cards",
    "gift cards, disabled": "/admin/gift-cards?status=disabled",
    "gift cards, before long ago (none)": "/admin/gift-cards?created_at[$lt]=2020-01-01",
    "store credit": _CREDIT,
}
# Reached by turning pages only.
FOLLOWED: Final = {
    "API: payments, by cursor, deep": f"{_PAYMENTS}?limit=200&cursor=",
    "API: gift cards, by cursor, deep": "/admin/gift-cards?limit=200&cursor=",
}
Some = Callable[[str], list[Any]]


def pages(some: Some, last: int) -> dict[str, Sequence[str]]:
    """By name. `some` draws rows of a query; last: the number of the last page of payments."""
    found: dict[str, Sequence[str]] = {"console: payment, last page": [f"{_of('payment')}?p={last}"]}
    for model, filters in _LISTS.items():
        for name, fields in filters.items():
            found[f"console: {model}, {name}" if name else f"console: {model}"] = [f"{_of(model)}?{urlencode(fields)}"]
    for model, name, query in _TERMS:
        found[f"console: {model}, search, {name}"] = [f"{_of(model)}?q={quote(str(term))}&p=1" for term in some(query)]
    for model in ("payment", "giftcard", "storecreditaccount", "paymentattempt"):
        ids = some(f"SELECT id FROM payments_{model}")  # noqa: S608
        found[f"console: one {model}"] = [f"{_of(model)}{each}/change/" for each in ids]
    found["console: what needs somebody"] = ["/console/exceptions/"]
    for who in ("one channel", "a channel without orders"):
        for model in ("payment", "paymentattempt", "providerevent"):
            found[f"{who}: {model}"] = [_of(model)]
        found[f"{who}: what needs somebody"] = ["/console/exceptions/"]
    return found | _api(some)


def _of(model: str) -> str:
    return f"/console/payments/{model}/"


def _api(some: Some) -> dict[str, Sequence[str]]:
    from oms.core import ids

    def of(prefix: str, query: str, path: str) -> list[str]:
        return [path.format(ids.encode(prefix, UUID(str(each)))) for each in some(query)]

    payments, orders = _ROWS.format("id", "payment"), "SELECT id FROM orders_order"
    references = some(_ROWS.format("reference", "payment"))
    cards, accounts = "SELECT id FROM payments_giftcard", "SELECT id FROM payments_storecreditaccount"
    customers = "SELECT customer_id FROM payments_storecreditaccount"
    return {
        **{f"API: {name}": [path] for name, path in _API.items()},
        "API: payments, of an order": of(ids.ORDER, orders, f"{_PAYMENTS}?order_id={{}}"),
        "API: payments, of a collection": of(ids.PAYMENT_COLLECTION, orders, f"{_PAYMENTS}?payment_collection_id={{}}"),
        "API: payments, reference": [f"{_PAYMENTS}?reference={each}" for each in references],
        "API: payment": of(ids.PAYMENT, payments, f"{_PAYMENTS}/{{}}"),
        "API: payment, what was tried": of(ids.PAYMENT, payments, f"{_PAYMENTS}/{{}}/attempts"),
        "API: payment, what was told": of(ids.PAYMENT, payments, f"{_PAYMENTS}/{{}}/events"),
        "API: gift card": of(ids.GIFT_CARD, cards, "/admin/gift-cards/{}"),
        "API: gift card, its entries": of(ids.GIFT_CARD, cards, "/admin/gift-cards/{}/entries"),
        "API: store credit, of a customer": of(ids.CUSTOMER, customers, f"{_CREDIT}?customer_id={{}}"),
        "API: store credit, its entries": of(ids.STORE_CREDIT_ACCOUNT, accounts, f"{_CREDIT}/{{}}/entries"),
    }

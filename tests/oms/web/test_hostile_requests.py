"""Whatever is sent to whichever address of the API, the answer is never that something broke here.

Requests are made up from the API's own description: real ids in the wrong places, values of wrong kinds, odd query
strings, every method. OMS_HOSTILE_REQUESTS says how many, OMS_HOSTILE_SEED which ones.
"""

from __future__ import annotations

import json
import os
import random
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.test import Client

from tests.api import Api, key
from tests.console import a_house, furnish, rich_order

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

REQUESTS = int(os.environ.get("OMS_HOSTILE_REQUESTS", "250"))
SEED = int(os.environ.get("OMS_HOSTILE_SEED", "20"))
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_ID = re.compile(r"([a-z]+)_[0-9a-z]{26}")
_ODD_TEXTS = (
    *("", " ", "null", "-1", "0", "1e400", "NaN", "\u0000", "a\u0000b", "\ud7ff\uffff", "%00", "../../etc/passwd"),
    *("' OR 1=1 --", "<script>", "=1+1", "x" * 300, "9" * 40, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"),
    *("2024-02-30", "2024-01-01T00:00:00Z", "GBP", "JPY", "XXX", "LAMP", "web", "true", "[]", "{}", "ﬀ", "１２"),
)
_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 3, 1.5, -0.0, 1e308, 10**9, 2**31, 2**63, 10**30, 0.000001, 99999999999999.99),
    *([], {}, [None], [[]], {"": ""}, {"a": {"b": [1, {"c": None}]}}, [1] * 50),
)
_ODD_RAW = (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"{}{}", b'{"a": 1e999}', b'{"items": [{}]}', b"[" * 5000)


class _Stranger:
    """Somebody who knows the description and every id, and means no good."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.description = Client().get("/openapi.json").json()
        self.operations = [
            (path, method.upper(), told)
            for path, methods in self.description["paths"].items()
            for method, told in methods.items()
        ]
        self.known: dict[str, list[str]] = {}
        for model in apps.get_models():
            if prefix := getattr(model, "id_prefix", ""):
                rows = model._default_manager.order_by("pk")[:5]
                self.known.setdefault(prefix, []).extend(row.public_id for row in rows)
        self.ids = sorted({each for found in self.known.values() for each in found})

    def request(self) -> tuple[str, str, bytes, dict[str, str]]:
        path, method, told = self.dice.choice(self.operations)
        if self.dice.random() < 0.1:
            method = self.dice.choice(METHODS)
        body = self._body(told) if method in {"POST", "PUT", "PATCH", "DELETE"} else b""
        address = re.sub(r"([\w-]+)/\{\w+\}", lambda part: f"{part[1]}/{quote(self._id_for(part[1]), safe='')}", path)
        return method, address + self._query(told), body, self._headers()

    def _id_for(self, word: str) -> str:
        fitting = self.known.get(_PREFIXES[word])
        luck = self.dice.random()
        if fitting and luck < 0.8:
            return self.dice.choice(fitting)
        return self.dice.choice(self.ids) if luck < 0.9 else (self.dice.choice(_ODD_TEXTS) or "x")

    def _query(self, told: dict[str, Any]) -> str:
        names = [each["name"] for each in told.get("parameters", []) if each["in"] == "query"]
        if self.dice.random() < 0.5 or not (names or self.dice.random() < 0.2):
            return ""
        names += ["limit", "offset", "order", "fields", "q", "id", "created_at[$gte]", "x[0][y]"]
        chosen = [self.dice.choice(names) for _ in range(self.dice.randint(1, 4))]
        return "?" + "&".join(f"{quote(name)}={quote(str(self._text()), safe='')}" for name in chosen)

    def _text(self) -> str:
        return self.dice.choice((*_ODD_TEXTS, *self.ids, "-created_at", "created_at", "20"))

    def _body(self, told: dict[str, Any]) -> bytes:
        if self.dice.random() < 0.05:
            return self.dice.choice(_ODD_RAW)
        content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
        examples = [each["value"] for each in content.get("examples", {}).values()]
        body = self._with_real_ids(self.dice.choice(examples) if examples else {})
        for _ in range(self.dice.choice((0, 1, 1, 2, 4))):
            body = self._spoiled(body)
        return json.dumps(body).encode()

    def _with_real_ids(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._with_real_ids(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._with_real_ids(each) for each in value]
        found = _ID.fullmatch(value) if isinstance(value, str) else None
        return self.dice.choice(self.known[found[1]]) if found and self.known.get(found[1]) else value

    def _spoiled(self, value: Any) -> Any:
        """The same with one thing in it that is something else, gone, or twice."""
        if isinstance(value, dict) and value and self.dice.random() < 0.9:
            name = self.dice.choice(sorted(value))
            luck = self.dice.random()
            if luck < 0.1:
                return {other: each for other, each in value.items() if other != name}
            if luck < 0.15:
                return value | {self.dice.choice(_ODD_TEXTS): value[name]}
            return value | {name: self._spoiled(value[name])}
        if isinstance(value, list) and value and self.dice.random() < 0.9:
            place = self.dice.randrange(len(value))
            if self.dice.random() < 0.2:
                return [*value, value[place]]
            return [*value[:place], self._spoiled(value[place]), *value[place + 1 :]]
        return self.dice.choice((*_ODD_VALUES, *_ODD_TEXTS, *self.ids[:20]))

    def _headers(self) -> dict[str, str]:
        odd = {
            "Idempotency-Key": ("k", "", "é", "x" * 300, "a\tb"),
            "If-Match": ('"1"', "*", "1", '"x"', 'W/"2"', '"' + "9" * 40 + '"'),
            "Accept": ("text/html", "*/*", "x"),
            "Content-Type": (
                "text/plain",
                "application/x+json",
                "application/json; charset=utf-16",
                "multipart/form-data",
            ),
            "X-Request-Id": ("a b", "x" * 200, "\u2028"),
        }
        return {name: self.dice.choice(values) for name, values in odd.items() if self.dice.random() < 0.06}


# Whose ids an address asks for, by the word before them.
_PREFIXES = {
    "api-keys": "apk",
    "bulk-jobs": "bulk",
    "customers": "cus",
    "fulfillments": "ful",
    "gift-cards": "gcard",
    "holds": "hold",
    "inventory-items": "iitem",
    "location-levels": "sloc",
    "orders": "order",
    "payment-collections": "pay_col",
    "payment-sessions": "payses",
    "payments": "pay",
    "refund-reasons": "refr",
    "reservations": "resitem",
    "sales-channels": "sc",
    "stock-arrivals": "sarr",
    "stock-counts": "scnt",
    "stock-locations": "sloc",
    "stock-shortages": "sshort",
    "stock-transfers": "stra",
    "store-credit-accounts": "scacc",
}


def test_no_request_breaks_anything(client):
    house = a_house()
    furnish(house, 1)
    rich_order(house)
    stranger, secret = _Stranger(SEED), key()
    broken, answers = [], dict[int, int]()

    for _ in range(REQUESTS):
        method, address, body, headers = stranger.request()
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"} | headers
        asked = Client(raise_request_exception=False)
        answer = asked.generic(method, address, body, headers["Content-Type"], headers=headers)
        answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
        if answer.status_code >= 500:
            broken.append((method, address, body[:600], headers, answer.content[:300]))
            break

    assert broken == []
    assert answers.get(200, 0) > REQUESTS // 20
    assert {400, 404} <= answers.keys()
    assert Api(secret).get("/admin/orders").status_code == 200

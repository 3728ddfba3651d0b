"""What may be an order is told at the door, before anything is looked up."""

from __future__ import annotations

import json

import pytest

from oms.core.errors import InvalidInput
from orders.requests import parse

ORDER = {"currency_code": "USD", "items": [{"quantity": 1, "unit_price": 1}]}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"", [""]),
        (b"[]", [""]),
        (b"{", [""]),
        (b"\xff", [""]),
        (b'{"currency_code": "USD", "metadata": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", [""]),
        ({"items": [{"quantity": 1, "unit_price": 1}], "currency_code": "XQQ"}, ["/currency_code"]),
        ({"items": [], "currency_code": "USD"}, ["/items"]),
        ({"currency_code": "USD\n"}, ["/currency_code"]),
        ({"email": "ann@example.com\n"}, ["/email"]),
        ({"email": "ann"}, ["/email"]),
        ({"shipping_address": {"country_code": "GB\n"}}, ["/shipping_address/country_code"]),
        ({"unknown": 1}, ["/unknown"]),
        ({"placed_at": "2026-01-01T00:00:00"}, ["/placed_at"]),
        ({"placed_at": "0001-01-01T00:00:00+14:00"}, ["/placed_at"]),
        ({"cancel_reason": "fraud"}, ["/canceled_at"]),
        (
            {"tags": ["a\0b"], "metadata": {"x": {"y/z": ["\0"]}, "\0": 1}},
            ["/tags/0", "/metadata/x/y~1z/0", "/metadata"],
        ),
        ({"notes": ["\0"]}, ["/notes/0"]),
        ({"items": [{"quantity": 1, "unit_price": 1, "title": "nul\0"}]}, ["/items/0/title"]),
        ({"items": [{"quantity": 0, "unit_price": 1}]}, ["/items/0/quantity"]),
        ({"items": [{"quantity": 2, "unit_price": 1, "quantity_fulfilled": 3}]}, ["/items/0/quantity_fulfilled"]),
        (
            {"items": [{"quantity": 1, "unit_price": price} for price in ("NaN", "Infinity", -1, 1e13)]},
            [f"/items/{n}/unit_price" for n in range(4)],
        ),
        (
            {"items": [{"quantity": 1, "unit_price": 1, "tax_lines": [{"name": "x", "rate": 1000}]}]},
            ["/items/0/tax_lines/0/rate"],
        ),
        (
            {"discounts": [{"percent": "NaN"}, {"percent": 101}, {}]},
            ["/discounts/0/percent", "/discounts/1/percent", "/discounts/2"],
        ),
        (
            {"payments": [{"amount": "sNaN"}, {"amount": 1, "captured": 2}, {"amount": 1, "refunded": 2}]},
            ["/payments/0/amount", "/payments/1/captured", "/payments/2/refunded"],
        ),
        ({"payments": [{"amount": 9e14}, {"amount": 9e14}]}, ["/payments"]),
        ({"total": "Infinity"}, ["/total"]),
    ],
)
def test_what_cannot_be_an_order_is_refused_at_the_door_naming_each_field(body, pointers):
    text = body if isinstance(body, bytes) else json.dumps(ORDER | body)

    with pytest.raises(InvalidInput) as refusal:
        parse(text)

    assert [error.pointer for error in refusal.value.errors] == pointers


def test_text_that_only_looks_like_nul_is_text():
    assert parse(json.dumps(ORDER | {"notes": ["\\u0000"]})).notes == ["\\u0000"]

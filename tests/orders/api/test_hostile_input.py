"""Whatever is sent, the answer is one clear refusal, and nothing is written."""

from __future__ import annotations

import json

import pytest

from inventory.models import InventoryItem
from orders.models import Order
from tests.api import Api, order_body, pointers, problem
from tests.scenarios import placed_order, shop

DEEP = b"[" * 100_000 + b"]" * 100_000
RAW = {
    "nothing at all": (b"", "/items"),
    "no JSON": (b"{", ""),
    "a list": (b"[]", ""),
    "a text": (b'"order"', ""),
    "null": (b"null", ""),
    "two values": (b"{} {}", "/currency_code"),
    "not UTF-8": (b'{"email": "\xff"}', ""),
    "half a character": (b'{"email": "\\ud800"}', ""),
    "nested deep": (b'{"metadata": {"a": ' + DEEP + b"}}", ""),
    "nested deep where nothing is": (b'{"zzz": ' + DEEP + b"}", "/zzz"),
}


@pytest.mark.parametrize("name", RAW)
def test_a_body_that_is_no_order_is_refused(db, name):
    body, pointer = RAW[name]

    refused = Api().post("/admin/orders", body or b"{}")

    assert problem(refused) == (400, "invalid_data", "invalid_input")
    if name != "nothing at all":
        assert pointers(refused) == [pointer]
    assert len(refused.content) < 2000
    assert Order.objects.count() == 0


# What stands in the place of VALUE is not JSON that Python would write.
VALUES = {
    "NaN": ("unit_price", "NaN"),
    "Infinity": ("unit_price", "Infinity"),
    "minus Infinity": ("unit_price", "-Infinity"),
    "NaN in quotes": ("unit_price", '"NaN"'),
    "Infinity in quotes": ("unit_price", '"-Infinity"'),
    "1e400": ("unit_price", "1e400"),
    "1e999999999": ("unit_price", "1e999999999"),
    "an endless number": ("unit_price", "9" * 5000),
    "below zero": ("unit_price", "-0.01"),
    "a list for a price": ("unit_price", "[]"),
    "a text for a count": ("quantity", '"2"'),
    "a fraction for a count": ("quantity", "1.5"),
    "true for a count": ("quantity", "true"),
    "none": ("quantity", "0"),
    "a huge count": ("quantity", "9" * 400),
    "a number for a text": ("sku", "17"),
    "a NUL in a text": ("sku", '"LA\\u0000MP"'),
    "a text that is too long": ("sku", '"' + "x" * 101 + '"'),
    "1e400 in metadata": ("metadata", '{"a": 1e400}'),
    "a NUL in metadata": ("metadata", '{"a": "\\u0000"}'),
    "a list for metadata": ("metadata", "[]"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_cannot_be_kept_is_refused_with_its_place(db, name):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    field, value = VALUES[name]
    line = {"sku": "LAMP", "quantity": 1, "unit_price": 10, "metadata": {}} | {field: "VALUE"}
    body = json.dumps(order_body({}, sales_channel=where.channel.code, items=[line])).replace('"VALUE"', value)

    refused = api.post("/admin/orders", body.encode())

    assert problem(refused) == (400, "invalid_data", "invalid_input")
    malformed_json = name in {"NaN", "Infinity", "minus Infinity"}
    assert pointers(refused)[0].startswith("" if malformed_json else f"/items/0/{field}")
    assert len(refused.content) < 2000
    assert (Order.objects.count(), where.sra("LAMP")) == (0, (5, 0, 5))


@pytest.mark.parametrize("name", [name for name, (field, _) in VALUES.items() if field != "metadata"])
def test_the_same_in_a_batch_refuses_its_row_alone(db, name):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    field, value = VALUES[name]
    good = order_body({"LAMP": 1}, sales_channel=where.channel.code)
    bad = json.dumps(order_body({}, items=[{"sku": "LAMP", "quantity": 1, "unit_price": 10} | {field: "VALUE"}]))
    body = f'{{"orders": [{json.dumps(good)}, {bad.replace(chr(34) + "VALUE" + chr(34), value)}]}}'

    answer = api.post("/admin/orders/batch", body.encode())

    if name in {"NaN", "Infinity", "minus Infinity"}:  # that is no JSON, so there are no rows
        assert problem(answer) == (400, "invalid_data", "invalid_input")
        return
    assert [each["status"] for each in answer.json()["results"]] == ["created", "refused"]
    assert answer.json()["results"][1]["error"]["errors"][0]["pointer"].startswith(f"/orders/1/items/0/{field}")


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("cancel", {"reason": "boredom"}, "/reason"),
        ("cancel", {"raeson": "customer"}, "/raeson"),
        ("notes", {"body": ""}, "/body"),
        ("notes", {"body": "a\u0000b"}, ""),
        ("notes", {"body": "   "}, "/body"),
        ("holds", {"reason": "fraud", "release_at": "2026-01-01"}, "/release_at"),
        ("holds", {"reason": "fraud", "release_at": "0001-01-01T00:00:00+14:00"}, "/release_at"),
        ("holds", {"reason": "fraud", "note": "x" * 256}, "/note"),
        ("fulfillments", {"items": []}, "/items"),
        ("fulfillments", {"items": [{"id": "ordli_x", "quantity": 1}]}, "/items/0/id"),
        ("fulfillments", {"items": [{"id": "iitem_01arz3ndektsv4rrffq69g5fav", "quantity": 1}]}, "/items/0/id"),
        ("fulfillments", {"items": [{"id": "ordli_01arz3ndektsv4rrffq69g5fav", "quantity": 0}]}, "/items/0/quantity"),
        ("", {"email": "nobody"}, "/email"),
        ("", {"metadata": []}, "/metadata"),
        ("", {"tags": [1]}, "/tags/0"),
        ("", {"tags": ["x" * 61]}, "/tags"),
        ("", {"total": 0}, "/total"),
    ],
)
def test_an_act_with_a_wrong_body_changes_nothing(db, path, body, pointer):
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})

    refused = Api().post(f"/admin/orders/{order.public_id}/{path}".rstrip("/"), body)

    assert problem(refused) == (400, "invalid_data", "invalid_input")
    assert pointers(refused) == [pointer]
    order.refresh_from_db()
    assert order.revision == 1


def test_metadata_nested_as_deep_as_it_can_be_read_is_kept_or_refused(db):
    """Between what can be read and what can be written again lies nothing that fails."""
    where, api = shop({"W1": {"LAMP": 500}}), Api()

    for depth in range(100, 1100, 100):
        nested = json.loads("[" * depth + "]" * depth) if depth < 900 else None
        raw = "[" * depth + "]" * depth if nested is None else json.dumps(nested)
        body = json.dumps(order_body({"LAMP": 1}, sales_channel=where.channel.code, metadata={"a": "VALUE"}))
        answer = api.post("/admin/orders", body.replace('"VALUE"', raw).encode())
        assert answer.status_code in {200, 400}
        if answer.status_code == 400:
            assert problem(answer) == (400, "invalid_data", "invalid_input")
    assert InventoryItem.objects.count() == 1

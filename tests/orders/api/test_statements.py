"""How many statements the placing of an order takes, and which come last."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api import Api, order_body
from tests.scenarios import shop

MOST = 20


def _statements(api, where, lines):
    """What one placement says to the database between BEGIN and COMMIT, with everything that belongs to it."""
    body = order_body(
        lines,
        sales_channel=where.channel.code,
        external_id=uuid.uuid4().hex,
        email=f"{uuid.uuid4().hex}@example.com",
        shipping_address={"first_name": "Ada", "country_code": "gb"},
        shipping_methods=[{"name": "Standard", "amount": 5}],
        payments=[{"amount": 5, "reference": "p"}],
        notes=["note"],
    )
    with CaptureQueriesContext(connection) as captured:
        answer = api.post("/admin/orders", body, Idempotency_Key=uuid.uuid4().hex)
    assert answer.status_code == 200, answer.content
    said = [query["sql"] for query in captured.captured_queries]
    begin, commit = said.index("BEGIN"), said.index("COMMIT")
    assert said.count("BEGIN") == 1
    return said[begin + 1 : commit], said[:begin], said[commit + 1 :]


@pytest.mark.django_db(transaction=True)
def test_placing_takes_the_same_few_statements_whatever_the_number_of_lines():
    where = shop({"W1": {f"SKU-{number:03}": 100 for number in range(200)}})
    api = Api()
    skus = sorted(where.items)

    counts = []
    for lines in (1, 10, 200):
        inside, before, after = _statements(api, where, dict.fromkeys(skus[:lines], 1))
        counts.append(len(inside))
        assert (len(before), len(after)) == (1, 0), "one query finds out who asks; the answer needs none"

    assert counts == [counts[0]] * 3
    assert counts[0] <= MOST


@pytest.mark.django_db(transaction=True)
def test_stock_is_touched_by_the_last_statements_alone():
    where = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 5}})
    api = Api()

    said, _, _ = _statements(api, where, {"LAMP": 7})

    touching = [index for index, sql in enumerate(said) if "inventory_inventorylevel" in sql]
    assert touching[0] >= len(said) - 4
    assert "FOR UPDATE" in said[touching[0]]
    assert "core_idempotencykey" in said[-1]

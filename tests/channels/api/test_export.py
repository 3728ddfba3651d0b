"""Orders as one file by the API: what the filters of the list find, to look at or to bring in again."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oms.core import streaming
from orders.models import Order
from tests.api import Api, key, problem
from tests.channels.importing import bring_in
from tests.console import a_house, rich_order
from tests.factories import SalesChannelFactory
from tests.scenarios import placed_order, shop

pytestmark = pytest.mark.django_db


def _get(query="", api=None):
    answer = (api or Api()).get(f"/admin/orders/export{query}")
    assert answer.status_code == 200, answer.content
    return answer, b"".join(answer.streaming_content).decode()


def _rows(query=""):
    return list(csv.DictReader(io.StringIO(_get(query)[1])))


def test_a_table_has_what_the_list_finds_in_its_order():
    house = shop({"W1": {"LAMP": 10}})
    first, second = (placed_order(house, {"LAMP": 2}, external_id=name, tags=["vip"]) for name in ("A-1", "A-2"))

    answer, _ = _get("?format=csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert [row["external_id"] for row in _rows()] == ["A-2", "A-1"]
    assert [row["external_id"] for row in _rows("?order=created_at&status[]=pending&tags=vip")] == ["A-1", "A-2"]
    assert [row["id"] for row in _rows("?q=A-1")] == [first.public_id]
    assert [(row["number"], row["sku"], row["quantity"]) for row in _rows("?rows=lines&external_id=A-2")] == [
        (str(second.number), "LAMP", "2")
    ]
    assert _get("?bom=true")[1].startswith("\ufeffnumber,")


def test_ndjson_is_what_an_import_reads_back_to_the_same_orders(tmp_path):
    house = a_house()
    rich_order(house, external_id="W-1")
    placed_order(house, {"LAMP": 2}, external_id="W-2", currency_code="GBP")

    answer, text = _get("?format=ndjson")
    path = tmp_path / "orders.ndjson"
    path.write_text(text)
    copy = SalesChannelFactory(code="copy")
    code, _ = bring_in(path, channel="copy")
    _, again = _get(f"?format=ndjson&sales_channel_id={copy.public_id}")
    _, second = _get(f"?format=ndjson&sales_channel_id={house.channel.public_id}&external_id=W-2")

    assert (code, again) == (0, text)
    assert answer["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line)["external_id"] for line in text.splitlines()] == ["W-1", "W-2"]
    assert second == text.splitlines(keepends=True)[1]


@pytest.mark.parametrize("query", ["?format=xlsx", "?limit=5", "?rows=cells", "?stauts=pending", "?order=name"])
def test_what_is_not_understood_is_refused_before_the_first_byte(query):
    assert problem(Api().get(f"/admin/orders/export{query}"))[0] == 400


def test_it_takes_the_scope_of_reading_orders():
    assert problem(Api(key("orders:write")).get("/admin/orders/export"))[0] == 403
    assert _get(api=Api(key("orders:read")))[1].startswith("number,")


@pytest.mark.parametrize("query", ["?format=ndjson", "?format=csv", "?format=csv&rows=lines"])
def test_each_chunk_costs_the_same_number_of_queries(monkeypatch, query):
    house = shop({"W1": {"LAMP": 100}})
    for _ in range(9):
        placed_order(house, {"LAMP": 1}, email="ada@example.com")
    api, costs = Api(), []

    for size in (9, 3):
        monkeypatch.setattr(streaming, "CHUNK", size)
        with CaptureQueriesContext(connection) as queries:
            _get(query, api)
        costs.append(len(queries))

    per_chunk, rest = divmod(costs[1] - costs[0], 2)
    assert rest == 0
    assert per_chunk <= 9
    assert Order.objects.count() == 9

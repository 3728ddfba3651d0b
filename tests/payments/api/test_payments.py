from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.models import Payment
from tests.api import Api, key, order_body, problem
from tests.scenarios import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return shop({"W1": {"LAMP": 9}})


def _placed(here, **payment):
    body = order_body({"LAMP": 1}, sales_channel=here.channel.code, payments=[{"amount": 10} | payment])
    return Api().post("/admin/orders", body).json()["order"]


def test_payments_are_listed_newest_first_and_read(here):
    first, second = _placed(here, captured=0), _placed(here, reference="ch_1", method="card", refunded=4)
    api = Api()

    listed = api.get("/admin/payments").json()
    newest = listed["payments"][0]

    assert (listed["count"], [each["amount"] for each in listed["payments"]]) == (2, [10, 10])
    assert [each["payment_collection_id"] for each in listed["payments"]] == [
        order["id"].replace("order_", "pay_col_") for order in (second, first)
    ]
    assert (newest["reference"], newest["method"], newest["currency_code"]) == ("ch_1", "card", "usd")
    assert ([each["amount"] for each in newest["captures"]], [each["amount"] for each in newest["refunds"]]) == (
        [10],
        [4],
    )
    assert listed["payments"][1]["captures"] == []
    assert api.get(f"/admin/payments/{newest['id']}").json() == {"payment": newest}
    wanted = f"/admin/payments?payment_collection_id={newest['payment_collection_id']}"
    assert api.get(wanted).json()["payments"] == [newest]


def test_a_payment_that_cannot_exist_is_not_found(here):
    for name in ("pay_01arz3ndektsv4rrffq69g5fav", "order_01arz3ndektsv4rrffq69g5fav", "x"):
        assert problem(Api().get(f"/admin/payments/{name}")) == (404, "not_found", "not_found")


def test_payments_are_for_those_who_may_read_orders(here):
    assert problem(Api(key("inventory:read")).get("/admin/payments")) == (403, "forbidden", "forbidden")


def test_a_page_of_payments_takes_as_many_statements_for_one_as_for_three(here):
    api, counts = Api(), []
    for _ in range(3):
        _placed(here)
        with CaptureQueriesContext(connection) as captured:
            assert api.get("/admin/payments").status_code == 200
        counts.append(len(captured))

    assert Payment.objects.count() == 3
    assert len(set(counts)) == 1

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oms.core import ids
from oms.web.api_keys import create_api_key
from oms.web.scopes import Scope
from payments.models import Payment, PaymentAttempt
from tests.api import Api, key, order_body, problem
from tests.factories import SalesChannelFactory
from tests.paying import promised
from tests.scenarios import nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)


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


def _found(api, query):
    answer = api.get(f"/admin/payments?{query}")
    assert answer.status_code == 200, answer.content
    return [each["amount"] for each in answer.json()["payments"]]


def test_payments_are_found_by_what_they_are_and_where_they_stand(here):
    orders = [placed_order(here, {"LAMP": 1}) for _ in range(3)]
    held, taken = promised(orders[0], 10), promised(orders[1], 20, captured=[20])
    in_january = {"id": ids.first_id(JANUARY), "created_at": JANUARY}
    elsewhere = Payment.objects.create(
        **in_january, order=orders[2], currency="USD", amount=30, captured=30, refunded=30
    )
    waits = PaymentAttempt.objects.create(payment=taken, act="refund", state="unknown", currency="USD", amount=5)
    api = Api()

    asked = {
        "order_id=" + orders[0].public_id: [10],
        "provider_id=manual": [20, 10],
        "provider_id[]=external&provider_id[]=manual": [20, 10, 30],
        "status=captured": [20],
        "status[]=authorized&status[]=refunded": [10, 30],
        "capturable=true": [10],
        "capturable=false": [20, 30],
        "waiting=true": [20],
        "waiting=false": [10, 30],
        "amount=20": [20],
        "amount[$gt]=10&amount[$lt]=30": [20],
        "created_at[$lt]=2026-02-01": [30],
        "created_at[$gte]=2026-01-01": [20, 10, 30],
        "created_at[$gt]=2026-01-01": [20, 10],
        "payment_session_id=" + held.session.public_id: [10],
        "payment_collection_id=" + orders[2].public_id.replace("order_", "pay_col_"): [30],
        "payment_collection_id=" + taken.collection.public_id: [20],
        "reference=" + held.reference: [10],
        "order=created_at": [30, 10, 20],
    }
    shown = api.get(f"/admin/payments/{taken.public_id}").json()["payment"]

    assert {query: _found(api, query) for query in asked} == asked
    assert (shown["pending_amount"], shown["refundable_amount"]) == (5, 15)
    assert [(each["id"], each["state"]) for each in shown["attempts"]] == [(waits.public_id, "unknown")]
    assert (elsewhere.is_recorded, api.get(f"/admin/payments/{elsewhere.public_id}/events").json()["events"]) == (
        True,
        [],
    )


@pytest.mark.parametrize(
    "query", ["status=lost", "amount=1e400", "amount=NaN", "created_at[$gte]=soon", "waiting=perhaps"]
)
def test_a_filter_that_means_nothing_is_refused(here, query):
    assert problem(Api().get(f"/admin/payments?{query}"))[:2] == (400, "invalid_data")


def test_an_order_shows_its_collections_in_as_many_statements_whatever_was_paid(here):
    api, counts = Api(), []
    for payments in (1, 3):
        order = placed_order(here, {"LAMP": 3})
        for _ in range(payments):
            promised(order, 10, captured=[2, 3])
        with CaptureQueriesContext(connection) as captured:
            shown = api.get(f"/admin/orders/{order.public_id}").json()["order"]["payment_collections"]
        counts.append((len(captured), [len(each["payments"][0]["captures"]) for each in shown]))

    assert [each for _count, each in counts] == [[2], [2, 2, 2]]
    assert counts[0][0] == counts[1][0]


def test_who_may_see_one_channel_finds_and_moves_nothing_of_another(here):
    order = placed_order(here, {"LAMP": 1})
    payment = promised(order, 10, captured=[5])
    other = SalesChannelFactory()
    api = Api(create_api_key(title="Other", scopes=list(Scope), channel_ids=[other.pk]).secret)
    collection, session = payment.collection.public_id, payment.session.public_id
    one = f"/admin/payments/{payment.public_id}"

    with nothing_moves():
        told = [
            *(api.get(f"{one}{rest}") for rest in ("", "/attempts", "/events")),
            *(api.post(f"{one}/{step}", {"amount": 1}) for step in ("capture", "refund", "refund-preview")),
            api.post(f"{one}/void"),
            api.get(f"/admin/payment-collections/{collection}"),
            api.delete(f"/admin/payment-collections/{collection}"),
            api.post(f"/admin/payment-collections/{collection}/payment-sessions", {"provider_id": "manual"}),
            api.post(f"/admin/payment-sessions/{session}/authorize"),
        ]
        in_body = [
            api.post("/admin/payment-collections", {"order_id": order.public_id}),
            api.post(f"/admin/payment-collections/pay_col_{'0' * 26}/mark-as-paid", {"order_id": order.public_id}),
        ]
    assert {each.status_code for each in told} == {404}
    assert {problem(each) for each in in_body} == {(403, "forbidden", "outside_limits")}
    assert api.get("/admin/payments").json()["payments"] == []

"""One act on many orders by the API: started, watched, its results read, canceled, tried again."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders import tasks
from orders.enums import HoldReason
from orders.models import BulkJob, Hold, Order
from orders.services import holds
from tests.api import Api, key, pointers, problem
from tests.factories import StaffFactory
from tests.scenarios import STAFF, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The ids of the jobs that workers were asked to run."""
    asked: list[str] = []
    monkeypatch.setattr(tasks, "send", lambda task, *arguments: asked.append(*arguments))
    return asked


def _orders(count):
    house = shop({"W1": {"LAMP": 100}})
    return [placed_order(house, {"LAMP": 1}) for _ in range(count)]


def _run(sent):
    while sent:
        tasks.run_bulk_job(sent.pop())


def test_a_job_is_answered_at_once_and_read_until_it_is_done(sent, django_capture_on_commit_callbacks):
    api, (ready, held) = Api(), _orders(2)
    holds.place_hold(order_id=held.pk, reason=HoldReason.FRAUD, actor=STAFF)

    with django_capture_on_commit_callbacks(execute=True):
        started = api.post("/admin/orders/bulk", {"act": "fulfill", "ids": [ready.public_id, held.public_id]})
    told = started.json()["bulk_job"]
    _run(sent)
    ended = api.get(f"/admin/bulk-jobs/{told['id']}").json()["bulk_job"]
    rows = api.get(f"/admin/bulk-jobs/{told['id']}/rows").json()

    assert (started.status_code, told["status"], told["total"], told["left"]) == (202, "waiting", 2, 2)
    assert (ended["status"], ended["done"], ended["refused"], ended["left"]) == ("completed", 1, 1, 0)
    assert ended["started_by"]["type"] == "api_key"
    assert (rows["count"], rows["limit"], rows["offset"]) == (2, 20, 0)
    assert [(row["order_id"], row["display_id"], row["result"], row["code"]) for row in rows["rows"]] == [
        (ready.public_id, ready.number, "done", None),
        (held.public_id, held.number, "refused", "order_on_hold"),
    ]
    refused = api.get(f"/admin/bulk-jobs/{told['id']}/rows?result=refused").json()["rows"]
    assert [row["order_id"] for row in refused] == [held.public_id]


def test_a_filter_chooses_what_the_list_would_show(sent, django_capture_on_commit_callbacks):
    api, (first, *_) = Api(), _orders(3)
    filters = {"display_id": [str(first.number)], "status": ["pending"], "created_at": {"$gte": "2000-01-01"}}
    body = {"act": "hold", "filter": filters, "input": {"reason": "address", "note": "Which house?"}}

    with django_capture_on_commit_callbacks(execute=True):
        api.post("/admin/orders/bulk", body)
    _run(sent)

    assert list(Hold.objects.values_list("order_id", "reason", "note")) == [(first.pk, "address", "Which house?")]


def test_the_same_key_starts_one_job(sent, django_capture_on_commit_callbacks):
    api, (order, _) = Api(), _orders(2)
    body = {"act": "note", "ids": [order.public_id], "input": {"body": "once"}}

    with django_capture_on_commit_callbacks(execute=True):
        answers = [api.post("/admin/orders/bulk", body, idempotency_key="k1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    assert (BulkJob.objects.count(), len(sent)) == (1, 1)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"act": "fly", "filter": {"status": "pending"}}, ["/act"]),
        ({"act": "fulfill"}, [""]),
        ({"act": "fulfill", "ids": ["order_x"], "filter": {"status": "pending"}}, [""]),
        ({"act": "fulfill", "filter": {}}, ["/filter"]),
        ({"act": "fulfill", "filter": {"limit": 5}}, ["/filter"]),
        ({"act": "fulfill", "filter": {"status": None}}, ["/filter"]),
        ({"act": "fulfill", "filter": {"stauts": "pending"}}, [""]),
        ({"act": "fulfill", "ids": ["order_01m82tqn5hhtjdz5ewkpj1x380"]}, ["/ids/0"]),
        ({"act": "fulfill", "ids": []}, ["/ids"]),
        ({"act": "hold", "filter": {"status": "pending"}, "input": {"reason": "whim"}}, ["/input/reason"]),
    ],
)
def test_what_is_not_clear_starts_nothing(body, where):
    api, _ = Api(), _orders(1)

    with nothing_moves():
        refused = api.post("/admin/orders/bulk", body)

    assert (refused.status_code, pointers(refused)) == (400, where)


def test_a_filter_that_finds_nothing_is_told():
    refused = Api().post("/admin/orders/bulk", {"act": "archive", "filter": {"display_id": "1"}})

    assert problem(refused) == (400, "invalid_data", "no_orders_chosen")


def test_an_act_takes_the_scope_of_the_single_act_and_reading_orders():
    (order, _) = _orders(2)

    def status(act, *scopes, **given):
        body = {"act": act, "ids": [order.public_id], "input": given}
        return Api(key(*scopes)).post("/admin/orders/bulk", body).status_code

    assert status("fulfill", "orders:read", "fulfillments:write") == 202
    assert status("fulfill", "orders:read", "orders:write") == 403
    assert status("fulfill", "fulfillments:write") == 403
    assert status("cancel", "orders:read", "fulfillments:write", reason="other") == 403
    assert status("cancel", "orders:read", "orders:write", reason="other") == 202
    assert BulkJob.objects.count() == 2


def test_a_job_is_its_starters_alone_unless_staff_may_see_all():
    (order, _) = _orders(2)
    mine, other = Api(), Api()
    started = mine.post("/admin/orders/bulk", {"act": "archive", "ids": [order.public_id]}).json()["bulk_job"]
    clerk, browser = StaffFactory(is_superuser=False), Client()
    clerk.user_permissions.add(Permission.objects.get(codename="view_order"))
    browser.force_login(clerk)
    path = f"/admin/bulk-jobs/{started['id']}"

    assert [api.get("/admin/bulk-jobs").json()["count"] for api in (mine, other)] == [1, 0]
    for place in ("", "/rows"):
        assert problem(other.get(path + place)) == (404, "not_found", "not_found")
    for place in ("/cancel", "/retry"):
        assert problem(other.post(path + place)) == (404, "not_found", "not_found")
    assert browser.get(path).status_code == 404
    clerk.user_permissions.add(Permission.objects.get(codename="view_bulkjob"))
    browser.force_login(type(clerk).objects.get(pk=clerk.pk))
    assert browser.get(path).status_code == 200


def test_a_job_is_canceled_and_tried_again(sent, django_capture_on_commit_callbacks):
    api, _ = Api(), _orders(2)
    body = {"act": "note", "filter": {"status": "pending"}, "input": {"body": "once"}}
    path = f"/admin/bulk-jobs/{api.post('/admin/orders/bulk', body).json()['bulk_job']['id']}"

    canceled = api.post(f"{path}/cancel").json()["bulk_job"]
    again = api.post(f"{path}/cancel")
    with django_capture_on_commit_callbacks(execute=True):
        retried = api.post(f"{path}/retry").json()["bulk_job"]
    running = api.post(f"{path}/retry")
    _run(sent)

    assert (canceled["status"], canceled["left"], retried["status"]) == ("canceled", 2, "waiting")
    assert problem(again) == (400, "not_allowed", "bulk_job_ended")
    assert problem(running) == (400, "not_allowed", "bulk_job_not_retryable")
    assert api.get(path).json()["bulk_job"]["done"] == 2
    assert Order.objects.filter(notes__body="once").count() == 2


def test_lists_of_jobs_and_results_cost_the_same_for_many_as_for_one():
    api, orders = Api(), _orders(6)
    ids = [order.public_id for order in orders]
    counts = []
    for chosen in (ids[:1], ids):
        started = api.post("/admin/orders/bulk", {"act": "archive", "ids": chosen}).json()["bulk_job"]
        with CaptureQueriesContext(connection) as queries:
            api.get("/admin/bulk-jobs")
            api.get(f"/admin/bulk-jobs/{started['id']}/rows")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 9

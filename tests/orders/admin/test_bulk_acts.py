"""Doing one thing to many orders from their list: ticked, or all that the list finds; looked at first, then done."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fulfillment.models import Fulfillment
from oms.core.models import Delivery
from oms.web.models import StaffLimits
from orders import tasks
from orders.enums import HoldReason
from orders.models import BulkJob, BulkJobRow, Hold, Order
from orders.services import bulk_jobs, bulk_running, holds
from tests.console import a_house, changelist, furnish, messages_of, page
from tests.factories import StaffFactory
from tests.scenarios import STAFF, Shop, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clerk(client):
    user = StaffFactory()
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The ids of the jobs that workers were asked to run."""
    asked: list[str] = []
    monkeypatch.setattr(tasks, "send", lambda task, *arguments: asked.append(*arguments))
    return asked


def _may(user, *permissions):
    user.is_superuser = False
    user.save()
    for name in permissions:
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))


def _choose(client, act, *orders, query="", **more):
    """Press "Run" below the list; the page between."""
    ticked = {"action": act, "_selected_action": [str(order.pk) for order in orders]}
    return client.post(f"{changelist(Order)}{query}", ticked | more)


def _press(client, asked, **given):
    """The button of the page between; the job's page."""
    context = asked.context
    sent = {"seen": context["count"], "shown_at": context["shown_at"], "_selected_action": context["chosen"]} | given
    if context["everything"]:
        sent["select_across"] = "1"
    return client.post(context["target"], sent, follow=True)


def _run(sent):
    """What workers do, slice by slice."""
    while sent:
        tasks.run_bulk_job(sent.pop())


def _orders(count, house=None):
    house = house or shop({"W1": {"LAMP": 1000}})
    return [placed_order(house, {"LAMP": 1}) for _ in range(count)]


def _result(order):
    row = BulkJobRow.objects.get(order=order)
    return row.state, row.message


def test_nothing_is_done_before_the_page_between_was_looked_at(client):
    ready, _ = _orders(2)

    with nothing_moves():
        asked = _choose(client, "cancel", ready)

    text = asked.content.decode()
    assert asked.status_code == 200
    assert (asked.context["count"], asked.context["sums"]) == (1, ["$10.00"])
    assert "This cannot be taken back." in text
    assert "Cancel: 1 order" in text


def test_a_few_are_done_at_once_and_each_refusal_is_told_with_its_reason(client, sent):
    ready, held, other = _orders(3)
    holds.place_hold(order_id=held.pk, reason=HoldReason.FRAUD, actor=STAFF)

    told = _press(client, _choose(client, "fulfill", ready, held))

    assert (told.context["job"].done, told.context["job"].refused, sent) == (1, 1, [])
    assert _result(ready) == ("done", "")
    assert _result(held) == ("refused", f"Order {held} is on hold (suspected fraud). Release it first.")
    assert set(Fulfillment.objects.values_list("order_id", flat=True)) == {ready.pk}
    assert "is on hold (suspected fraud)" in told.content.decode()
    assert not BulkJobRow.objects.filter(order=other).exists()


def test_holding_asks_for_the_reason_and_keeps_the_note(client):
    order, _ = _orders(2)
    asked = _choose(client, "hold", order)

    with nothing_moves():
        again = _press(client, asked, note="Ask the bank")
    _press(client, again, reason="payment", note="Ask the bank")

    assert "This field is required." in again.content.decode()
    assert 'value="Ask the bank"' in again.content.decode()
    assert list(Hold.objects.values_list("order_id", "reason", "note")) == [(order.pk, "payment", "Ask the bank")]


def test_all_that_the_list_finds_are_done_over_all_pages_and_nothing_else(client, sent):
    orders = _orders(60)
    holds.place_hold(order_id=orders[0].pk, reason=HoldReason.OTHER, actor=STAFF)

    asked = _choose(client, "fulfill", *orders[1:3], query="?next=fulfill", select_across="1")
    _press(client, asked)
    asked_of_workers = list(sent)
    _run(sent)

    job = BulkJob.objects.get()
    assert (asked.context["count"], asked_of_workers) == (59, [str(job.pk)])
    assert (job.status, job.done, job.refused) == ("completed", 59, 0)
    assert Fulfillment.objects.count() == 59
    assert not Fulfillment.objects.filter(order=orders[0]).exists()


def test_fifty_are_fulfilled_by_one_job(client, sent):
    orders = _orders(50)

    told = _press(client, _choose(client, "fulfill", *orders))
    assert told.context["progress"]["open"] is True
    assert "imports.js" in told.content.decode()
    _run(sent)

    job = BulkJob.objects.get()
    assert (job.status, job.done, job.refused, job.percent) == ("completed", 50, 0, 100)
    assert set(Order.objects.values_list("fulfillment_status", flat=True)) == {"fulfilled"}


def test_orders_that_came_after_the_page_was_shown_are_left_alone(client):
    early, _ = _orders(2)
    asked = _choose(client, "hold", early, query="?next=fulfill", select_across="1")
    late = placed_order(Shop(early.channel, {}, {}), {"LAMP": 1})

    _press(client, asked, reason="other")

    assert late.pk not in set(Hold.objects.values_list("order_id", flat=True))
    assert Hold.objects.count() == 2


def test_when_the_list_finds_more_than_was_shown_it_is_asked_again(client):
    ready, held = _orders(2)
    hold = holds.place_hold(order_id=held.pk, reason=HoldReason.OTHER, actor=STAFF)
    asked = _choose(client, "archive", ready, query="?next=fulfill", select_across="1")
    holds.release_hold(order_id=held.pk, hold_id=hold.pk, actor=STAFF)

    with nothing_moves():
        again = _press(client, asked)

    assert "There are 2 orders now, and you were told of 1." in again.content.decode()
    assert again.context["count"] == 2


def test_too_many_are_refused_with_a_way_out(client, monkeypatch):
    monkeypatch.setattr(bulk_jobs, "MOST_ORDERS", 1)
    orders = _orders(2)

    asked = _choose(client, "archive", *orders)

    assert "More than 1 orders are chosen. Narrow it down" in asked.content.decode()
    assert not asked.context["may_start"]


def test_other_lists_still_act_on_one_page_only(client):
    house = a_house()
    furnish(house, 1)
    furnish(house, 2)
    Delivery.objects.update(state="dead")
    ticked = Delivery.objects.order_by("pk")[0]

    asked = client.post(
        changelist(Delivery), {"action": "replay", "_selected_action": [str(ticked.pk)], "select_across": "1"}
    )

    assert [delivery.pk for delivery in asked.context["deliveries"]] == [ticked.pk]


@pytest.mark.parametrize(
    ("permission", "acts"),
    [
        ("orders.view_order", set()),
        ("fulfillment.add_fulfillment", {"fulfill"}),
        ("fulfillment.change_fulfillment", {"ship"}),
        (
            "orders.change_order",
            {"hold", "release", "add_tags", "remove_tags", "note", "complete", "archive", "cancel"},
        ),
    ],
)
def test_each_act_takes_the_permission_of_the_single_one(client, clerk, permission, acts):
    order, _ = _orders(2)
    _may(clerk, "orders.view_order", permission)

    offered = client.get(changelist(Order)).context.get("action_form")
    found = {value for value, _ in offered.fields["action"].choices if value} if offered else set()

    assert found == acts
    for act in {"fulfill", "ship", "hold", "cancel"} - acts:
        url = reverse("admin:orders_order_bulk", args=[act])
        assert client.post(url, {"_selected_action": [str(order.pk)]}).status_code == 403
    assert not BulkJob.objects.exists()


def test_the_page_of_a_job_is_its_starters_and_of_those_who_may_see_all(client, clerk):
    order, _ = _orders(2)
    told = _press(client, _choose(client, "archive", order))
    url, progress = (
        told.redirect_chain[-1][0],
        reverse("admin:orders_bulkjob_progress", args=[BulkJob.objects.get().pk]),
    )
    colleague = StaffFactory()
    _may(colleague, "orders.view_order", "orders.change_order")
    client.force_login(colleague)

    assert client.get(url).status_code == 302
    assert [client.get(progress).status_code, client.get(changelist(BulkJobRow)).context["cl"].result_count] == [404, 0]
    assert client.get(changelist(BulkJob)).context["cl"].result_count == 0
    _may(colleague, "orders.view_bulkjob")
    assert client.get(url).status_code == 200
    assert client.get(changelist(BulkJob)).context["cl"].result_count == 1


def test_progress_is_told_without_counting_rows(client):
    _orders(2)
    job = bulk_jobs.start_bulk_job(act="note", given={"body": "x"}, orders=Order.objects.all(), actor=STAFF)
    bulk_running.run_bulk_job(job_id=job.pk, seconds=-1)

    with CaptureQueriesContext(connection) as queries:
        told = client.get(reverse("admin:orders_bulkjob_progress", args=[job.pk])).json()

    assert not [query for query in queries if "bulkjobrow" in query["sql"]]
    expected = {"open": True, "label": "running", "total": 2, "done": 1, "refused": 0, "left": 1, "percent": 50}
    assert told | expected == told


def test_the_page_of_a_job_takes_as_many_queries_for_many_results_as_for_one(client):
    house = shop({"W1": {"LAMP": 1000}})
    counts = []
    for count in (1, 30):
        orders = _orders(count, house)
        chosen = Order.objects.filter(pk__in=[order.pk for order in orders])
        job = bulk_jobs.start_bulk_job(act="archive", given={}, orders=chosen, actor=STAFF)
        bulk_running.run_bulk_job(job_id=job.pk)
        client.get(page("orders_bulkjob", job.pk))
        with CaptureQueriesContext(connection) as queries:
            client.get(page("orders_bulkjob", job.pk))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 8


def test_the_refused_are_tried_again_from_the_page(client, sent):
    order, _ = _orders(2)
    hold = holds.place_hold(order_id=order.pk, reason=HoldReason.OTHER, actor=STAFF)
    told = _press(client, _choose(client, "fulfill", order))
    holds.release_hold(order_id=order.pk, hold_id=hold.pk, actor=STAFF)
    assert "Try the refused again" in told.content.decode()

    told = client.post(reverse("admin:orders_bulkjob_retry", args=[told.context["job"].pk]), follow=True)

    assert messages_of(told) == ["What was not done is tried again."]
    assert (told.context["job"].status, told.context["job"].done) == ("completed", 1)
    assert "Try the refused again" not in told.content.decode()


def test_a_job_is_canceled_from_its_page(client):
    _orders(30)
    job = bulk_jobs.start_bulk_job(act="note", given={"body": "x"}, orders=Order.objects.all(), actor=STAFF)
    bulk_running.run_bulk_job(job_id=job.pk, seconds=-1)

    told = client.post(reverse("admin:orders_bulkjob_cancel", args=[job.pk]), follow=True)

    assert "Canceled: 29 orders were left as they were." in told.content.decode()
    assert "Go on, with the refused too" in told.content.decode()


def test_results_are_listed_filtered_and_downloaded(client):
    ready, held = _orders(2)
    holds.place_hold(order_id=held.pk, reason=HoldReason.OTHER, actor=STAFF)
    told = _press(client, _choose(client, "fulfill", ready, held))
    job = told.context["job"]

    everything, refused = (client.get(told.context[name]) for name in ("results_url", "refused_url"))
    file = client.get(reverse("admin:orders_bulkjob_results", args=[job.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode())))

    assert (everything.context["cl"].result_count, refused.context["cl"].result_count) == (2, 1)
    assert [(row["number"], row["order"], row["result"], row["code"]) for row in rows] == [
        (str(ready.number), ready.public_id, "done", ""),
        (str(held.number), held.public_id, "refused", "order_on_hold"),
    ]


def test_a_packer_acts_on_the_orders_of_their_own_location_and_sees_no_other_job(client, clerk):
    house = shop({"W1": {"LAMP": 5}, "W2": {"MUG": 5}})
    lamps, mugs = placed_order(house, {"LAMP": 1}), placed_order(house, {"MUG": 1})
    others = bulk_jobs.start_bulk_job(act="archive", given={}, orders=Order.objects.all(), actor=STAFF)
    _may(clerk, "orders.view_order", "orders.view_bulkjob", "fulfillment.add_fulfillment")
    StaffLimits.objects.create(user=clerk, location_ids=[house.locations["W1"].pk])
    client.force_login(type(clerk).objects.get(pk=clerk.pk))

    named = _choose(client, "fulfill", lamps, mugs)
    told = _press(client, _choose(client, "fulfill", lamps, select_across="1"))

    assert named.status_code in {403, 404}
    assert told.context["progress"]["total"] == 1
    assert [row.order_id for row in told.context["rows"]] == [lamps.pk]
    assert list(Fulfillment.objects.values_list("order_id", flat=True)) == [lamps.pk]
    assert client.get(page("orders_bulkjob", others.pk)).status_code == 302
    assert client.get(changelist(BulkJob)).context["cl"].result_count == 1

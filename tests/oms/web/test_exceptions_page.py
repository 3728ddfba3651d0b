"""What needs a person is on one page, the oldest first, each with what is done about it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from channels.models import ImportUpload, OrderSource, SourceRun
from inventory.models import Arrival, LowStockAlert, Reservation, StockShortage, Transfer
from oms.core import events, ids
from oms.core.models import Delivery, OutboxEvent
from oms.web.console import attention
from orders.models import BulkJob, Order
from payments.models import Payment, PaymentAttempt, PaymentCollection, ProviderEvent, ProviderWebhook
from tests.access import people
from tests.console import EVIL, a_house, furnish, messages_of
from tests.factories import StaffFactory
from tests.scenarios import placed_order, shop

pytestmark = pytest.mark.django_db
PAGE = "console_exceptions"
KINDS = (
    *("orders", "bulk-jobs", "shortages", "waiting", "low-stock", "arrivals", "transfers"),
    *("rejects", "uploads", "sources", "credits", "dead-letters"),
    *("cancel-refused", "captures-declined", "refunds-declined", "payments-unknown", "payments-contradicted"),
    *(
        "payments-disputed",
        "payment-webhooks",
        "payments-unallocated",
        "payments-odd",
        "authorizations",
        "authorizations-ended",
        "owed",
    ),
)


@pytest.fixture
def staff(client):
    user = StaffFactory(username="clerk")
    client.force_login(user)
    return user


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def trouble(house, number):
    """One more of everything that needs a person."""
    furnish(house, number)
    order = placed_order(house, {"LAMP": 1}, external_id=f"ACT-{number}")
    Order.objects.filter(pk=order.pk).update(status="requires_action", placed_at=days_ago(20))
    Arrival.objects.update(expected_on=timezone.localdate() - timedelta(days=3))
    Transfer.objects.filter(status="sent").update(sent_at=days_ago(9))
    OrderSource.objects.update(last_status="failed", last_run_at=days_ago(1))
    ImportUpload.objects.update(status="failed")
    BulkJob.objects.create(
        act="archive",
        status="failed",
        total=2,
        error=EVIL,
        finished_at=days_ago(2),
        started_by="staff:1",
        actor={"kind": "staff", "id": "1", "label": "clerk"},
    )
    event = OutboxEvent.objects.filter(stream=order.pk).first()
    Delivery.objects.create(event=event, subscriber=f"erp{number}", state="dead", error=EVIL)
    level = house.level("LAMP")
    old = Reservation(pk=ids.first_id(days_ago(10 + number)), level=level, quantity=0, backordered=2)
    old.order_id, old.line_id = order.pk, None
    old.save(force_insert=True)
    Reservation.objects.filter(pk=old.pk).update(created_at=days_ago(10 + number))

    _trouble_with_money(house, number)


def _trouble_with_money(house, number):
    told = {"provider": "bank", "currency": "USD", "amount": Decimal(9)}
    refused, owed = (placed_order(house, {"LAMP": 1}, external_id=f"{name}-{number}") for name in ("NO", "OWED"))
    Order.objects.filter(pk=refused.pk).update(status="requires_action", placed_at=days_ago(19))
    Order.objects.filter(pk=owed.pk).update(captured_total=Decimal(50))
    ends = {"reference": days_ago(-1), "odd": None, "ended": days_ago(1)}
    soon, odd, _ended = (
        Payment.objects.create(order=refused, reference=f"{EVIL}{name}{number}", expires_at=at, **told)
        for name, at in ends.items()
    )
    Payment.objects.filter(pk=odd.pk).update(problem=EVIL[:40])
    cart = PaymentCollection.objects.create(cart_id=ids.new_id(), currency="USD", amount=9)
    Payment.objects.create(pk=ids.first_id(days_ago(3 + number)), collection=cart, reference=f"cart{number}", **told)
    tried = {"payment": soon, "currency": "USD", "amount": 9, "message": EVIL, "settled_at": days_ago(1)}
    for act, reason in (("capture", ""), ("refund", "goodwill"), ("refund", "cancellation")):
        PaymentAttempt.objects.create(act=act, reason=reason, state="declined", **tried)
    PaymentAttempt.objects.create(pk=ids.first_id(days_ago(4 + number)), act="void", state="unknown", **tried)
    ProviderEvent.objects.create(reference=EVIL, act="capture", outcome="succeeded", problem="conflict", **told)
    dispute = {"act": "refund", "outcome": "pending", "problem": "disputed", "code": EVIL[:60]}
    ProviderEvent.objects.create(reference=soon.reference, **dispute, **told)
    ProviderWebhook.objects.create(
        provider="bank", event_id=f"e{number}", kind=EVIL, body=EVIL, problem="failed", error=EVIL
    )


def shown(client, **query):
    answer = client.get(reverse(PAGE), query)
    assert answer.status_code == 200
    return answer


def counts(answer):
    return {str(tab["title"]): tab["count"] for tab in answer.context["kinds"]}


def test_everything_that_needs_a_person_is_there_the_oldest_first_each_with_its_act(client, staff):
    house = a_house()
    trouble(house, 1)

    answer = shown(client)

    told = [(each.kind.name, str(each.kind.act.label)) for each in answer.context["page"].matters]
    since = [each.matter.since for each in answer.context["page"].matters]
    assert since == sorted(since)
    assert {name for name, _act in told} == set(KINDS)
    assert told[0] == ("orders", "Open the order")
    assert counts(answer) == {
        "Orders that require action": "1",
        "Bulk jobs that failed": "1",
        "Stock missing": "1",
        "Waiting for goods too long": "1",
        "Low stock": "1",
        "Arrivals overdue": "1",
        "Transfers that do not arrive": "1",
        "Import rejects": "1",
        "Files that failed": "1",
        "Sources that fail": "1",
        "Credits for staff": "1",
        "Dead letters": "1",
        "Cancellations that were refused": "1",
        "Captures that were declined": "1",
        "Refunds that were declined": "1",
        "Outcome unknown": "1",
        "Contradictions of providers": "1",
        "Disputes": "1",
        "Webhooks of providers": "1",
        "Paid without an order": "1",
        "Amounts that cannot be": "1",
        "Authorizations that end soon": "1",
        "Authorizations that ended": "1",
        "Owed to customers": "1",
    }
    html = answer.content.decode()
    assert EVIL not in html
    assert 'href="javascript:' not in html


def test_the_page_costs_the_same_however_much_there_is(client, staff):
    house = a_house()

    def queries(**query):
        with CaptureQueriesContext(connection) as captured:
            shown(client, **query)
        return len(captured)

    trouble(house, 1)
    shown(client)
    few = queries(), queries(kind="waiting")
    for number in (2, 3):
        trouble(house, number)

    assert (queries(), queries(kind="waiting")) == few
    assert few[0] <= len(KINDS) + 12


def test_one_kind_is_looked_at_for_itself_page_by_page(client, staff, monkeypatch):
    monkeypatch.setattr(attention, "PER_PAGE", 2)
    monkeypatch.setattr(attention, "MOST", 4)
    house = shop({"W1": {"LAMP": 9}})
    orders = [placed_order(house, {"LAMP": 1}, external_id=f"A-{number}") for number in range(5)]
    for number, order in enumerate(orders):
        Order.objects.filter(pk=order.pk).update(status="requires_action", placed_at=days_ago(9 - number))

    pages = [shown(client, kind="orders", page=number) for number in (1, 2, 3, 4)]
    merged = [shown(client, page=number) for number in (1, 2, 3)]

    def titles(answers):
        return [[each.matter.title for each in answer.context["page"].matters] for answer in answers]

    names = [f"Order {order}" for order in orders]
    assert titles(pages) == [names[:2], names[2:4], names[4:], []]
    assert titles(merged) == [names[:2], names[2:4], names[4:]]
    assert counts(pages[0])["Orders that require action"] == "3+"
    assert (bool(pages[0].context["before_url"]), bool(pages[0].context["after_url"])) == (False, True)
    assert (bool(pages[2].context["before_url"]), bool(pages[2].context["after_url"])) == (True, False)
    assert client.get(reverse(PAGE), {"kind": "nonsense"}).status_code == 404


def test_where_nothing_is_stuck_the_page_says_so(client, staff):
    assert "Nothing needs you" in shown(client).content.decode()
    assert "None of this kind. Good." in shown(client, kind="orders").content.decode()


def test_a_shortage_is_dealt_with_on_the_page_once(client, staff):
    house = a_house()
    furnish(house, 1)
    shortage = StockShortage.objects.get()
    act = reverse("console_exception_act", args=["shortages", shortage.pk])

    offered = shown(client, kind="shortages").content.decode()
    done = client.post(act, {"kind": "shortages", "page": "1"}, follow=True)
    again = client.post(act, {}, follow=True)

    shortage.refresh_from_db()
    assert f'<form method="post" action="{act}">' in offered
    assert shortage.settled_by["label"] == "clerk"
    assert messages_of(done) == ["The shortage is dealt with."]
    assert done.redirect_chain[0][0] == f"{reverse(PAGE)}?kind=shortages"
    assert messages_of(again) == ["That needs nobody any more."]


def test_a_source_is_visited_again_and_a_second_visit_is_refused(client, staff):
    furnish(a_house(), 1)
    OrderSource.objects.update(last_status="failed", last_run_at=days_ago(1))
    SourceRun.objects.all().delete()
    act = reverse("console_exception_act", args=["sources", OrderSource.objects.get().pk])

    done, again = client.post(act, {}, follow=True), client.post(act, {}, follow=True)

    assert messages_of(done) == ["A worker visits the source now."]
    assert SourceRun.objects.count() == 1
    assert messages_of(again)[0].endswith("is under way or waiting already.")


def test_a_dead_letter_for_somebody_who_is_gone_says_so(client, staff):
    order = placed_order(a_house(), {"LAMP": 1})
    event = OutboxEvent.objects.filter(stream=order.pk).first()
    letter = Delivery.objects.create(event=event, subscriber="gone", state="dead", error="no")

    answer = client.post(reverse("console_exception_act", args=["dead-letters", letter.pk]), {}, follow=True)

    letter.refresh_from_db()
    assert (letter.state, messages_of(answer)) == (
        "dead",
        ["Nobody of that name listens any more. Skip it in the list of deliveries."],
    )
    assert "gone" not in {each.subscriber for each in events.listeners()}


def test_low_stock_leads_to_an_arrival_that_is_filled_in(client, staff):
    furnish(a_house(), 1)
    (matter,) = shown(client, kind="low-stock").context["page"].matters
    alert = LowStockAlert.objects.get(cured_at=None)

    form = client.get(matter.act_url)

    given = form.context["adminform"].form.initial
    assert given["location"] == str(alert.level.location_id)
    assert given["items"].startswith(f"{alert.level.item.sku} ")


def test_who_may_see_one_kind_sees_that_alone_and_who_may_not_act_has_no_button(client):
    furnish(a_house(), 1)
    viewer = StaffFactory(is_superuser=False)
    viewer.user_permissions.add(Permission.objects.get(codename="view_stockshortage"))
    client.force_login(viewer)
    shortage = StockShortage.objects.get()
    act = reverse("console_exception_act", args=["shortages", shortage.pk])

    answer = shown(client)

    assert list(counts(answer)) == ["Stock missing"]
    assert act not in answer.content.decode()
    assert client.post(act, {}).status_code == 403
    assert client.post(reverse("console_exception_act", args=["sources", shortage.pk]), {}).status_code == 404
    assert client.get(reverse(PAGE), {"kind": "rejects"}).status_code == 404
    shortage.refresh_from_db()
    assert shortage.settled_at is None


def test_whoever_began_a_bulk_job_that_failed_sees_it_and_others_of_their_role_do_not(client):
    mine, other = people.member("support"), people.member("merchant")
    job = BulkJob.objects.create(act="archive", status="failed", total=2, finished_at=days_ago(2), actor={})
    seen = {}
    for starter in (mine, other):
        BulkJob.objects.filter(pk=job.pk).update(started_by=f"staff:{starter.pk}")
        client.force_login(mine)
        seen[starter.username] = counts(shown(client)).get("Bulk jobs that failed")

    assert seen == {"support": "1", "merchant": "0"}


def test_who_may_see_nothing_is_told_whom_to_ask(client):
    client.force_login(StaffFactory(is_superuser=False))

    assert "Ask whoever manages the users" in shown(client).content.decode()


def test_the_page_is_for_staff(client):
    assert client.get(reverse(PAGE)).status_code == 302

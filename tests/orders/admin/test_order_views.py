"""Views of the list of orders: tabs with counts, built in, of one's own and shared; each is its address alone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oms.web.console import saved
from oms.web.models import SavedView
from oms.web.saved_views import MOST_VIEWS
from orders.enums import HoldReason, OrderStatus
from orders.models import Order
from orders.requests import PaymentRequest
from orders.services import fulfilling, holds, notes
from tests.console import changelist, messages_of
from tests.factories import InventoryLevelFactory, StaffFactory
from tests.scenarios import STAFF, items_of, placed_order, shop

pytestmark = pytest.mark.django_db

LIST = "/console/orders/order/"


@pytest.fixture
def clerk(client):
    return _clerk(client, "view_order")


def _clerk(client, *permissions):
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(clerk)
    return clerk


def _listed(client, query=""):
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200, query
    return sorted(order.external_id for order in response.context["cl"].result_list)


def _tabs(client, query=""):
    response = client.get(f"{LIST}?{query}")
    return response.context["views_of_list"]()["tabs"]


def _save(client, name, query, **fields):
    return client.post(reverse("admin:orders_order_view_save"), {"name": name, "query": query} | fields, follow=True)


def _change(client, view, act="change", **fields):
    return client.post(reverse(f"admin:orders_order_view_{act}", args=[view.pk]), fields, follow=True)


def _a_busy_morning():
    """One order of each kind of work, by its external id."""
    house = shop({"W1": {"LAMP": 100}, "W2": {"MUG": 100}}, allow_backorder=True)
    place = lambda name, lines, **fields: placed_order(house, lines, external_id=name, **fields)  # noqa: E731
    paid = {"payments": [PaymentRequest(amount=Decimal(10))]}
    place("fresh", {"LAMP": 1}, **paid)
    place("old", {"LAMP": 1}, placed_at=timezone.now() - timedelta(days=9), tags=["gift"], **paid)
    held, sent, action = (
        place("held", {"LAMP": 1}, **paid),
        place("sent", {"LAMP": 1}, **paid),
        place("action", {"MUG": 1}),
    )
    place("owes", {"MUG": 1})
    place("waits", {"MUG": 500}, payments=[PaymentRequest(amount=Decimal(5000))])
    holds.place_hold(order_id=held.pk, reason=HoldReason.OTHER, actor=STAFF)
    notes.add_note(order_id=held.pk, body="Ring first.", actor=STAFF)
    fulfilling.create_fulfillment(order_id=sent.pk, items=items_of(sent), actor=STAFF)
    Order.objects.filter(pk=action.pk).update(status=OrderStatus.REQUIRES_ACTION)
    return house


def test_the_built_in_views_find_and_count_the_work_that_waits(client, clerk):
    _a_busy_morning()

    found = {str(tab["name"]): (_listed(client, tab["query"]), tab["count"]) for tab in _tabs(client)}

    assert found == {
        "All": (["action", "fresh", "held", "old", "owes", "sent", "waits"], "7"),
        "To fulfill": (["fresh", "old", "owes", "waits"], "4"),
        "Late": (["old"], "1"),
        "On hold": (["held"], "1"),
        "Requires action": (["action"], "1"),
        "Unpaid": (["owes"], "1"),
        "Backordered": (["waits"], "1"),
        "Today": (["action", "fresh", "held", "owes", "sent", "waits"], "6"),
    }


def test_orders_are_narrowed_by_place_tag_note_total_and_days(client, clerk):
    house = _a_busy_morning()
    place = {name: location.pk for name, location in house.locations.items()}

    assert _listed(client, f"from={place['W1']}") == ["fresh", "held", "old", "sent"]
    assert _listed(client, f"from={place['W2']}") == ["action", "owes", "waits"]
    assert _listed(client, "from=nowhere") == []
    assert _listed(client, "tag=gift") == ["old"]
    assert _listed(client, "tag=gif") == []
    assert _listed(client, "notes=yes") == ["held"]
    assert _listed(client, "total_from=11") == ["waits"]
    assert _listed(client, "total_to=9") == []
    assert _listed(client, "placed=30d&next=late") == ["old"]
    assert _listed(client, "placed=yesterday") == []
    for nonsense in ("total_from=abc", "total_to=1e400", "total_from=NaN", "placed=x", "tag=%00", "next=x"):
        assert client.get(f"{LIST}?{nonsense}").status_code in {200, 302}, nonsense


def test_how_late_late_is_is_a_setting(client, clerk, settings):
    _a_busy_morning()
    settings.OMS = settings.OMS | {"LATE_AFTER_DAYS": 10}

    assert _listed(client, "next=late") == []


def test_a_view_is_saved_shown_renamed_and_deleted_by_whoever_made_it(client, clerk):
    _a_busy_morning()

    answer = _save(client, "  My gifts ", "p=2&tag=gift&next=&placed=30d&o=1")
    (view,) = SavedView.objects.all()
    tab = _tabs(client, "placed=30d&tag=gift&p=1")[-1]

    assert messages_of(answer) == ["The view is saved."]
    assert answer.redirect_chain == [(f"{LIST}?placed=30d&tag=gift", 302)]
    assert (view.name, view.query, view.owner, view.is_shared) == ("My gifts", "placed=30d&tag=gift", clerk, False)
    assert (tab["name"], tab["count"], tab["active"]) == ("My gifts", "1", True)
    assert _listed(client, view.query) == ["old"]

    _change(client, view, name="Gifts")
    assert [tab["name"] for tab in _tabs(client)[-1:]] == ["Gifts"]

    _change(client, view, act="delete")
    assert SavedView.objects.count() == 0
    assert Order.objects.count() == 7


def test_saving_under_the_same_name_replaces_the_view(client, clerk):
    _save(client, "Mine", "next=late")

    _save(client, "Mine", "next=hold")

    assert list(SavedView.objects.values_list("name", "query")) == [("Mine", "next=hold")]


def test_a_view_is_its_owners_until_it_is_shared_which_takes_a_permission(client):
    author = _clerk(client, "view_order", "share_savedview")
    _save(client, "Private", "next=late")
    _save(client, "Everybody's", "next=hold", shared="1")
    private, shared = SavedView.objects.order_by("is_shared")

    _clerk(client, "view_order")
    seen = [str(tab["name"]) for tab in _tabs(client)[8:]]
    refused = [
        _change(client, view, act=act, name="Stolen") for view in (private, shared) for act in ("change", "delete")
    ]
    sharing = client.post(reverse("admin:orders_order_view_save"), {"name": "x", "query": "tag=a", "shared": "1"})

    assert (author.pk, seen) == (private.owner_id, ["Everybody's"])
    assert [messages_of(answer)[0].split(" with")[0] for answer in refused] == ["No view"] * 4
    assert sharing.status_code == 403
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["Everybody's", "Private"]


def test_who_may_not_see_the_list_may_not_keep_views_of_it(client):
    _clerk(client, "view_customer")

    assert client.post(reverse("admin:orders_order_view_save"), {"name": "x", "query": "tag=a"}).status_code == 403
    assert SavedView.objects.count() == 0


def test_what_cannot_be_kept_is_refused_with_a_sentence(client, clerk):
    _save(client, "Taken", "tag=a")
    _save(client, "Other", "tag=b")
    other = SavedView.objects.get(name="Other")

    said = [
        messages_of(_save(client, "", "tag=a")),
        messages_of(_save(client, "x" * 61, "tag=a")),
        messages_of(_save(client, "Long", "tag=" + "a" * 2000)),
        messages_of(_save(client, "Odd", "no_such_field=1")),
        messages_of(_save(client, "Odd", "customer__email=x")),
        messages_of(_change(client, other, name="Taken")),
    ]

    assert said == [
        ["A view needs a name of at most 60 characters."],
        ["A view needs a name of at most 60 characters."],
        ["These are more filters than a view can keep."],
        ["This list does not know these filters."],
        ["This list does not know these filters."],
        ["You have a view of that name already: Taken."],
    ]
    assert sorted(SavedView.objects.values_list("name", "query")) == [("Other", "tag=b"), ("Taken", "tag=a")]


def test_one_person_keeps_so_many_views_of_a_list_and_no_more(client, clerk):
    SavedView.objects.bulk_create(
        SavedView(page="orders_order", name=f"v{number}", query=f"tag={number}", owner=clerk)
        for number in range(MOST_VIEWS)
    )

    assert messages_of(_save(client, "One more", "tag=x")) == [
        f"You have {MOST_VIEWS} views of this list. Delete one that you do not need."
    ]
    assert messages_of(_save(client, "v0", "tag=x")) == ["The view is saved."]


def test_a_view_whose_filters_are_gone_has_a_tab_and_no_count(client, clerk):
    SavedView.objects.create(page="orders_order", name="Old", query="gone=1", owner=clerk)

    tab = _tabs(client)[-1]

    assert (tab["name"], tab["count"]) == ("Old", "")


def test_all_counts_are_one_query_capped_however_many_views_there_are(client, clerk, monkeypatch):
    _a_busy_morning()

    def views(number):
        SavedView.objects.bulk_create(
            SavedView(page="orders_order", name=f"v{number}-{each}", query="next=fulfill", owner=clerk)
            for each in range(number)
        )

    client.get(LIST)
    counts = []
    for more in (0, 1, 20):
        views(more)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    monkeypatch.setattr(saved, "MOST_COUNTED_ROWS", 3)
    tabs = _tabs(client)

    assert counts[0] == counts[1] == counts[2] <= 11
    assert [tab["count"] for tab in tabs[:3]] == ["2+", "2+", "1"]
    assert len([tab for tab in tabs if tab["count"] == ""]) == len(tabs) - 8 - saved.MOST_COUNTED_VIEWS


def test_other_lists_have_no_tabs(client):
    _clerk(client, "view_inventorylevel")
    InventoryLevelFactory()

    assert "views_of_list" not in client.get(changelist("inventory_inventorylevel")).context

"""The console's pages of events: who listens to what and how late they are, and dead letters made good."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oms.core import events, outbox, subscribers
from oms.core.models import Delivery, OutboxEvent
from tests.console import EVIL, changelist, messages_of
from tests.factories import StaffFactory
from tests.oms.core.lamps import OTHER, STREAM, LampLit, deliver_all, listening, lit

pytestmark = pytest.mark.django_db
PAGE = "admin:core_delivery_subscribers"
NAMES = ("erp", "mail")


@pytest.fixture
def staff(client):
    user = StaffFactory()
    client.force_login(user)
    return user


@pytest.fixture
def trouble(staff, settings):
    """Mail has a dead letter with two parked behind it, one that failed and came through, one that waits; erp has none.

    A third subscriber is gone, with a dead letter left.
    """
    settings.OMS = settings.OMS | {"DELIVERY_ATTEMPTS": 1}
    with listening("gone") as (gone,):
        gone.problem = RuntimeError(EVIL)
        lit("hall", UUID(int=3), 1)
        deliver_all()
    with listening("erp") as _, listening("mail") as (mail,), listening("loose", ordered=False) as _:
        mail.problem = RuntimeError(EVIL)
        for sequence in (1, 2, 3):
            lit(f"lamp {sequence}", STREAM, sequence)
        lit("once", OTHER, 1)
        deliver_all()
        mail.problem = None
        outbox.set_aside()
        once = Delivery.objects.filter(subscriber="mail", event__data__lamp="once")
        once.update(state="delivered", error="")
        lit("later")
        outbox.fan_out()
        Delivery.objects.filter(event__data__lamp="later").exclude(subscriber="mail").update(state="delivered")
        yield mail


def rows(client) -> dict[str, dict]:
    return {row["name"]: row for row in client.get(reverse(PAGE)).context["subscribers"] if row["name"] in OURS}


OURS = {"gone", "erp", "mail", "loose"}


def test_the_page_says_who_listens_to_what_how_late_they_are_and_what_is_parked(client, trouble):
    OutboxEvent.objects.filter(data__lamp="lamp 2").update(occurred_at=timezone.now() - timedelta(hours=3, minutes=12))

    page = client.get(reverse(PAGE)).content.decode()
    shown = rows(client)

    figures = {name: [figure["count"] for figure in row["figures"]] for name, row in shown.items()}
    assert figures == {
        "erp": ["0", "0", "0", "0", "0"],
        "gone": ["0", "1", "1", "1", "0"],
        "loose": ["0", "0", "0", "0", "0"],
        "mail": ["1", "2", "1", "1", "2"],
    }
    assert [(each.event, each.ordered) for each in shown["loose"]["listening"]] == [(LampLit.name, False)]
    assert {name: row["late"] for name, row in shown.items()} == {
        "erp": "",
        "gone": "",
        "loose": "",
        "mail": "3\xa0hours, 12\xa0minutes ago",
    }
    assert "no longer installed" in page
    assert "in any order" in page
    assert EVIL not in page


def test_each_number_leads_to_the_list_of_what_it_counts(client, trouble):
    for row in rows(client).values():
        for figure in row["figures"]:
            listed = client.get(figure["url"])
            assert str(listed.context["cl"].result_count) == figure["count"], figure["url"]
            assert EVIL not in listed.content.decode()


def test_the_page_takes_as_many_queries_for_many_as_for_few(client, trouble):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(PAGE)).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(4, 30):
        lit(f"lamp {number}", STREAM, number)
    with listening(*[f"other {number}" for number in range(10)]):
        deliver_all()
        outbox.set_aside()
        many = queries()

    assert (few, many) == (3, 3)


def test_counts_stop_at_their_cap(client, trouble, monkeypatch):
    monkeypatch.setattr(subscribers, "MOST_COUNTED", 2)
    monkeypatch.setattr("oms.web.outbox_admin.MOST_COUNTED", 2)

    assert [figure["count"] for figure in rows(client)["mail"]["figures"]] == ["1", "2 or more", "1", "1", "2 or more"]


def test_where_nobody_listens_the_page_says_what_to_do(client, staff, monkeypatch):
    monkeypatch.setattr(events, "_signals", {})

    assert "Nobody listens yet" in client.get(reverse(PAGE)).content.decode()


def test_who_may_not_see_deliveries_does_not_see_the_page(client):
    client.force_login(StaffFactory(is_superuser=False))

    assert client.get(reverse(PAGE)).status_code == 403


def dead(subscriber: str = "mail") -> Delivery:
    return Delivery.objects.get(subscriber=subscriber, state="dead")


def choose(client, action: str, *deliveries: Delivery, **more: str):
    chosen = {"action": action, "_selected_action": [str(each.pk) for each in deliveries]}
    return client.post(changelist(Delivery), chosen | more, follow=True)


@pytest.mark.parametrize("action", ["replay", "skip"])
def test_nothing_is_done_before_it_is_confirmed(client, trouble, action):
    asked = choose(client, action, dead())

    assert "lamp_lit" in asked.content.decode()
    assert EVIL not in asked.content.decode()
    assert [str(each.pk) for each in asked.context["deliveries"]] == [str(dead().pk)]
    assert dead().decided_by is None


def test_a_dead_letter_is_delivered_again_and_the_parked_follow(client, trouble, staff):
    letter = dead()

    done = choose(client, "replay", letter, confirmed="yes")
    deliver_all()

    letter.refresh_from_db()
    assert messages_of(done) == ["Deliveries that will be made again: 1."]
    assert (letter.state, letter.decided_by["label"]) == ("delivered", staff.username)
    assert [each for each in trouble.heard if each[1]] == [("lamp 1", 1), ("lamp 2", 2), ("lamp 3", 3)]


def test_a_dead_letter_is_skipped_and_the_parked_follow(client, trouble, staff):
    letter = dead()

    done = choose(client, "skip", letter, confirmed="yes")
    deliver_all()

    letter.refresh_from_db()
    assert messages_of(done) == ["Dead letters that were skipped: 1."]
    assert (letter.state, letter.decided_by["label"], letter.error) == (
        "skipped",
        staff.username,
        f"RuntimeError: {EVIL}",
    )
    assert [each for each in trouble.heard if each[1]] == [("lamp 2", 2), ("lamp 3", 3)]


def test_what_goes_to_a_subscriber_that_is_gone_is_left_alone_and_can_be_skipped(client, trouble):
    left = choose(client, "replay", dead("gone"), confirmed="yes")
    assert messages_of(left) == [
        "Deliveries that will be made again: 0.",
        "Left alone, because they wait already or nobody listens any more: 1.",
    ]

    choose(client, "skip", dead("gone"), confirmed="yes")
    assert Delivery.objects.get(subscriber="gone").state == "skipped"


def test_what_is_in_no_state_for_an_act_is_said_and_left_alone(client, trouble):
    parked = Delivery.objects.filter(state="parked").first()

    both = choose(client, "skip", dead(), parked)
    none = choose(client, "skip", parked)

    assert (len(both.context["deliveries"]), both.context["others"]) == (1, 1)
    assert messages_of(none) == ["There is nothing to do: none of them is in a state for it."]


def test_deliveries_and_events_are_found_by_the_id_of_their_order(client, trouble):
    def found(model, term: str) -> int:
        return client.get(changelist(model), {"q": term}).context["cl"].result_count

    event = OutboxEvent.objects.get(data__lamp="lamp 2")
    order = f"order_{event.public_id.split('_')[1]}"

    assert (found(OutboxEvent, str(STREAM)), found(OutboxEvent, event.public_id)) == (3, 1)
    assert found(OutboxEvent, LampLit.name) == OutboxEvent.objects.filter(name=LampLit.name).count()
    assert (found(Delivery, str(STREAM)), found(Delivery, event.public_id), found(Delivery, "mail")) == (9, 3, 5)
    assert (found(Delivery, dead().public_id), found(Delivery, order), found(Delivery, "nobody")) == (1, 3, 0)


def test_a_clerk_who_may_only_look_cannot_have_them_delivered_again(client, trouble):
    from django.contrib.auth.models import Permission

    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client.force_login(clerk)

    choose(client, "replay", dead(), confirmed="yes")

    assert dead().state == "dead"
    assert client.get(reverse(PAGE)).status_code == 200

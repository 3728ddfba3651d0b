"""Everybody in the office sees their own clock, and types by it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from oms.web.time_zones import BROWSERS, CHOSEN, PAGE
from orders.models import Hold, Order
from tests.console import act, messages_of, page
from tests.factories import StaffFactory
from tests.scenarios import nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clerk(client):
    client.force_login(StaffFactory(username="clerk"))


def an_order():
    return placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 1})


def placed(client, order):
    html = client.get(page("orders_order", order.pk)).content.decode()
    return html.split("placed ")[1].split("</time>")[0]


def test_an_order_placed_before_midnight_in_london_was_placed_the_next_day_in_berlin(client):
    order = an_order()
    Order.objects.filter(pk=order.pk).update(placed_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    utc = placed(client, order)

    client.cookies[BROWSERS] = "Europe%2FBerlin"
    berlin = placed(client, order)
    client.cookies[CHOSEN] = "America/New_York"
    new_york = placed(client, order)

    assert utc == "Jan. 31, 2026, 11:30 p.m."
    assert berlin == "Feb. 1, 2026, 12:30 a.m."
    assert new_york == "Jan. 31, 2026, 6:30 p.m."
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "\x00", "Europe/Berlin; x"])
def test_a_zone_that_there_is_not_is_nobodys(client, zone):
    order = an_order()
    Order.objects.filter(pk=order.pk).update(placed_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    client.cookies[CHOSEN] = zone

    assert placed(client, order) == "Jan. 31, 2026, 11:30 p.m."


def test_a_day_of_a_list_is_the_persons_day(client):
    order = an_order()
    Order.objects.filter(pk=order.pk).update(placed_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    client.cookies[CHOSEN] = "Europe/Berlin"

    def listed(day):
        given = {"placed_at_from": day, "placed_at_to": day}
        return client.get(reverse("admin:orders_order_changelist"), given).context["cl"].result_count

    assert (listed("2026-01-31"), listed("2026-02-01")) == (0, 1)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2027-03-28T01:59", "2027-03-28T00:59:00+00:00"),  # winter time: one hour before UTC
        ("2027-03-28T03:00", "2027-03-28T01:00:00+00:00"),  # a minute later it is summer
        ("2027-10-31T03:30", "2027-10-31T02:30:00+00:00"),
    ],
)
@time_machine.travel("2026-11-23T12:00:00Z", tick=False)
def test_a_hold_ends_when_the_persons_clock_says_so_also_when_clocks_change(client, typed, meant):
    order = an_order()
    client.cookies[CHOSEN] = "Europe/Berlin"

    client.post(act(order, "hold"), {"reason": "other", "release_at": typed})

    assert Hold.objects.get().release_at.astimezone(UTC).isoformat() == meant


@pytest.mark.parametrize("typed", ["2027-03-28T02:30", "2027-10-31T02:30"])
@time_machine.travel("2026-11-23T12:00:00Z", tick=False)
def test_a_time_that_there_is_not_or_that_there_is_twice_is_asked_for_again(client, typed):
    order = an_order()
    client.cookies[CHOSEN] = "Europe/Berlin"

    with nothing_moves():
        answer = client.post(act(order, "hold"), {"form": "hold", "reason": "other", "release_at": typed})

    (told,) = messages_of(answer)
    assert "Europe/Berlin" in told
    form = next(step for step in answer.context["steps"] if step.act == "hold")
    assert form.fields[2].value == typed


@time_machine.travel("2026-11-23T12:00:00Z", tick=False)
def test_a_time_that_is_past_on_the_persons_clock_is_refused(client):
    order = an_order()
    client.cookies[CHOSEN] = "Asia/Tokyo"  # 21:00 there

    with nothing_moves():
        answer = client.post(act(order, "hold"), {"reason": "other", "release_at": "2026-11-23T20:59"})

    assert messages_of(answer) == ["Release at: That time is past."]


def test_the_form_says_whose_clock_it_reads(client):
    order = an_order()
    client.cookies[CHOSEN] = "Europe/Berlin"

    assert "Release at (Europe/Berlin)" in client.get(page("orders_order", order.pk)).content.decode()


def test_a_zone_is_chosen_and_given_up_again(client):
    client.cookies[BROWSERS] = "Europe/London"

    kept = client.post(reverse(PAGE), {"zone": "Europe/Berlin"}, follow=True)
    chosen = kept.context["present"]
    wrong = client.post(reverse(PAGE), {"zone": "Mars/Olympus"})
    client.post(reverse(PAGE), {"zone": ""})

    assert messages_of(kept) == ["That is kept in this browser."]
    assert messages_of(wrong) == ["There is no such time zone."]
    assert chosen == "Europe/Berlin"
    assert client.get(reverse(PAGE)).context["present"] == "Europe/London"


def test_the_api_speaks_in_utc_whatever_the_console_shows(client):
    order = an_order()
    Order.objects.filter(pk=order.pk).update(placed_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    client.cookies[CHOSEN] = "Europe/Berlin"

    answer = client.get(f"/admin/orders/{order.public_id}").json()

    assert datetime.fromisoformat(answer["order"]["created_at"]) == datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    assert "+01:00" not in answer["order"]["created_at"]

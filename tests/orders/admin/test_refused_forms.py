"""What staff typed is kept when it is refused, and nobody acts on an order as it was before a colleague changed it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from fulfillment.models import Fulfillment
from orders.enums import HoldReason
from orders.services import fulfilling, holds, notes
from tests.console import act, messages_of, page
from tests.factories import StaffFactory
from tests.scenarios import STAFF, items_of, kit, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clerk(client):
    client.force_login(StaffFactory(username="clerk"))


def step(answer, name, key=""):
    """The form of an act, as the page shows it."""
    return next(each for each in answer.context["steps"] if each.act == name and each.key.startswith(key))


def seen(client, order):
    return client.get(page("orders_order", order.pk))


def typed(form):
    return [each.value for each in form.units], {each.name: each.value for each in form.fields}


def test_quantities_that_are_refused_are_still_there_with_the_reason_beside_the_line(client):
    house = shop({"W1": {"LAMP": 2, "MUG": 5}})
    order = placed_order(house, {"LAMP": 2, "MUG": 3})
    lamp, mug = (order.lines.get(sku=sku) for sku in ("LAMP", "MUG"))
    offered = step(seen(client, order), "fulfill", "offer")

    with nothing_moves():
        answer = client.post(
            act(order, "fulfill"),
            {
                "form": offered.key,
                **offered.hidden,
                f"quantity_{lamp.pk}": "1",
                f"quantity_{mug.pk}": "7",
            },
        )

    again = step(answer, "fulfill", "offer")
    assert [(each.value, each.error) for each in again.units] == [
        ("1", ""),
        ("7", "MUG: 7 asked, 3 still to be fulfilled."),
    ]
    assert messages_of(answer) == ["MUG: 7 asked, 3 still to be fulfilled."]
    assert "MUG: 7 asked, 3 still to be fulfilled." in answer.content.decode()


def test_what_is_no_number_is_named_at_its_line(client):
    order = placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 2})
    name = f"quantity_{order.lines.get().pk}"

    answer = client.post(act(order, "fulfill"), {"form": "by-hand", name: "two"})

    form = step(answer, "fulfill", "by-hand")
    assert [(each.value, each.error) for each in form.units] == [("two", "two is not a quantity.")]
    assert form.is_open


def test_a_location_that_lacks_a_component_is_told_where_it_was_typed(client):
    house = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 0}})
    kit(house, "GIFT", {"LAMP": 1})
    order = placed_order(house, {"GIFT": 2})
    name = f"quantity_{order.lines.get().pk}"
    there = str(house.locations["W2"].pk)

    with nothing_moves():
        answer = client.post(act(order, "fulfill"), {"form": "by-hand", "location_id": there, name: "2"})

    form = step(answer, "fulfill", "by-hand")
    assert typed(form) == (["2"], {"location_id": there})
    assert "LAMP: 2 needed, 0 there" in form.units[0].error


def test_a_hold_whose_time_is_past_keeps_its_note(client):
    order = placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 2})
    given = {"reason": "address", "note": "Ask for the <number>", "release_at": "2001-01-01T00:00"}

    with nothing_moves():
        answer = client.post(act(order, "hold"), {"form": "hold", **given})

    form = step(answer, "hold")
    assert (typed(form)[1], form.is_open) == (given, True)
    assert [each.error for each in form.fields] == ["", "", "That time is past."]
    assert "Ask for the &lt;number&gt;" in answer.content.decode()


def test_tracking_numbers_of_a_parcel_are_kept_at_that_parcel(client):
    house = shop({"W1": {"LAMP": 2}})
    order = placed_order(house, {"LAMP": 2})
    for _ in range(2):
        fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": 1}), actor=STAFF)
    first, second = Fulfillment.objects.order_by("pk")

    answer = client.post(
        act(order, "ship"),
        {
            "form": f"ship-{second.pk}",
            "fulfillment_id": second.pk,
            "tracking_numbers": "A1",
            "tracking_url": "javascript:alert(1)",
        },
    )

    assert typed(step(answer, "ship", f"ship-{first.pk}"))[1]["tracking_numbers"] == ""
    assert typed(step(answer, "ship", f"ship-{second.pk}"))[1] == {
        "tracking_numbers": "A1",
        "carrier": "",
        "tracking_url": "javascript:alert(1)",
    }
    assert 'href="javascript:' not in answer.content.decode()


def test_an_act_on_an_order_that_a_colleague_changed_meanwhile_is_stopped_and_works_the_second_time(client):
    house = shop({"W1": {"LAMP": 2}})
    order = placed_order(house, {"LAMP": 2})
    offered = step(seen(client, order), "fulfill", "offer")
    given = {"form": offered.key, **offered.hidden, offered.units[0].name: "1", "revision": order.revision}
    notes.add_note(order_id=order.pk, body="Do not send the blue one.", actor=STAFF)

    with nothing_moves():
        stale = client.post(act(order, "fulfill"), given)
    order.refresh_from_db()
    done = client.post(act(order, "fulfill"), given | {"revision": stale.context["order"].revision}, follow=True)

    assert stale.status_code == 412
    (told,) = messages_of(stale)
    assert told.startswith(
        "Nothing was done: this order was changed after you opened it. The newest change: Note added"
    )
    assert "Do not send the blue one." in stale.content.decode()
    assert typed(step(stale, "fulfill", "offer"))[0] == ["1"]
    assert messages_of(done) == ["1 unit fulfilled."]


def test_acts_that_overwrite_nothing_are_done_whatever_a_colleague_did_meanwhile(client):
    order = placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 2})
    hold = holds.place_hold(order_id=order.pk, reason=HoldReason.FRAUD, actor=STAFF)
    shown = seen(client, order)
    unchecked = {each.act for each in shown.context["steps"] if not each.checked}
    notes.change_tags(order_id=order.pk, add=["vip"], actor=STAFF)

    client.post(act(order, "tag"), {"tags": "gift"})
    client.post(act(order, "release"), {"hold_id": hold.pk})

    order.refresh_from_db()
    assert unchecked == {"release", "hold"}
    assert (order.tags, order.open_holds) == (["vip", "gift"], 0)


def test_a_form_whose_proposal_is_gone_is_shown_with_the_one_by_hand(client):
    house = shop({"W1": {"LAMP": 2}})
    order = placed_order(house, {"LAMP": 2})
    name = f"quantity_{order.lines.get().pk}"

    answer = client.post(act(order, "fulfill"), {"form": "offer-elsewhere-True", name: "9"})

    assert typed(step(answer, "fulfill", "by-hand"))[0] == ["9"]


def test_an_order_that_is_not_there_is_not_found(client):
    order = placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 2})
    order.pk = uuid4()

    assert client.post(act(order, "note"), {"body": "x"}).status_code == 404

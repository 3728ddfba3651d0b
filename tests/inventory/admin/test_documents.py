"""Papers of stock in the console: made by a form with lines, moved on by the buttons that fit."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from inventory.models import Arrival, StockCount, StockShortage, Transfer
from inventory.services.counts import apply_count, create_count
from inventory.services.papers import Line
from tests.console import changelist, messages_of, page
from tests.factories import StaffFactory
from tests.scenarios import STAFF, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(client):
    client.force_login(StaffFactory(username="clerk"))
    return shop({"W1": {"LAMP": 5, "BIG LAMP": 0}, "W2": {"LAMP": 0}})


def add(client, model, **fields):
    return client.post(reverse(f"admin:inventory_{model}_add"), fields, follow=True)


def step(client, document, name, **fields):
    address = reverse(f"admin:inventory_{document._meta.model_name}_step", args=[document.pk, name])
    return client.post(address, fields, follow=True)


def buttons(client, document):
    shown = client.get(page(f"inventory_{document._meta.model_name}", document.pk))
    return [step.name for step in shown.context["steps"]]


def test_an_arrival_is_made_received_in_parts_and_closed(client, here):
    add(
        client,
        "arrival",
        location=here.locations["W1"].pk,
        reference="PO-7",
        expected_on="2026-12-01",
        items="LAMP 10\n\nBIG LAMP;\t2",
    )
    arrival = Arrival.objects.get()
    lamp = arrival.lines.get(item__sku="LAMP")
    first = buttons(client, arrival)

    received = step(client, arrival, "receive", **{f"quantity_{lamp.pk}": "4", f"damaged_{lamp.pk}": "1"})
    step(client, arrival, "close", reason="no more")

    assert first == ["receive", "close"]
    assert messages_of(received) == ["The goods are on the shelf; who waited for them got them first."]
    assert (here.sra("LAMP"), here.level("LAMP").incoming, here.level("BIG LAMP").incoming) == ((9, 0, 9), 0, 0)
    arrival.refresh_from_db()
    assert (arrival.status, arrival.placed_by["label"], buttons(client, arrival)) == ("closed", "clerk", [])


def test_a_transfer_is_sent_received_and_its_rest_given_up(client, here):
    add(client, "transfer", source=here.locations["W1"].pk, target=here.locations["W2"].pk, items="LAMP 3")
    transfer = Transfer.objects.get()
    shown = [buttons(client, transfer)]
    step(client, transfer, "send")
    shown.append(buttons(client, transfer))
    step(client, transfer, "receive", **{f"quantity_{transfer.lines.get().pk}": "2"})
    nameless = step(client, transfer, "close")
    step(client, transfer, "close", reason="broken")

    transfer.refresh_from_db()
    assert shown == [["send", "cancel"], ["receive", "close", "cancel"]]
    assert "Say in at most 200 letters where the rest is." in messages_of(nameless)[0]
    assert (transfer.status, transfer.loss_reason) == ("closed", "broken")
    assert (here.sra("LAMP"), here.sra("LAMP", "W2")) == ((2, 0, 2), (2, 0, 2))


def test_a_count_is_written_down_and_applied(client, here):
    add(client, "stockcount", location=here.locations["W1"].pk, items="")
    count = StockCount.objects.get()

    step(client, count, "record", items="LAMP 4")
    step(client, count, "apply")

    count.refresh_from_db()
    assert (count.status, here.sra("LAMP")) == ("applied", (4, 0, 4))


def test_lines_that_cannot_be_read_are_named_together(client, here):
    with nothing_moves():
        answer = add(client, "arrival", location=here.locations["W1"].pk, items="LAMP\nNOPE 3\nLAMP 2")

    html = answer.content.decode()
    assert "LAMP: write the sku, then how many." in html
    assert "There is no item NOPE." in html


def test_a_refused_step_says_why_and_moves_nothing(client, here):
    add(client, "transfer", source=here.locations["W2"].pk, target=here.locations["W1"].pk, items="LAMP 3")

    with nothing_moves():
        answer = step(client, Transfer.objects.get(), "send")

    assert "Not enough stock for LAMP: 3 asked, 0 available." in messages_of(answer)[0]


def test_a_shortage_is_listed_with_its_order_and_dealt_with(client, here):
    order = placed_order(here, {"LAMP": 5})
    lines = [Line(here.items["LAMP"].pk, 3)]
    count = create_count(location_id=here.locations["W1"].pk, lines=lines, actor=STAFF)
    apply_count(count_id=count.pk, actor=STAFF)
    shortage = StockShortage.objects.get()

    listed = client.get(changelist(StockShortage), {"state": "open"}).content.decode()
    answer = client.post(
        changelist(StockShortage), {"action": "settle", "_selected_action": [str(shortage.pk)]}, follow=True
    )

    shortage.refresh_from_db()
    assert page("orders_order", order.pk) in listed
    assert messages_of(answer) == ["Shortages that are dealt with: 1."]
    assert shortage.settled_by["label"] == "clerk"


def test_safety_stock_and_threshold_are_set_on_the_page_of_a_level(client, here):
    level = here.level("LAMP")
    address = reverse("admin:inventory_inventorylevel_keep", args=[level.pk])

    client.post(address, {"safety_stock": "2", "low_stock_threshold": "3"})

    level.refresh_from_db()
    assert (level.safety_stock, level.available, level.low_stock_threshold, level.is_low) == (2, 3, 3, True)


def test_a_refused_safety_stock_keeps_what_was_typed(client, here):
    level = here.level("LAMP")
    address = reverse("admin:inventory_inventorylevel_keep", args=[level.pk])

    answer = client.post(address, {"safety_stock": "-2", "low_stock_threshold": "3"})

    level.refresh_from_db()
    html = answer.content.decode()
    assert 'name="safety_stock" value="-2" required aria-invalid="true"' in html
    assert 'name="low_stock_threshold" value="3"' in html
    assert (level.safety_stock, level.low_stock_threshold) == (0, None)


def test_the_page_of_an_item_shows_what_is_on_its_way(client, here):
    add(client, "arrival", location=here.locations["W1"].pk, reference="PO-7", items="LAMP 10")

    shown = client.get(page("inventory_inventoryitem", here.items["LAMP"].pk))

    assert [(each["outstanding"], str(each["document"])) for each in shown.context["coming"]] == [
        (10, str(Arrival.objects.get()))
    ]
    assert "Newest movements" in shown.content.decode()


def test_who_may_not_change_levels_sees_no_button_and_presses_none(client, here):
    add(client, "transfer", source=here.locations["W1"].pk, target=here.locations["W2"].pk, items="LAMP 3")
    transfer = Transfer.objects.get()
    viewer = StaffFactory(is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_transfer"))
    client.force_login(viewer)

    assert buttons(client, transfer) == []
    assert step(client, transfer, "send").status_code == 403
    assert client.get(reverse("admin:inventory_transfer_add")).status_code == 403
    assert here.sra("LAMP") == (5, 0, 5)

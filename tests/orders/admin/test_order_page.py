"""The page of an order: what to do next is a button, a button is a service, and a refusal changes nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from fulfillment.models import Fulfillment
from fulfillment.services.fulfillments import Tracking
from orders.admin.acts import ACTS
from orders.enums import HoldReason
from orders.models import Hold
from orders.requests import LineRequest, PaymentRequest
from orders.services import fulfilling, holds, shipping
from tests.console import EVIL, a_house, act, messages_of, page, rich_order
from tests.factories import InventoryItemFactory, StaffFactory
from tests.scenarios import STAFF, items_of, kit, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    user = StaffFactory(username="clerk")
    client.force_login(user)
    return user


def _buttons(client, order):
    """The acts that the page offers: the last parts of the addresses its forms post to."""
    html = client.get(page("orders_order", order.pk)).content.decode()
    prefix = f"/console/orders/order/{order.pk}/act/"
    return {part.split("/")[0] for part in html.split(prefix)[1:]}


def _step(client, order, name):
    """The form of this act."""
    return next(step for step in client.get(page("orders_order", order.pk)).context["steps"] if step.act == name)


def _press(client, order, name, **fields):
    return client.post(act(order, name), fields, follow=True)


def _state(order):
    order.refresh_from_db()
    return order.status, order.fulfillment_status, order.open_holds, order.units_open


def test_an_order_is_fulfilled_shipped_and_delivered_by_its_buttons(client, clerk):
    house = shop({"W1": {"LAMP": 2}})
    order = placed_order(house, {"LAMP": 1})
    line = order.lines.get()

    packed = _press(client, order, "fulfill", **{f"quantity_{line.pk}": 1, "location_id": house.locations["W1"].pk})
    fulfillment = Fulfillment.objects.get()
    shipped = _press(client, order, "ship", fulfillment_id=fulfillment.pk, tracking_numbers="A1, A2", carrier="DHL")
    delivered = _press(client, order, "deliver", fulfillment_id=fulfillment.pk)

    assert [messages_of(answer) for answer in (packed, shipped, delivered)] == [
        ["1 unit fulfilled."],
        ["Shipped."],
        ["Marked as delivered."],
    ]
    assert house.sra("LAMP") == (1, 0, 1)
    assert [(p.tracking_number, p.carrier) for p in fulfillment.parcels.order_by("pk")] == [
        ("A1", "DHL"),
        ("A2", "DHL"),
    ]
    assert _state(order)[1] == "delivered"
    assert order.timeline.first().actor == {"kind": "staff", "id": str(clerk.pk), "label": "clerk"}
    assert recorded_events(order.pk)[-3:] == [
        "order.fulfillment_created",
        "order.shipment_created",
        "order.delivered",
    ]


def test_stock_held_in_two_locations_is_proposed_as_two_fulfillments(client, clerk):
    house = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 1}})
    order = placed_order(house, {"LAMP": 2})

    offers = client.get(page("orders_order", order.pk)).context["page"].offers

    assert [(offer.location, offer.units) for offer in offers] == [("W1", 1), ("W2", 1)]


def test_each_state_of_an_order_offers_what_policy_allows_and_nothing_else(client, clerk):
    house = shop({"W1": {"LAMP": 10}, "W2": {"LAMP": 0}})
    always = {"note", "tag", "mark-paid"}
    order = placed_order(house, {"LAMP": 1})

    assert _buttons(client, order) == always | {"fulfill", "move", "hold", "cancel"}

    hold = holds.place_hold(order_id=order.pk, reason=HoldReason.FRAUD, actor=STAFF)
    assert _buttons(client, order) == always | {"release", "move", "hold", "cancel"}

    holds.release_hold(order_id=order.pk, hold_id=hold.pk, actor=STAFF)
    packed = fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    assert _buttons(client, order) == always | {"ship", "unpack", "hold", "complete"}

    shipping.create_shipment(order_id=order.pk, fulfillment_id=packed.pk, parcels=[Tracking(number="1")], actor=STAFF)
    assert _buttons(client, order) == always | {"deliver", "hold", "complete"}

    shipping.mark_delivered(order_id=order.pk, fulfillment_id=packed.pk, actor=STAFF)
    assert _buttons(client, order) == always | {"hold", "complete"}

    _press(client, order, "complete")
    assert _buttons(client, order) == always | {"archive"}


def test_a_completed_order_is_unpacked_by_a_button_and_an_archived_one_has_none(client, clerk):
    order = placed_order(shop({"W1": {"LAMP": 10}}), {"LAMP": 1})
    packed = fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    _press(client, order, "complete")
    assert "unpack" in _buttons(client, order)

    _press(client, order, "unpack", fulfillment_id=packed.pk)
    assert _state(order) == ("pending", "not_fulfilled", 0, 1)

    fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    _press(client, order, "complete")
    _press(client, order, "archive")
    assert "unpack" not in _buttons(client, order)


def test_a_held_order_cannot_be_fulfilled_though_the_form_is_posted(client, clerk):
    house = shop({"W1": {"LAMP": 2}})
    order = placed_order(house, {"LAMP": 1})
    holds.place_hold(order_id=order.pk, reason=HoldReason.FRAUD, actor=STAFF)
    before = _state(order), house.sra("LAMP"), recorded_events()

    refused = _press(client, order, "fulfill", **{f"quantity_{order.lines.get().pk}": 1})

    assert messages_of(refused) == [f"Order {order} is on hold (suspected fraud). Release it first."]
    assert (_state(order), house.sra("LAMP"), recorded_events()) == before
    assert not Fulfillment.objects.exists()


def test_canceling_says_before_what_it_will_do_and_does_it(client, clerk):
    house = shop({"W1": {"LAMP": 2}})
    order = placed_order(house, {"LAMP": 2}, payments=[PaymentRequest(amount=Decimal(20), reference="pi_1")])

    effects = _step(client, order, "cancel").effects
    done = _press(client, order, "cancel", reason="customer")

    assert effects == [
        "The order will be worth $0.00 instead of $20.00.",
        "2 reserved units are released.",
        "$20.00 was paid and is to be given back where it was taken.",
        "This cannot be undone.",
    ]
    assert messages_of(done) == [f"Order {order} is canceled."]
    assert _state(order)[0] == "canceled"
    assert house.sra("LAMP") == (2, 0, 2)
    assert _buttons(client, order) == {"archive", "note", "tag"}


def test_canceling_a_fulfillment_puts_the_goods_back(client, clerk):
    house = shop({"W1": {"LAMP": 2}})
    order = placed_order(house, {"LAMP": 1})
    packed = fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)

    _press(client, order, "unpack", fulfillment_id=packed.pk)

    assert house.sra("LAMP") == (2, 1, 1)
    assert _state(order)[1] == "not_fulfilled"


def test_holds_notes_and_tags_are_kept(client, clerk):
    order = placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 1})

    _press(client, order, "hold", reason="address", note="No number", release_at="2999-01-02T03:04")
    _press(client, order, "note", body="Called them")
    _press(client, order, "tag", tags="gift, vip, gift")

    hold = Hold.objects.get()
    order.refresh_from_db()
    assert (hold.reason, hold.note, hold.release_at.isoformat()) == (
        "address",
        "No number",
        "2999-01-02T03:04:00+00:00",
    )
    assert [(note.body, note.author["label"]) for note in order.notes.all()] == [("Called them", "clerk")]
    assert order.tags == ["gift", "vip"]

    _press(client, order, "untag", tag="gift")
    _press(client, order, "remove-note", note_id=order.notes.get().pk)
    order.refresh_from_db()
    assert (order.tags, order.notes.count()) == (["vip"], 0)

    _press(client, order, "release", hold_id=hold.pk)
    assert _state(order)[2] == 0


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("hold", {"reason": "boredom"}, "Reason: Select a valid choice. boredom is not one of the available choices."),
        ("hold", {"reason": "other", "release_at": "2001-01-01T00:00"}, "Release at: That time is past."),
        ("fulfill", {}, "There is nothing to fulfill."),
        ("note", {"body": " "}, "The request is not valid. A note says something."),
    ],
)
def test_input_that_makes_no_sense_is_refused_with_a_sentence(client, clerk, name, fields, sentence):
    order = placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 1})
    before = order.revision, recorded_events()

    refused = _press(client, order, name, **fields)

    order.refresh_from_db()
    assert messages_of(refused) == [sentence]
    assert (order.revision, recorded_events()) == before


def test_buttons_are_posts_with_a_token(client, clerk, django_user_model):
    order = placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 1})
    client.handler.enforce_csrf_checks = True

    assert client.get(act(order, "cancel")).status_code == 405
    assert client.post(act(order, "cancel"), {"reason": "other"}).status_code == 403
    assert _state(order)[0] == "pending"


def test_who_may_only_look_sees_no_buttons_and_presses_none(client):
    house = shop({"W1": {"LAMP": 2}})
    order = placed_order(house, {"LAMP": 1})
    viewer = StaffFactory(is_superuser=False)
    viewer.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(viewer)

    assert _buttons(client, order) == set()
    for name in ACTS:
        assert client.post(act(order, name), {"reason": "other", "body": "x"}).status_code == 403
    assert _state(order) == ("pending", "not_fulfilled", 0, 1)


def test_the_money_card_explains_the_total(client, clerk):
    order = rich_order(a_house())

    context = client.get(page("orders_order", order.pk)).context

    assert [(row.label, str(row.amount)) for row in context["money_rows"]] == [
        ("Goods", "£30.00"),
        ("Shipping", "£5.00"),
        ("Discounts", "-£1.00"),
        ("Taxes", "£6.80"),
        ("VAT 20 %", "£6.80"),
        ("difference to the source's total", "-£1.00"),
        (f"Given back: goodwill ({EVIL})", "-£2.00"),
        ("Total", "£37.80"),
        ("when it was placed", "£39.80"),
        ("Paid", "£20.00"),
    ]
    assert (context["balance"]["label"], str(context["balance"]["amount"])) == ("The customer owes", "£17.80")


def test_a_price_below_the_smallest_coin_is_shown_whole(client, clerk):
    InventoryItemFactory(sku="SCREW", is_stocked=False)
    house = shop({"W1": {"LAMP": 1}})
    order = placed_order(house, [LineRequest(sku="SCREW", quantity=1000, unit_price=Decimal("0.0125"))])

    html = client.get(page("orders_order", order.pk)).content.decode()

    assert "0.0125 USD" in html
    assert "$12.50" in html


def test_what_customers_type_is_never_run(client, clerk):
    order = rich_order(a_house())

    html = client.get(page("orders_order", order.pk)).content.decode()

    assert EVIL not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 10


def test_reserved_goods_are_moved_by_a_button_and_a_shortage_is_told(client, clerk):
    house = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 1}})
    kit(house, "GIFT", {"LAMP": 1})
    order = placed_order(house, {"GIFT": 2})
    line = order.lines.get()
    places = {"from_location_id": house.locations["W1"].pk, "to_location_id": house.locations["W2"].pk}

    moved = _press(client, order, "move", **places, **{f"quantity_{line.pk}": 1})
    short = _press(client, order, "move", **places, **{f"quantity_{line.pk}": 1})

    assert messages_of(moved) == ["1 unit is held there now."]
    assert messages_of(short) == [
        "Not enough stock for GIFT: 1 asked, 0 available (LAMP: 1 needed, 0 there).",
    ]
    assert (house.sra("LAMP"), house.sra("LAMP", "W2")) == ((5, 1, 4), (1, 1, 0))
    html = short.content.decode()
    assert "1 x LAMP reserved · W2" in html
    assert "from: W1" in html

"""Placing: an order is there with everything that belongs to it, or nothing is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.services.selling import selling
from inventory.errors import InsufficientStock, NoStockLocation, UnknownSku
from inventory.models import Reservation, SourcingDecision, StockMovement
from oms.core.errors import InvalidInput
from oms.core.models import OutboxEvent
from oms.core.transactions import atomic
from orders.errors import SalesChannelDisabled
from orders.models import Customer, Order, OrderLine
from orders.requests import DiscountRequest, LineRequest, TaxRequest, parse
from orders.services.fulfilling import FulfillItem, Proposal, proposals
from orders.services.placement import Options, Placed, Stock, place_orders
from orders.totals import DiscountExceedsPrice
from tests.factories import InventoryItemFactory, StockLocationFactory
from tests.scenarios import STAFF, nothing_moves, place, placed_order, recorded_events, request, shop, state

pytestmark = pytest.mark.django_db


def place_all(a_shop, *requests, **options) -> list[Placed]:
    return place_orders(
        requests=requests, selling=selling(a_shop.channel.code), actor=STAFF, options=Options(**options)
    )


def held(order_id) -> list[tuple[str, str, int, int]]:
    rows = Reservation.objects.filter(order_id=order_id).order_by("level__location__priority", "level__item__sku")
    return list(rows.values_list("level__location__name", "level__item__sku", "quantity", "backordered"))


# --- stock -----------------------------------------------------------------------------------------------------------


def test_a_unit_that_is_sold_is_held_and_priced_with_discount_and_tax():
    lamps = shop({"W1": {"LAMP": 2}})
    line = LineRequest(
        sku="LAMP",
        quantity=1,
        unit_price=Decimal(100),
        discounts=[DiscountRequest(code="TEN", amount=Decimal(10))],
        tax_lines=[TaxRequest(name="VAT", rate=Decimal(6))],
    )

    order = placed_order(lamps, [line])

    assert (order.item_subtotal, order.discount_total, order.tax_total, order.total) == (
        100,
        10,
        Decimal("5.40"),
        Decimal("95.40"),
    )
    assert lamps.sra("LAMP") == (2, 1, 1)
    assert held(order.pk) == [("W1", "LAMP", 1, 0)]
    assert recorded_events(order.pk) == ["order.placed"]
    assert state(order) == ("pending", "not_paid", "not_fulfilled", 1)


def test_more_than_there_is_is_refused_with_what_was_asked_and_what_is_available():
    lamps = shop({"W1": {"LAMP": 2}})

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        place(lamps, {"LAMP": 3}, email="ann@example.com")

    assert [(error.pointer, error.facts) for error in refusal.value.errors] == [
        ("/items/0/quantity", {"sku": "LAMP", "requested": 3, "available": 2})
    ]
    assert str(refusal.value) == "Not enough stock for LAMP: 3 asked, 2 available."


def test_all_that_is_short_is_told_at_once_and_lines_of_one_sku_are_summed():
    lamps = shop({"W1": {"LAMP": 2, "BULB": 1, "CORD": 5}})
    lines = [LineRequest(sku=sku, quantity=2, unit_price=Decimal(1)) for sku in ("LAMP", "CORD", "BULB", "LAMP")]

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        place(lamps, lines)

    assert [(error.pointer, error.facts["requested"], error.facts["available"]) for error in refusal.value.errors] == [
        ("/items/0/quantity", 4, 2),
        ("/items/2/quantity", 2, 1),
    ]


def test_what_may_be_backordered_holds_what_there_is_and_waits_for_the_rest():
    lamps = shop({"W1": {"LAMP": 2}}, allow_backorder=True)

    order = placed_order(lamps, {"LAMP": 3})

    assert held(order.pk) == [("W1", "LAMP", 2, 1)]
    assert (lamps.sra("LAMP"), lamps.level("LAMP").backordered) == ((2, 2, 0), 1)


def test_what_lies_nowhere_yet_waits_at_the_first_active_location():
    lamps = shop({"W0": {}, "W1": {}, "W2": {"BULB": 1}}, allow_backorder=True)
    lamps.locations["W0"].is_active = False
    lamps.locations["W0"].save()
    InventoryItemFactory(sku="LAMP", allow_backorder=True)

    order = placed_order(lamps, {"LAMP": 3})

    assert held(order.pk) == [("W1", "LAMP", 0, 3)]


def test_the_shortage_waits_where_the_item_is_kept_also_when_others_of_the_order_lie_elsewhere():
    lamps = shop({"W1": {"BULB": 5}, "W2": {"LAMP": 1}}, allow_backorder=True)

    order = placed_order(lamps, {"LAMP": 3, "BULB": 1})

    assert held(order.pk) == [("W1", "BULB", 1, 0), ("W2", "LAMP", 1, 2)]


@pytest.mark.parametrize("allow_backorder", [False, True])
def test_a_channel_without_a_location_does_not_sell_from_stock(allow_backorder):
    nowhere = shop({})
    InventoryItemFactory(sku="LAMP", allow_backorder=allow_backorder)

    with nothing_moves(), pytest.raises(NoStockLocation) as refusal:
        place(nowhere, {"LAMP": 1})

    assert refusal.value.facts == {"sku": "LAMP"}


def test_a_channel_without_a_location_sells_what_is_not_stocked():
    nowhere = shop({})
    InventoryItemFactory(sku="ADVICE", is_stocked=False, requires_shipping=False)

    order = placed_order(nowhere, {"ADVICE": 1})

    assert (state(order), held(order.pk), StockMovement.objects.count()) == (
        ("pending", "not_paid", "not_fulfilled", 1),
        [],
        0,
    )


def test_stock_of_a_location_that_is_not_linked_or_not_active_is_not_seen():
    lamps = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 5}})
    lamps.locations["W2"].is_active = False
    lamps.locations["W2"].save()
    StockLocationFactory()

    with pytest.raises(InsufficientStock) as refusal:
        place(lamps, {"LAMP": 2})

    assert refusal.value.facts["available"] == 1


def test_a_line_is_split_over_locations_and_two_fulfillments_are_proposed():
    lamps = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 1}})

    order = placed_order(lamps, {"LAMP": 2})

    (line,) = order.lines.all()
    assert held(order.pk) == [("W1", "LAMP", 1, 0), ("W2", "LAMP", 1, 0)]
    assert proposals(order, [line]) == [
        Proposal(lamps.locations[name].pk, [FulfillItem(line.pk, 1)]) for name in ("W1", "W2")
    ]
    decision = SourcingDecision.objects.get(order_id=order.pk)
    assert (decision.parcels, [(each["code"], each["units_taken"]) for each in decision.candidates]) == (
        2,
        [("w1", 1), ("w2", 1)],
    )


def test_goods_that_ship_services_and_free_text_are_proposed_together_as_far_as_they_ship():
    lamps = shop({"W1": {"LAMP": 1}})
    InventoryItemFactory(sku="ADVICE", is_stocked=False, requires_shipping=False)
    lines = [
        LineRequest(sku="LAMP", quantity=1, unit_price=Decimal(9)),
        LineRequest(sku="ADVICE", quantity=1, unit_price=Decimal(9)),
        LineRequest(title="Ribbon", quantity=2, unit_price=Decimal(1)),
        LineRequest(title="Handling", quantity=1, unit_price=Decimal(1), kind="fee"),
        LineRequest(title="Voucher", quantity=1, unit_price=Decimal(50), kind="gift_card"),
    ]

    order = placed_order(lamps, lines)

    lamp, advice, ribbon, _, voucher = order.lines.all()
    assert proposals(order, [lamp, advice, ribbon, voucher]) == [
        Proposal(lamps.locations["W1"].pk, [FulfillItem(lamp.pk, 1), FulfillItem(ribbon.pk, 2)]),
        Proposal(None, [FulfillItem(advice.pk, 1), FulfillItem(voucher.pk, 1)], ships=False),
    ]
    assert order.units_open == 5


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_channel_that_is_switched_off_takes_no_orders():
    lamps = shop({"W1": {"LAMP": 2}})
    lamps.channel.is_active = False
    lamps.channel.save()

    with nothing_moves(), pytest.raises(SalesChannelDisabled):
        place(lamps, {"LAMP": 1})


def test_skus_that_nobody_knows_are_named_all_of_them():
    lamps = shop({"W1": {"LAMP": 2}})

    with nothing_moves(), pytest.raises(UnknownSku) as refusal:
        place(lamps, {"LAMP": 1, "LAMB": 1, "lamp": 1})

    assert [(error.pointer, error.facts) for error in refusal.value.errors] == [
        ("/items/1/sku", {"sku": "LAMB"}),
        ("/items/2/sku", {"sku": "lamp"}),
    ]


def test_an_import_keeps_a_sku_that_nobody_knows_as_a_line_without_stock():
    lamps = shop({"W1": {"LAMP": 2}})

    (placed,) = place_all(lamps, request({"LAMP": 1, "LAMB": 3}), keep_unknown_skus=True)

    lines = OrderLine.objects.filter(order_id=placed.order_id).values_list("sku", "title", "is_stocked", "quantity")
    assert list(lines) == [("LAMP", "Thing LAMP", True, 1), ("LAMB", "LAMB", False, 3)]


# --- the same again --------------------------------------------------------------------------------------------------


def test_an_external_id_is_placed_once_in_its_channel():
    lamps, other = shop({"W1": {"LAMP": 2}}), shop({"W2": {"BULB": 2}})
    first = place(lamps, {"LAMP": 1}, external_id="A-1")

    with nothing_moves():
        again = place(lamps, {"LAMP": 1}, external_id="A-1")
    elsewhere = place(other, {"BULB": 1}, external_id="A-1")

    assert (first.existing, again.existing, again.order_id, again.number) == (False, True, first.order_id, first.number)
    assert (elsewhere.existing, Order.objects.count(), lamps.sra("LAMP")) == (False, 2, (2, 1, 1))


@pytest.mark.parametrize("copy", [False, True])
def test_a_batch_places_what_it_can_and_says_of_the_rest_why(copy):
    lamps = shop({"W1": {"LAMP": 3, "BULB": 100}})
    seen = place(lamps, {"BULB": 1}, external_id="seen")
    dear = LineRequest(sku="BULB", quantity=1, unit_price=Decimal(1), discounts=[DiscountRequest(amount=Decimal(2))])

    outcome = place_all(
        lamps,
        request({"LAMP": 2}, external_id="first", email="first@example.com"),
        request({"BULB": 1}, external_id="seen"),
        request({"LAMB": 1}, external_id="unknown", email="unknown@example.com"),
        request({"LAMP": 2}, external_id="short", email="short@example.com"),
        request({"LAMP": 1}, external_id="last"),
        request({"LAMP": 1}, external_id="first"),
        request({"BULB": 1}, external_id="unknown"),
        request([dear]),
        copy=copy,
    )

    assert [type(placed.refusal).__name__ if placed.refusal else placed.existing for placed in outcome] == [
        *(False, True, "UnknownSku", "InsufficientStock", False, True, False, "DiscountExceedsPrice"),
    ]
    assert (outcome[1].order_id, outcome[5].order_id) == (seen.order_id, outcome[0].order_id)
    assert [placed.order_id for placed in outcome if placed.refusal] == [None, None, None]
    assert lamps.sra("LAMP") == (3, 3, 0)
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["first", "last", "seen", "unknown"]
    assert list(Customer.objects.values_list("email", flat=True)) == ["first@example.com"]


def test_a_batch_placed_again_creates_nothing():
    lamps = shop({"W1": {"LAMP": 100}})
    requests = [
        request({"LAMP": 1}, external_id=str(number), email=f"{number % 5}@example.com") for number in range(20)
    ]
    first = place_all(lamps, *requests)

    with nothing_moves():
        again = place_all(lamps, *requests)

    assert [placed.existing for placed in first + again] == [False] * 20 + [True] * 20
    assert [placed.order_id for placed in again] == [placed.order_id for placed in first]


def test_a_batch_within_a_transaction_of_the_caller_leaves_what_was_written_there():
    lamps = shop({"W1": {"LAMP": 1}})

    with atomic():
        Customer.objects.create(email="before@example.com")
        outcome = place_all(lamps, request({"LAMP": 5}), request({"LAMP": 1}))

    assert [placed.refusal is None for placed in outcome] == [False, True]
    assert (Customer.objects.count(), Order.objects.count()) == (1, 1)


# --- everything that belongs to an order -----------------------------------------------------------------------------


def test_customers_are_found_by_their_id_in_the_channel_or_by_e_mail_without_case():
    lamps = shop({"W1": {"LAMP": 100}})
    person = {"external_id": "c-7", "first_name": "Ann", "last_name": "Lee", "company_name": "Lee & Co"}
    addressed = {"first_name": "Bob", "last_name": "Ray", "company": "Ray Ltd"}
    bodies = [
        {"email": "ann@example.com", "customer": person},
        {"email": "other@example.com", "customer": {"external_id": "c-7", "first_name": "Anna"}},
        {"email": "Bob@Example.com", "billing_address": addressed},
        {"email": "bob@example.COM"},
        {},
    ]

    place_all(lamps, *[parse(_body(items=[_item("LAMP")], **body)) for body in bodies])

    people = Customer.objects.order_by("external_id")
    assert list(people.values_list("external_id", "email", "first_name", "company_name")) == [
        ("c-7", "ann@example.com", "Ann", "Lee & Co"),
        (None, "Bob@Example.com", "Bob", "Ray Ltd"),
    ]
    ann, bob = people
    assert list(Order.objects.order_by("number").values_list("customer", flat=True)) == [
        *(ann.pk, ann.pk, bob.pk, bob.pk, None)
    ]


def test_a_request_with_everything_becomes_an_order_with_everything():
    lamps = shop({"W1": {"LAMP": 5}})
    body = _body(
        currency_code="gbp",
        external_id="WEB/1 'ü\\\"",
        placed_at="2026-01-02T03:04:05+02:00",
        email="ann@example.com",
        phone="+44 1",
        shipping_address={"first_name": "Ann", "address_1": "1 High St", "city": "Leeds", "country_code": "GB"},
        billing_address={"company": "Lee & Co", "postal_code": "LS1", "country_name": "United Kingdom"},
        items=[
            _item("LAMP", quantity=2, unit_price=10, metadata={"gift": True}, title="Lamp, red"),
            {"quantity": 1, "unit_price": 3.5, "title": "Engraving", "requires_shipping": False},
        ],
        shipping_methods=[{"name": "Parcel", "code": "std", "amount": 4.99}],
        discounts=[{"code": "ONE", "description": "One off", "amount": 1}],
        credit_lines=[{"amount": 2, "note": "sorry"}],
        payments=[
            {"amount": 20, "reference": "ch_1", "method": "card", "refunded": 2},
            {"amount": 10, "captured": 0, "method": "invoice"},
        ],
        total=27.5,
        tags=["vip", "web"],
        notes=["Ring twice", "Fragile"],
        metadata={"cart": {"id": 7}},
    )

    order = placed_order_of(lamps, body)

    assert (order.currency, order.external_id, order.email, order.phone) == (
        "GBP",
        "WEB/1 'ü\\\"",
        "ann@example.com",
        "+44 1",
    )
    assert (order.placed_at, order.tags, order.metadata) == (
        datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC),
        ["vip", "web"],
        {"cart": {"id": 7}},
    )
    amounts = (
        "item_subtotal",
        "shipping_subtotal",
        "discount_total",
        "tax_total",
        "adjustment_total",
        "credit_total",
        "original_total",
        "total",
        "captured_total",
        "refunded_total",
    )
    assert [str(getattr(order, name)) for name in amounts] == [
        *("23.5000", "4.9900", "1.0000", "0.0000", "0.0100", "2.0000", "27.5000", "25.5000", "20.0000", "2.0000")
    ]
    assert str(order.balance) == "£7.50"
    assert state(order) == ("pending", "partially_refunded", "not_fulfilled", 3)
    assert list(
        order.lines.values_list("sku", "title", "quantity", "subtotal", "discount_total", "total", "metadata")
    ) == [
        ("LAMP", "Lamp, red", 2, 20, Decimal("0.85"), Decimal("19.15"), {"gift": True}),
        ("", "Engraving", 1, Decimal("3.5"), Decimal("0.15"), Decimal("3.35"), {}),
    ]
    assert list(
        order.adjustments.order_by("kind", "line__position").values_list("kind", "code", "amount", "line__position")
    ) == [
        ("discount", "ONE", Decimal("0.85"), 0),
        ("discount", "ONE", Decimal("0.15"), 1),
        ("source_difference", "", Decimal("0.01"), None),
    ]
    assert list(order.shipping_lines.values_list("name", "code", "total")) == [("Parcel", "std", Decimal("4.99"))]
    assert list(order.addresses.order_by("kind").values_list("kind", "company", "city", "country_code")) == [
        ("billing", "Lee & Co", "", ""),
        ("shipping", "", "Leeds", "gb"),
    ]
    assert list(
        order.payments.order_by("pk").values_list(
            "reference", "method", "amount", "captured", "refunded", "captured_at"
        )
    ) == [
        ("ch_1", "card", 20, 20, 2, order.placed_at),
        ("", "invoice", 10, 0, 0, None),
    ]
    assert list(order.credit_lines.values_list("amount", "reason", "note")) == [(2, "goodwill", "sorry")]
    assert sorted(order.notes.values_list("body", flat=True)) == ["Fragile", "Ring twice"]
    assert list(order.timeline.values_list("action", "facts")) == [("order.placed", {"total": "25.50 GBP", "lines": 2})]


def test_an_order_that_was_called_off_already_is_worth_nothing_and_holds_nothing():
    lamps = shop({"W1": {"LAMP": 5}})
    body = _body(
        items=[_item("LAMP", unit_price=9)],
        canceled_at="2026-01-02T00:00:00Z",
        cancel_reason="customer",
        payments=[{"amount": 9, "refunded": 9}],
        credit_lines=[{"amount": 4}],
    )

    order = placed_order_of(lamps, body)

    assert (order.total, order.original_total, order.balance.amount, order.cancel_reason) == (0, 9, 0, "customer")
    assert sum(order.credit_lines.values_list("amount", flat=True)) == 9
    assert state(order) == ("canceled", "refunded", "canceled", 0)
    assert lamps.sra("LAMP") == (5, 0, 5)


def test_what_was_sent_before_is_not_held():
    lamps = shop({"W1": {"LAMP": 5}})

    part = placed_order_of(lamps, _body(items=[_item("LAMP", quantity=3, quantity_fulfilled=2)]))
    whole = placed_order_of(lamps, _body(items=[_item("LAMP", quantity=3, quantity_fulfilled=3)]))

    assert state(part) == ("pending", "not_paid", "partially_shipped", 1)
    assert state(whole)[2:] == ("shipped", 0)
    assert lamps.sra("LAMP") == (5, 1, 4)


def test_sales_of_the_past_leave_stock_as_it_is_and_are_not_announced():
    lamps = shop({"W1": {"LAMP": 1}})

    outcome = place_all(lamps, request({"LAMP": 50}), stock=Stock.SKIP, announce=False)

    assert [placed.refusal for placed in outcome] == [None]
    assert (lamps.sra("LAMP"), recorded_events(outcome[0].order_id)) == ((1, 0, 1), [])


def test_payments_and_credits_are_rounded_to_the_currency_before_they_are_summed():
    lamps = shop({"W1": {"LAMP": 5}})
    paid = [{"amount": 10.5}, {"amount": 10.5, "captured": 4.4, "refunded": 0.5}]
    body = _body(
        currency_code="JPY", items=[_item("LAMP", unit_price=50)], payments=paid, credit_lines=[{"amount": 1.5}]
    )

    order = placed_order_of(lamps, body)

    payments = order.payments.order_by("pk")
    assert list(payments.values_list("amount", "captured", "refunded")) == [(11, 11, 0), (11, 4, 1)]
    assert list(order.credit_lines.values_list("amount", flat=True)) == [2]
    assert (order.captured_total, order.refunded_total, order.total) == (15, 1, 48)


def test_levels_for_what_waits_are_made_before_any_level_is_locked():
    lamps = shop({"W1": {"BULB": 5}}, allow_backorder=True)
    InventoryItemFactory(sku="LAMP", allow_backorder=True)

    with CaptureQueriesContext(connection) as captured:
        place(lamps, {"BULB": 1, "LAMP": 1})

    statements = [query["sql"] for query in captured.captured_queries]
    (made,) = [index for index, sql in enumerate(statements) if "INSERT INTO inventory_inventorylevel" in sql]
    assert made < min(index for index, sql in enumerate(statements) if "FOR UPDATE OF level" in sql)


def test_a_sample_is_an_order_of_nothing():
    lamps = shop({"W1": {"LAMP": 1}})

    order = placed_order_of(lamps, _body(items=[_item("LAMP", unit_price=0)]))

    assert (order.is_sample, order.total, state(order)) == (True, 0, ("pending", "captured", "not_fulfilled", 1))


def test_the_event_of_an_order_says_what_was_placed_and_nothing_of_the_person():
    lamps = shop({"W1": {"LAMP": 1}})
    body = _body(
        email="ann@example.com",
        phone="+44 1",
        customer={"first_name": "Ann"},
        notes=["Ann rang"],
        shipping_address={"first_name": "Ann", "city": "Leeds"},
        items=[_item("LAMP", unit_price=1.5)],
    )

    order = placed_order_of(lamps, body)

    (event,) = OutboxEvent.objects.filter(stream=order.pk)
    assert event.data == {
        "order_id": order.public_id,
        "channel": lamps.channel.code,
        "external_id": None,
        "total": "1.50",
        "currency_code": "USD",
        "lines": 1,
    }
    assert (event.sequence, event.actor) == (1, STAFF.as_dict())


# --- the door --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"", [""]),
        (b"[]", [""]),
        (b"{", [""]),
        (b"\xff", [""]),
        (b'{"currency_code": "USD", "metadata": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", [""]),
        ({"items": [{"quantity": 1, "unit_price": 1}], "currency_code": "XQQ"}, ["/currency_code"]),
        ({"items": [], "currency_code": "USD"}, ["/items"]),
        ({"currency_code": "USD\n"}, ["/currency_code"]),
        ({"email": "ann@example.com\n"}, ["/email"]),
        ({"email": "ann"}, ["/email"]),
        ({"shipping_address": {"country_code": "GB\n"}}, ["/shipping_address/country_code"]),
        ({"unknown": 1}, [""]),
        ({"placed_at": "2026-01-01T00:00:00"}, ["/placed_at"]),
        ({"placed_at": "0001-01-01T00:00:00+14:00"}, ["/placed_at"]),
        ({"cancel_reason": "fraud"}, ["/canceled_at"]),
        (
            {"tags": ["a\0b"], "metadata": {"x": {"y/z": ["\0"]}, "\0": 1}},
            ["/tags/0", "/metadata/x/y~1z/0", "/metadata"],
        ),
        ({"notes": ["\0"]}, ["/notes/0"]),
        ({"items": [{"quantity": 1, "unit_price": 1, "title": "nul\0"}]}, ["/items/0/title"]),
        ({"items": [{"quantity": 0, "unit_price": 1}]}, ["/items/0/quantity"]),
        ({"items": [{"quantity": 2, "unit_price": 1, "quantity_fulfilled": 3}]}, ["/items/0/quantity_fulfilled"]),
        (
            {"items": [{"quantity": 1, "unit_price": price} for price in ("NaN", "Infinity", -1, 1e13)]},
            [f"/items/{n}/unit_price" for n in range(4)],
        ),
        (
            {"items": [{"quantity": 1, "unit_price": 1, "tax_lines": [{"name": "x", "rate": 1000}]}]},
            ["/items/0/tax_lines/0/rate"],
        ),
        (
            {"discounts": [{"percent": "NaN"}, {"percent": 101}, {}]},
            ["/discounts/0/percent", "/discounts/1/percent", "/discounts/2"],
        ),
        (
            {"payments": [{"amount": "sNaN"}, {"amount": 1, "captured": 2}, {"amount": 1, "refunded": 2}]},
            ["/payments/0/amount", "/payments/1/captured", "/payments/2/refunded"],
        ),
        ({"payments": [{"amount": 9e14}, {"amount": 9e14}]}, ["/payments"]),
        ({"total": "Infinity"}, ["/total"]),
    ],
)
def test_what_cannot_be_an_order_is_refused_at_the_door_naming_each_field(body, pointers):
    usual = {"currency_code": "USD", "items": [{"quantity": 1, "unit_price": 1}]}
    text = body if isinstance(body, bytes) else json.dumps(usual | body)

    with pytest.raises(InvalidInput) as refusal:
        parse(text)

    assert [error.pointer for error in refusal.value.errors] == pointers


def test_text_that_only_looks_like_nul_is_text():
    assert parse(_body(items=[_item("LAMP")], notes=["\\u0000"])).notes == ["\\u0000"]


def _item(sku, **fields):
    return {"sku": sku, "quantity": 1, "unit_price": 10} | fields


def _body(**fields):
    return json.dumps({"currency_code": "USD"} | fields)


def placed_order_of(a_shop, body) -> Order:
    (placed,) = place_all(a_shop, parse(body))
    assert placed.refusal is None
    return Order.objects.get(pk=placed.order_id)


def test_the_largest_amounts_that_pass_the_door_can_be_stored():
    lamps = shop({"W1": {}})
    body = _body(
        items=[
            {"quantity": 99, "unit_price": 9_999_999_999_999, "title": "Moon", "tax_lines": [{"name": "x", "rate": 1}]}
        ]
    )

    order = placed_order_of(lamps, body)

    assert order.total == Decimal("999899999999900.01")


def test_a_discount_that_is_too_large_is_refused_before_anything_is_written():
    lamps = shop({"W1": {"LAMP": 1}})

    with nothing_moves(), pytest.raises(DiscountExceedsPrice):
        place(lamps, {"LAMP": 1}, email="ann@example.com", discounts=[DiscountRequest(amount=Decimal("10.01"))])

"""Everything that belongs to an order is there once it is placed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from oms.core.models import OutboxEvent
from orders.models import Customer, Order
from orders.requests import parse
from tests.scenarios import STAFF, place_all, shop, state

pytestmark = pytest.mark.django_db


def _item(sku, **fields):
    return {"sku": sku, "quantity": 1, "unit_price": 10} | fields


def _body(**fields):
    return json.dumps({"currency_code": "USD"} | fields)


def placed_order_of(a_shop, body) -> Order:
    (placed,) = place_all(a_shop, parse(body))
    assert placed.refusal is None
    return Order.objects.get(pk=placed.order_id)


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


def test_the_largest_amounts_that_pass_the_door_can_be_stored():
    lamps = shop({"W1": {}})
    body = _body(
        items=[
            {"quantity": 99, "unit_price": 9_999_999_999_999, "title": "Moon", "tax_lines": [{"name": "x", "rate": 1}]}
        ]
    )

    order = placed_order_of(lamps, body)

    assert order.total == Decimal("999899999999900.01")

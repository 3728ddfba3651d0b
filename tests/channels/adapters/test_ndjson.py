"""Orders as JSON lines: what is taken, what is refused, and that an export comes back as it was."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from channels.models import ImportRun
from channels.services.exports import export_orders
from orders.enums import CancelReason, HoldReason
from orders.models import Order
from orders.services.cancellation import cancel_order
from orders.services.holds import place_hold
from orders.services.notes import add_note
from tests.channels.importing import bring_in, ndjson_file, order, rejects, retail
from tests.scenarios import STAFF, place, shop

pytestmark = pytest.mark.django_db


def _of(channel) -> list[dict]:
    return [json.loads(line) for line in export_orders(channel_id=channel.pk)]


RICH = order(
    "A-7",
    email="ada@example.org",
    phone="+44 20 7946 0000",
    customer={"external_id": "c-9", "first_name": "Ada", "last_name": "Lovelace", "company_name": "Engines Ltd"},
    shipping_address={
        "first_name": "Ada",
        "last_name": "Lovelace",
        "address_1": "12 St James's Square",
        "city": "London",
        "postal_code": "SW1Y 4JH",
        "country_code": "GB",
    },
    billing_address={"company": "Engines Ltd", "country_code": "ie", "country_name": "EIRE"},
    items=[
        {
            "sku": "LAMP",
            "title": "Lamp, brass",
            "quantity": 3,
            "unit_price": 9.99,
            "tax_lines": [{"name": "VAT", "code": "S", "rate": 20}],
            "discounts": [{"code": "SPRING", "description": "Spring sale", "percent": 10}],
            "quantity_fulfilled": 2,
            "metadata": {"engraving": "A.L.", "depth": 0.25, "nested": {"é": [1, None]}},
        },
        {"title": "Gift wrap", "kind": "fee", "quantity": 1, "unit_price": 1.5},
        {"sku": "VOUCHER", "kind": "gift_card", "requires_shipping": False, "quantity": 1, "unit_price": 25},
    ],
    shipping_methods=[
        {"name": "Courier", "code": "DPD", "amount": 4.95, "tax_lines": [{"name": "VAT", "rate": 20}]},
        {"name": "Pallet", "amount": 10, "quantity": 2, "discounts": [{"amount": 5}]},
    ],
    discounts=[{"code": "TEN", "amount": 10}],
    prices_include_tax=True,
    payments=[
        {"amount": 60, "reference": "ch_1", "method": "card", "refunded": 7.5, "captured_at": "2024-05-01T10:00:05Z"},
        {"amount": 20, "method": "voucher", "captured": 0},
    ],
    credit_lines=[{"amount": 7.5, "reason": "goodwill", "reference": "r-1", "note": "scratched"}],
    total=75.0,
    tags=["vip", "wholesale"],
    notes=["Ring twice.", "Fragile"],
    metadata={"utm": "spring", "ids": [1, 2]},
)


def test_an_export_comes_back_as_the_same_orders_and_the_same_bytes(tmp_path):
    first, second = retail("first"), retail("second")
    path = ndjson_file(
        tmp_path / "in.ndjson",
        RICH,
        order("A-8", canceled_at="2024-05-02T00:00:00Z", cancel_reason="customer", payments=[{"amount": 20}]),
        order("A-9", currency_code="JPY", items=[{"title": "茶", "quantity": 1, "unit_price": 1200}]),
        order("A-10", items=[], shipping_methods=[{"name": "Post", "amount": 3}]),
        order("A-11", items=[{"sku": "LAMP", "quantity": 2, "unit_price": 0.333333, "quantity_fulfilled": 2}]),
    )
    bring_in(path, "first")

    exported = tmp_path / "out.ndjson.gz"
    call_command("export_orders", str(exported), channel="first", stdout=io.StringIO())
    code, answer = bring_in(exported, "second")

    assert (code, answer["created"], answer["rejects"]) == (0, 5, 0)
    assert list(export_orders(channel_id=first.pk)) == list(export_orders(channel_id=second.pk))
    shown = "external_id", "status", "total", "captured_total", "refunded_total", "payment_status", "fulfillment_status"
    both = [
        list(Order.objects.filter(channel=channel).order_by("pk").values_list(*shown)) for channel in (first, second)
    ]
    assert both[0] == both[1]


def test_an_export_says_what_was_said(tmp_path):
    channel = retail()
    bring_in(ndjson_file(tmp_path / "in.ndjson", RICH))

    (said,) = _of(channel)

    assert (said["total"], said["tags"], said["notes"]) == (75.0, ["vip", "wholesale"], ["Ring twice.", "Fragile"])
    assert said["customer"] == RICH["customer"]
    assert said["items"][0]["metadata"] == RICH["items"][0]["metadata"]
    assert said["credit_lines"] == RICH["credit_lines"]


def test_orders_made_and_changed_here_come_back_too(tmp_path):
    house, copy = shop({"W1": {"LAMP": 5}}), retail("copy")
    placed = place(house, {"LAMP": 2}, email="a@example.org", payments=[])
    add_note(order_id=placed.order_id, body="call first", actor=STAFF)
    place_hold(order_id=placed.order_id, reason=HoldReason.FRAUD, actor=STAFF)
    called_off = place(house, {"LAMP": 1})
    cancel_order(order_id=called_off.order_id, reason=CancelReason.OTHER, actor=STAFF)
    path = tmp_path / "out.ndjson"
    path.write_bytes(b"".join(export_orders(channel_id=house.channel.pk)))

    code, _ = bring_in(path, "copy")

    assert code == 0
    assert list(export_orders(channel_id=copy.pk)) == list(export_orders(channel_id=house.channel.pk))
    assert [said["external_id"][:6] for said in _of(copy)] == ["order_", "order_"]
    assert list(Order.objects.filter(channel=copy).order_by("pk").values_list("status", "total")) == [
        ("pending", 20),
        ("canceled", 0),
    ]


def test_an_export_is_limited_by_time_and_written_to_standard_output(tmp_path, capfdbinary):
    channel = retail()
    days = [order(str(day), placed_at=f"2024-05-0{day}T00:00:00Z") for day in range(1, 6)]
    bring_in(ndjson_file(tmp_path / "in.ndjson", *days))

    call_command(
        "export_orders",
        channel="retail",
        since=datetime(2024, 5, 2, tzinfo=UTC),
        until=datetime(2024, 5, 4, tzinfo=UTC),
    )

    written = capfdbinary.readouterr().out.splitlines()
    assert [json.loads(line)["external_id"] for line in written] == ["2", "3"]
    assert len(_of(channel)) == 5


def test_an_export_asks_as_much_for_one_order_as_for_many(tmp_path, django_assert_num_queries):
    channel = retail()
    bring_in(ndjson_file(tmp_path / "in.ndjson", *[order(str(number)) for number in range(30)]))

    with django_assert_num_queries(10):  # nine tables and the page after the last
        lines = list(export_orders(channel_id=channel.pk))

    assert len(lines) == 30


BAD_LINES = {
    "no JSON": ('{"currency_code": "GBP", ', "column 25", "Input data was truncated"),
    "trailing": (json.dumps(order()) + "}", f"column {len(json.dumps(order())) + 1}", "trailing characters"),
    "an array": ("[1]", "", "Expected `object`, got `array`"),
    "no id": (order(external_id=None), "/external_id", "needs an external_id"),
    "an empty id": (order(""), "/external_id", "external_id"),
    "an unknown field": (order(colour="red"), "/colour", "unknown field `colour`"),
    "a text for a number": (order(items=[{"quantity": "2", "unit_price": 1}]), "/items/0/quantity", "Expected `int`"),
    "no units": (order(items=[{"quantity": 0, "unit_price": 1}]), "/items/0/quantity", "Expected `int` >= 1"),
    "below zero": (order(items=[{"quantity": 1, "unit_price": -1}]), "/items/0/unit_price", "-1 is below 0"),
    "no lines": (order(items=[]), "/items", "at least one line"),
    "no currency": (order(currency_code="XXQ"), "/currency_code", "not an ISO 4217"),
    "a local time": (order(placed_at="2024-05-01T10:00:00"), "/placed_at", "timezone"),
    "too much sent": (
        order(items=[{"quantity": 1, "unit_price": 1, "quantity_fulfilled": 2}]),
        "/items/0/quantity_fulfilled",
        "2 of 1",
    ),
    "too much off": (
        order(items=[{"quantity": 1, "unit_price": 1, "discounts": [{"amount": 2}]}]),
        "/items/0/discounts",
        "2.00 is taken off 1.00",
    ),
    "another channel": (order(sales_channel="other"), "/sales_channel", "belongs to the channel other"),
    "NUL": (order(email="", notes=["a\0b"]), "/notes/0", "U+0000"),
    "endless nesting": (
        '{"external_id": "2", "metadata": ' + "[" * 5000 + "]" * 5000 + "}",
        "/metadata",
        "Expected `object`",
    ),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_refused_with_its_place_and_the_others_are_taken(tmp_path, name):
    retail()
    bad, column, reason = BAD_LINES[name]
    path = ndjson_file(tmp_path / "bad.ndjson", order("1"), bad, order("3"))

    code, answer = bring_in(path, format="ndjson")

    ((line, where, _, why),) = rejects()
    assert (code, answer["rejects"], line, where) == (1, 1, 2, column)
    assert reason in why
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["1", "3"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "bad.ndjson: the file is empty."),
        (b"hello\n", "bad.ndjson: line 1: this is no JSON object. One order stands on one line, in braces."),
        (b'{"a": "\xff"}\n', "bad.ndjson: line 1, column 8: not UTF-8."),
        (b'{"a": 1}\n\n{"b": "\0"}\n', "bad.ndjson: line 3, column 8: a NUL byte; this is not a text file."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_nothing_is_written(tmp_path, content, sentence):
    retail()
    path = tmp_path / "bad.ndjson"
    path.write_bytes(content)

    answer = bring_in(path, format="ndjson")

    assert answer == (2, {"refused": sentence})
    assert (Order.objects.count(), ImportRun.objects.count()) == (0, 0)


def test_the_same_number_twice_in_a_file_is_one_order_or_a_reject(tmp_path):
    retail()
    path = ndjson_file(tmp_path / "f.ndjson", order("1"), order("2"), order("1"), order("2", email="x@example.org"))

    code, answer = bring_in(path)

    assert (code, answer["created"], answer["unchanged"], answer["revised"]) == (1, 2, 1, 0)
    assert rejects() == [(4, "", "2", "2 comes twice in this file and says different things.")]


def test_blank_lines_and_a_byte_order_mark_do_no_harm(tmp_path):
    retail()
    path = tmp_path / "f.json"
    path.write_bytes(
        b"\xef\xbb\xbf\n" + json.dumps(order("1")).encode() + b"\r\n\n  \n" + json.dumps(order("2")).encode()
    )

    code, answer = bring_in(path)

    assert (code, answer["format"], answer["created"]) == (0, "ndjson", 2)

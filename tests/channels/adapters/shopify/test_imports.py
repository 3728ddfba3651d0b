"""Shopify exports brought in: again, changed, in another costume, broken, with stock and without."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from inventory.models import StockMovement
from orders.models import Order, TimelineEntry
from tests.channels.adapters.shopify.test_files import broken
from tests.channels.importing import bring_in, dump, rejects, retail
from tests.channels.oracle import ROOT
from tests.channels.shopify_files import costumes, drawn, item, order, shopify_file, text_of
from tests.scenarios import recorded_events, shop

pytestmark = pytest.mark.django_db
D = Decimal
SAMPLE = ROOT / "samples" / "shopify.csv"
CANCELED = "2025-05-12 08:00:00 -0400"


def _open_and_closed() -> list[list[dict[str, str]]]:
    half = order(
        item("A", 2, fulfillment_status="fulfilled"),
        item("A", 3),
        item("B", 1),
        name="#1",
        Fulfillment_Status="partial",
    )
    return [
        half,
        order(item("A", 4, fulfillment_status="fulfilled"), name="#2", Fulfillment_Status="fulfilled"),
        order(item("A", 4), name="#3", Cancelled_at=CANCELED, Financial_Status="voided"),
        order(item("A", 4), name="#4", Payment_Method="bogus"),
    ]


def test_with_stock_update_open_orders_hold_what_is_still_to_be_sent(tmp_path):
    house = shop({"W1": {"A": 10, "B": 5}})
    path = shopify_file(tmp_path / "f.csv", *_open_and_closed())

    code, answer = bring_in(path, house.channel.code, stock="update")

    assert (code, answer["created"]) == (0, 4)
    assert (house.sra("A"), house.sra("B")) == ((10, 3, 7), (5, 1, 4))
    assert list(Order.objects.order_by("external_id").values_list("status", "fulfillment_status", "units_open")) == [
        ("pending", "partially_shipped", 4),
        ("completed", "shipped", 0),
        ("canceled", "canceled", 0),
        ("canceled", "canceled", 0),
    ]


def test_with_stock_skip_nothing_is_held_and_each_order_stays_what_it_was(tmp_path):
    house = shop({"W1": {"A": 10, "B": 5}})
    path = shopify_file(tmp_path / "f.csv", *_open_and_closed())

    code, answer = bring_in(path, house.channel.code)

    assert (code, answer["created"]) == (0, 4)
    assert (house.sra("A"), house.sra("B")) == ((10, 0, 10), (5, 0, 5))
    assert StockMovement.objects.exclude(kind="opening").count() == 0
    assert list(Order.objects.order_by("external_id").values_list("status", "units_open")) == [
        ("pending", 4),
        ("completed", 0),
        ("canceled", 0),
        ("canceled", 0),
    ]


def test_stock_is_not_held_where_the_file_does_not_say_how_much_is_to_be_sent(tmp_path):
    house = shop({"W1": {"A": 10}})
    part = order(item("A", 2, fulfillment_status="partial"), name="#1", Fulfillment_Status="partial")
    blank = order(item("A", 2, fulfillment_status=""), name="#2", Fulfillment_Status="partial")
    refunded = order(item("A", 2), name="#3", Financial_Status="refunded", Refunded_Amount="20.00")
    path = shopify_file(tmp_path / "f.csv", part, blank, refunded)

    code, answer = bring_in(path, house.channel.code, stock="update")

    in_part = "The line is sent in part, and the file does not say how many units are. Import it when it is sent."
    paid_back = (
        "The order is refunded and not canceled; whether its 2 units are still to be sent the file does not say."
        " Cancel it at the source, or import it with --stock skip."
    )
    assert (code, answer["created"], house.sra("A")) == (1, 0, (10, 0, 10))
    assert rejects() == [
        (2, "Lineitem fulfillment status", "550000001", in_part),
        (3, "Lineitem fulfillment status", "550000002", in_part),
        (4, "Financial Status", "550000003", paid_back),
    ]


def test_an_order_that_is_short_is_refused_at_its_rows(tmp_path):
    house = shop({"W1": {"A": 1, "B": 1}})
    path = shopify_file(tmp_path / "f.csv", order(item("A", 1), item("B", 3)))

    bring_in(path, house.channel.code, stock="update")

    assert rejects() == [(3, "Lineitem quantity", "550000001001", "Not enough stock for B: 3 asked, 1 available.")]


def test_an_order_that_was_refunded_and_sent_since_is_one_revision_of_it(tmp_path):
    house = shop({"W1": {"A": 10}})
    code = house.channel.code
    bring_in(shopify_file(tmp_path / "1.csv", order(item("A", 2)), order(name="#2")), code, stock="update")
    held = house.sra("A")
    line_id = Order.objects.get(external_id="550000001001").lines.get().pk
    sent = order(
        item("A", 2, fulfillment_status="fulfilled"),
        Fulfillment_Status="fulfilled",
        Financial_Status="partially_refunded",
        Refunded_Amount="5.00",
        Tags="returned",
    )
    path = shopify_file(tmp_path / "2.csv", sent, order(name="#2"))

    status, answer = bring_in(path, code, stock="update")
    again = bring_in(path, code, stock="update")[1]

    found = Order.objects.get(external_id="550000001001")
    assert (status, answer["revised"], answer["unchanged"], again["unchanged"]) == (0, 1, 1, 2)
    assert (held, house.sra("A")) == ((10, 2, 8), (10, 0, 10))
    assert (found.revision, found.status, found.payment_status, found.fulfillment_status) == (
        2,
        "completed",
        "partially_refunded",
        "shipped",
    )
    assert (found.total, found.credit_total, found.refunded_total, found.balance.amount) == (D(15), D(5), D(5), 0)
    assert (found.lines.get().pk, found.tags) == (line_id, ["returned"])
    assert recorded_events(found.pk) == ["order.placed", "order.updated"]
    changes = TimelineEntry.objects.get(order=found, action="order.updated").changes
    assert changes["items/0/quantity_fulfilled"] == ["0", "2"]


def test_the_same_orders_in_another_costume_change_nothing(tmp_path):
    retail()
    chance = random.Random(3)
    rows = [row for number in range(10) for row in drawn(number, chance).rows]
    worn = costumes(rows)
    path = tmp_path / "export.csv"
    path.write_text(text_of(rows), newline="")
    bring_in(path)
    before = dump()

    for costume in ("BOM, semicolons, CRLF, shuffled, packed", "Windows-1252", "rows quoted as a whole"):
        path.write_bytes(worn[costume])
        code, answer = bring_in(path)
        assert (costume, code, answer["created"], answer["revised"], answer["unchanged"]) == (costume, 0, 0, 0, 10)

    assert dump() == before


def test_a_file_that_is_broken_anywhere_is_taken_in_part_or_refused(tmp_path):
    retail(default_currency="USD")
    chance = random.Random(11)
    content = text_of([row for number in range(6) for row in drawn(number, chance).rows]).encode()

    for _ in range(15):
        path = tmp_path / "export.csv"
        path.write_bytes(broken(content, chance))
        code, answer = bring_in(path)
        assert code in (0, 1, 2)
        assert ("refused" in answer) == (code == 2)


def test_the_sample_shows_what_the_manual_says(tmp_path):
    house = shop({"W1": {"LMP-01": 9, "LMP-02": 9, "LMP-03": 9}})

    code, answer = bring_in(SAMPLE, house.channel.code, stock="update", rejects=tmp_path / "rejects.csv")

    assert (code, answer["format"], answer["sales"]["count"], answer["totals"]) == (1, "shopify", 7, {"EUR": "386.94"})
    assert [reject[:3] for reject in rejects()] == [(2, "Lineitem price", "5512000001008")]
    assert [house.sra(sku)[1] for sku in ("LMP-01", "LMP-02", "LMP-03")] == [0, 6, 1]
    fields = ("metadata__name", "status", "payment_status", "fulfillment_status", "prices_include_tax", "total")
    found = Order.objects.order_by("-external_id")
    assert [(*values[:-1], str(values[-1].quantize(D("0.01")))) for values in found.values_list(*fields)] == [
        ("#1007", "pending", "captured", "partially_fulfilled", True, "56.95"),
        ("#1006", "pending", "captured", "partially_shipped", True, "53.55"),
        ("#1005", "completed", "partially_refunded", "shipped", False, "101.09"),
        ("#1004", "canceled", "canceled", "canceled", True, "0.00"),
        ("#1003", "pending", "not_paid", "not_fulfilled", True, "50.00"),
        ("#1002", "completed", "captured", "shipped", True, "53.95"),
        ("#1002", "completed", "captured", "shipped", True, "17.45"),
    ]
    assert not any(each.adjustment_total for each in found)

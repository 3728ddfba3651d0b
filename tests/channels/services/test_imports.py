"""A file comes in exactly once, whatever happens, and says what became of it."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.models import CreditMatch, ImportRun, SourceDocument
from inventory.models import StockMovement
from oms.core.models import OutboxEvent
from orders.models import CreditLine, Order, OrderLine, TimelineEntry
from orders.services.fulfilling import create_fulfillment
from payments.models import Payment
from tests.channels.importing import bring_in, dump, ndjson_file, order, rejects, retail, retail_file, row
from tests.scenarios import STAFF, items_of, place, recorded_events, shop

pytestmark = pytest.mark.django_db
D = Decimal


def _names(prefix: str = "") -> list[str]:
    return sorted(OutboxEvent.objects.filter(name__startswith=prefix).values_list("name", flat=True))


def test_a_file_brought_in_twice_changes_nothing_the_second_time(tmp_path):
    retail()
    path = retail_file(
        tmp_path / "f.csv", row("1"), row("2", price=0), row("3", quantity=-6, price=0), row("C4", quantity=-2)
    )
    bring_in(path)
    before = dump()

    code, answer = bring_in(path)

    assert (code, answer["created"], answer["unchanged"], answer["rejects"]) == (0, 0, 4, 0)
    assert dump() == before
    assert _names() == ["import.completed", "import.completed"]


def test_a_row_that_changed_is_one_new_revision_of_the_order_and_not_a_second_order(tmp_path):
    retail()
    rows = [row("1", "A", 6), row("1", "B", 2, "10"), row("2", "C", 1)]
    bring_in(retail_file(tmp_path / "f.csv", *rows))
    first = Order.objects.get(external_id="1")
    line_ids = dict(first.lines.values_list("sku", "pk"))
    rows[1] = row("1", "B", 3, "10")
    rows.insert(2, row("1", "POST", 1, "5"))
    path = retail_file(tmp_path / "f2.csv", *rows)

    code, answer = bring_in(path)
    again = bring_in(path)[1]

    order = Order.objects.get(external_id="1")
    assert (code, answer["created"], answer["revised"], answer["unchanged"]) == (0, 0, 1, 1)
    assert (again["created"], again["revised"], again["unchanged"]) == (0, 0, 2)
    assert (order.pk, order.number, order.revision, order.version) == (first.pk, first.number, 2, 2)
    assert (order.total, order.original_total, order.balance.amount) == (D("50.30"), D("35.30"), 0)
    assert dict(order.lines.values_list("sku", "pk")) == line_ids
    assert (order.status, order.fulfillment_status, order.payment_status) == ("completed", "shipped", "captured")
    assert recorded_events(order.pk) == ["order.updated"]
    entry = TimelineEntry.objects.get(order=order, action="order.updated")
    assert entry.changes == {
        "items/1/quantity": ["2", "3"],
        "items/1/quantity_fulfilled": ["2", "3"],
        "items/1/total": ["20", "30"],
        "shipping_subtotal": ["0", "5"],
        "captured_total": ["35.3", "50.3"],
        "total": ["35.3", "50.3"],
    }


def test_credits_given_here_outlive_a_revision(tmp_path):
    retail()
    rows = [row("1", "A", 6), row("1", "B", 2, "10"), row("C9", "A", -4, InvoiceDate="2010-12-02 09:00:00")]
    bring_in(retail_file(tmp_path / "f.csv", *rows))
    rows[1] = row("1", "B", 3, "10")

    code, answer = bring_in(retail_file(tmp_path / "f2.csv", *rows))

    order = Order.objects.get()
    assert (code, answer["revised"], answer["unchanged"]) == (0, 1, 1)
    assert (order.total, order.credit_total, order.refunded_total, order.balance.amount) == (
        D("35.10"),
        D("10.20"),
        D("10.20"),
        0,
    )
    assert order.lines.get(sku="A").quantity_returned == 4
    assert order.return_status == "partially_returned"
    rows[0] = row("1", "A", 3)
    assert bring_in(retail_file(tmp_path / "f3.csv", *rows))[0] == 1
    assert "more than it would still sell" in rejects()[0][3]


def test_a_changed_record_that_cannot_be_taken_over_is_left_to_staff(tmp_path):
    retail()
    house = shop({"W1": {"A": 9}})
    bring_in(retail_file(tmp_path / "f.csv", row("1", "A", 2), row("C2", "B", -1)), house.channel.code, stock="update")
    order = Order.objects.get()
    create_fulfillment(
        order_id=order.pk, location_id=house.locations["W1"].pk, items=items_of(order, {"A": 1}), actor=STAFF
    )
    placed = place(house, {"A": 1}, external_id="3")
    changed = retail_file(tmp_path / "f2.csv", row("1", "A", 3), row("3", "A", 1), row("C2", "B", -2))
    before = dump()

    code, answer = bring_in(changed, house.channel.code, stock="update")

    assert (code, answer["created"], answer["revised"], answer["rejects"]) == (1, 0, 0, 3)
    assert rejects() == [
        (2, "", "1", f"Order #{order.number} is packed here, so what its source says now was not taken over."),
        (
            3,
            "",
            "3",
            f"There is order #{Order.objects.get(pk=placed.order_id).number} of this number, and it did not come by "
            "file. It was left as it is.",
        ),
        (4, "", "C2", "There is credit C2 of this number, and it says something else. That is for staff to settle."),
    ]
    after = dump()
    assert after.pop("channels_importreject") != before.pop("channels_importreject")
    assert after == before


def test_past_sales_move_no_stock_and_open_ones_hold_it_row_by_row(tmp_path):
    house = shop({"W1": {"A": 10, "B": 1}})
    rows = [
        row("1", "A", 6),
        row("2", "A", 3),
        row("2", "POST", 1),
        row("2", "B", 2),
        row("3", "A", 4),
        row("4", "Z", 1),
    ]
    path = retail_file(tmp_path / "f.csv", *rows)

    skipped = bring_in(path, house.channel.code)
    after_skip = house.sra("A"), _names(), StockMovement.objects.exclude(kind="opening").count()
    other = shop({"W9": {}})
    other.channel.locations.create(location_id=house.locations["W1"].pk)
    updated = bring_in(path, other.channel.code, stock="update")

    assert (skipped[0], skipped[1]["created"], skipped[1]["unknown_skus"]) == (0, 4, 1)
    assert after_skip == ((10, 0, 10), ["import.completed"], 0)
    assert (updated[0], updated[1]["created"], updated[1]["rejects"]) == (1, 3, 1)
    assert rejects() == [(5, "Quantity", "2", "Not enough stock for B: 2 asked, 1 available.")]
    assert (house.sra("A"), house.sra("B")) == ((10, 10, 0), (1, 0, 1))
    assert _names("order.") == ["order.placed"] * 3
    orders = Order.objects.filter(channel=other.channel).order_by("external_id")
    assert list(orders.values_list("external_id", "status", "fulfillment_status", "payment_status")) == [
        (number, "pending", "not_fulfilled", "captured") for number in ("1", "3", "4")
    ]


def test_two_rows_that_are_short_are_named_in_one_reject(tmp_path):
    house = shop({"W1": {"A": 1, "B": 1}})
    path = retail_file(tmp_path / "f.csv", row("1", "A", 2), row("1", "B", 3))

    bring_in(path, house.channel.code, stock="update")

    reason = "Not enough stock for A: 2 asked, 1 available. Not enough stock for B: 3 asked, 1 available."
    assert rejects() == [(2, "Quantity", "1", reason)]


def test_forced_orders_are_all_taken_and_wait_for_what_is_short(tmp_path):
    house = shop({"W1": {"A": 10, "B": 1}})
    path = retail_file(tmp_path / "f.csv", row("1", "A", 6), row("2", "A", 7), row("2", "B", 2), row("3", "NEW", 1))

    code, answer = bring_in(path, house.channel.code, stock="force")
    revised = bring_in(
        retail_file(tmp_path / "g.csv", row("1", "A", 6), row("2", "A", 9)), house.channel.code, stock="force"
    )

    assert (code, answer["created"], answer["rejects"]) == (0, 3, 0)
    assert (revised[0], revised[1]["revised"], revised[1]["unchanged"]) == (0, 1, 1)
    assert (house.sra("A"), house.sra("B")) == ((10, 10, 0), (1, 0, 1))
    assert house.level("A").backordered == 5
    assert _names("order.") == ["order.placed"] * 3 + ["order.updated"]


def test_an_open_order_that_changed_holds_what_it_says_now(tmp_path):
    house = shop({"W1": {"A": 10, "B": 5}})
    code = house.channel.code
    bring_in(retail_file(tmp_path / "1.csv", row("1", "A", 4), row("1", "B", 5)), code, stock="update")

    changed = bring_in(retail_file(tmp_path / "2.csv", row("1", "A", 7)), code, stock="update")
    held = house.sra("A"), house.sra("B")
    too_much = bring_in(retail_file(tmp_path / "3.csv", row("1", "A", 11)), code, stock="update")

    assert (changed[0], changed[1]["revised"], held) == (0, 1, ((10, 7, 3), (5, 0, 5)))
    assert (too_much[0], rejects()) == (1, [(2, "Quantity", "1", "Not enough stock for A: 11 asked, 10 available.")])
    assert (house.sra("A"), OrderLine.objects.get().quantity) == ((10, 7, 3), 7)
    assert recorded_events(Order.objects.get().pk) == ["order.placed", "order.updated"]


def test_a_source_that_calls_an_order_off_later_lets_its_stock_go(tmp_path):
    house = shop({"W1": {"LAMP": 5}})
    bring_in(ndjson_file(tmp_path / "1.ndjson", order("1")), house.channel.code, stock="update")

    canceled = order("1", canceled_at="2024-05-03T00:00:00Z", cancel_reason="customer")
    code, answer = bring_in(ndjson_file(tmp_path / "2.ndjson", canceled), house.channel.code, stock="update")

    kept = Order.objects.get()
    assert (code, answer["revised"], house.sra("LAMP")) == (0, 1, (5, 0, 5))
    assert (kept.status, kept.fulfillment_status, kept.total, kept.cancel_reason) == (
        "canceled",
        "canceled",
        0,
        "customer",
    )


def test_a_credit_gives_back_the_newest_sales_of_the_same_customer_first(tmp_path):
    retail()
    path = retail_file(
        tmp_path / "f.csv",
        row("C7", "a1", -5, "3.00", InvoiceDate="2010-12-05 09:00:00"),
        row("C7", "POST", -1, "18", InvoiceDate="2010-12-05 09:00:00"),
        row("C7", "D", -1, "4", InvoiceDate="2010-12-05 09:00:00"),
        row("1", "A1", 4, "3.00", InvoiceDate="2010-12-01 09:00:00"),
        row("2", "A1", 3, "3.00", InvoiceDate="2010-12-02 09:00:00"),
        row("2", "POST", 1, "18", InvoiceDate="2010-12-02 09:00:00"),
        row("3", "A1", 9, "3.00", InvoiceDate="2010-12-05 09:00:00"),
        row("4", "A1", 9, "3.00", InvoiceDate="2010-12-02 10:00:00", CustomerID="1.0"),
        row("C8", "A1", -1, "3.00", InvoiceDate="2010-12-06 09:00:00", CustomerID=""),
    )

    code, answer = bring_in(path)

    assert (code, answer["credits"]["matched"], answer["credits"]["left_for_staff"]) == (
        0,
        {"GBP": "-33.00"},
        {"GBP": "-7.00"},
    )
    documents = SourceDocument.objects.order_by("external_id")
    assert list(documents.values_list("external_id", "total", "matched_total", "match_state")) == [
        ("C7", D(-37), D(-33), "partial"),
        ("C8", D(-3), D(0), "unmatched"),
    ]
    orders = Order.objects.order_by("external_id")
    shown = orders.values_list("external_id", "total", "refunded_total", "return_status", "payment_status", "revision")
    assert list(shown) == [
        ("1", D(6), D(6), "partially_returned", "partially_refunded", 2),
        ("2", D(0), D(27), "returned", "refunded", 2),
        ("3", D(27), D(0), "none", "captured", 1),
        ("4", D(27), D(0), "none", "captured", 1),
    ]
    credits_ = CreditLine.objects.order_by("order__external_id")
    assert list(credits_.values_list("order__external_id", "amount", "reason", "reference")) == [
        ("1", D(6), "credit_note", "C7"),
        ("2", D(27), "credit_note", "C7"),
    ]
    assert {order.balance.amount for order in orders} == {0}
    assert sorted(CreditMatch.objects.values_list("quantity", "amount")) == [(1, D(18)), (2, D(6)), (3, D(9))]
    entry = TimelineEntry.objects.get(order__external_id="1", action="order.updated")
    assert (entry.facts, entry.changes) == (
        {"credit_note": "C7", "units": 2, "amount": "6.00 GBP"},
        {"total": ["12.0000", "6.0000"]},
    )


def test_a_credit_gives_back_no_more_money_than_was_taken(tmp_path):
    retail()
    path = retail_file(
        tmp_path / "f.csv", row("1", "A", 2, "5"), row("C2", "A", -2, "7", InvoiceDate="2010-12-05 09:00:00")
    )

    code, answer = bring_in(path)

    order = Order.objects.get()
    assert (code, answer["credits"]["matched"]["GBP"], answer["credits"]["left_for_staff"]["GBP"]) == (
        0,
        "-10.00",
        "-4.00",
    )
    assert (order.total, order.balance.amount, order.lines.get().quantity_returned) == (0, 0, 2)
    assert Payment.objects.get().refunded == 10


def test_a_credit_for_goods_that_are_not_sent_yet_stops_the_order(tmp_path):
    house = shop({"W1": {"A": 9}})
    path = retail_file(
        tmp_path / "f.csv", row("1", "A", 2, "5"), row("C2", "A", -2, "5", InvoiceDate="2010-12-05 09:00:00")
    )

    bring_in(path, house.channel.code, stock="update")

    order = Order.objects.get()
    assert (order.open_holds, order.total, order.balance.amount, house.sra("A")) == (1, 0, 0, (9, 2, 7))
    assert order.holds.get().note == "Credit note C2 gives back units that are not packed yet."
    assert recorded_events(order.pk) == ["order.placed", "order.updated", "order.hold_placed"]


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path):
    house = shop({"W1": {"A": 7}})
    path = retail_file(
        tmp_path / "f.csv",
        row("1", "A", 6),
        row("2", "A", 6),
        row("3", "X", 1, price="x"),
        row("4", quantity=-1, price=0),
        row("C5", "A", -1, InvoiceDate="2010-12-05 09:00:00"),
    )
    before, out = dump(), tmp_path / "rejects.csv"

    dry = bring_in(path, house.channel.code, stock="update", dry_run=True, rejects=out)
    after = dump(), ImportRun.objects.count(), OutboxEvent.objects.count(), house.sra("A")
    real = bring_in(path, house.channel.code, stock="update")

    assert after == (before, 0, 0, (7, 0, 7))
    assert dry[0] == real[0] == 1
    aside = ("run", "dry_run")
    assert {key: value for key, value in dry[1].items() if key not in aside} == {
        key: value for key, value in real[1].items() if key not in aside
    }
    assert [line.partition(",")[0] for line in out.read_text().splitlines()] == ["line", "1", "3", "4"]


def test_it_stops_at_the_first_bad_record_when_asked_to(tmp_path, settings):
    settings.OMS = settings.OMS | {"IMPORT_CHUNK_LINES": 2}
    house = shop({"W1": {"A": 7}})
    rows = [row("1", "A", 3), row("2", "A", 3), row("3", "A", 3), row("4", "A", 1)]
    path = retail_file(tmp_path / "f.csv", *rows)

    stopped = bring_in(path, house.channel.code, stock="update", on_error="stop")
    events = _names("import.")
    mended = bring_in(
        retail_file(tmp_path / "g.csv", *rows[:2], row("3", "A", 1), row("4", "A", 1)),
        house.channel.code,
        stock="update",
    )

    reason = "Not enough stock for A: 3 asked, 1 available."
    assert (stopped[0], stopped[1]["refused"]) == (2, f"Stopped at line 4, column Quantity: {reason}")
    assert (stopped[1]["status"], stopped[1]["created"], stopped[1]["rejects"]) == ("stopped", 2, 1)
    assert events == ["import.failed"]
    assert (mended[0], mended[1]["created"], mended[1]["unchanged"], mended[1]["rejects"]) == (1, 1, 2, 1)


@pytest.mark.parametrize("lines", [1, 2, 3, 5, 2000])
def test_chunks_do_not_change_what_comes_out(tmp_path, settings, lines):
    retail()
    rows = []
    for number in range(12):
        rows += [row(str(number), "A", 2, "3"), row(str(number), "POST", 1, "4")]
    rows += [row(f"C{number}", "a", -1, "3", InvoiceDate=f"2010-12-05 09:{number:02}:00") for number in range(20, 29)]
    path = retail_file(tmp_path / "f.csv", *rows, row("bad", "A", 0))

    settings.OMS = settings.OMS | {"IMPORT_CHUNK_LINES": lines}
    code, answer = bring_in(path)

    assert (code, answer["created"], answer["rejects"]) == (1, 21, 1)
    assert answer["credits"]["matched"] == {"GBP": "-27.00"}
    returned = OrderLine.objects.filter(quantity_returned__gt=0).order_by("-order__external_id")
    assert list(returned.values_list("order__external_id", "quantity_returned")) == [
        ("9", 2),
        ("8", 2),
        ("7", 2),
        ("6", 2),
        ("5", 1),
    ]


def test_rejects_are_written_so_that_a_spreadsheet_runs_nothing(tmp_path):
    retail()
    path = retail_file(tmp_path / "f.csv", row("=1+1", price="x"), row("1", quantity="-x", Description="@SUM(A1)"))
    out = tmp_path / "rejects.csv"

    code, _ = bring_in(path, rejects=out)

    with out.open(newline="") as file:
        written = list(csv.reader(file))
    assert code == 1
    assert written[0] == ["line", "column", "reason", "external_id", "row"]
    assert [line[3] for line in written[1:]] == ["", "'=1+1", "1"]
    assert [line[4][:6] for line in written[1:]] == ["Invoic", "'=1+1,", "1,8512"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in written for cell in line)


def test_a_number_that_was_a_sale_cannot_become_a_credit(tmp_path):
    retail()
    bring_in(retail_file(tmp_path / "1.csv", row("1", "A", 1, "1")))

    code, _ = bring_in(retail_file(tmp_path / "2.csv", row("1", "A", -1, "0")))

    number = Order.objects.get().number
    reason = f"There is order #{number} of this number, and it says something else. That is for staff to settle."
    assert (code, rejects()) == (1, [(2, "", "1", reason)])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"channel": "nowhere"}, "There is no sales channel nowhere."),
        ({"channel": "closed"}, "The sales channel closed is switched off and takes no orders."),
        ({"format": "xml"}, "There is no order format called xml. Known: ndjson, online-retail, shopify."),
        ({"channel": "lost"}, "The sales channel lost has the time zone Mars/Olympus, which is none."),
    ],
)
def test_what_is_not_known_is_refused(tmp_path, options, sentence):
    retail()
    retail("closed", is_active=False)
    retail("lost", time_zone="Mars/Olympus")
    path = retail_file(tmp_path / "f.csv", row("1"))

    answer = bring_in(path, options.pop("channel", "retail"), **options)

    assert answer == (2, {"refused": sentence})
    assert ImportRun.objects.count() == 0


def test_a_file_that_is_not_there_is_refused(tmp_path):
    retail()

    assert bring_in(tmp_path / "gone.csv") == (2, {"refused": "gone.csv: No such file or directory"})


def test_a_chunk_asks_as_much_for_some_orders_as_for_many(tmp_path):
    retail()
    bring_in(retail_file(tmp_path / "warm.csv", row("0", "W")))
    counts = []

    for name, many in (("some", 20), ("more", 60)):
        path = retail_file(tmp_path / f"{name}.csv", *[row(f"{name}{number}", "A", 1) for number in range(many)])
        with CaptureQueriesContext(connection) as counted:
            bring_in(path)
        counts.append(len(counted))

    assert counts[0] == counts[1]

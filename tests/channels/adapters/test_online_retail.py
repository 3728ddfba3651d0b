"""What rows of the Online Retail format mean, and what is refused, with line, column and reason."""

from __future__ import annotations

from decimal import Decimal

import pytest

from channels.models import ImportReject, ImportRun, SourceDocument
from orders.models import Order, OrderAddress
from tests.channels.importing import bring_in, rejects, retail, retail_file, row

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture(autouse=True)
def _channel():
    retail()


def _lines(number: str) -> list[tuple]:
    order = Order.objects.get(external_id=number)
    return list(order.lines.values_list("kind", "sku", "quantity", "unit_price", "quantity_fulfilled"))


def _shipping(number: str) -> list[tuple]:
    order = Order.objects.get(external_id=number)
    return list(order.shipping_lines.values_list("code", "name", "quantity", "unit_price"))


def test_codes_say_what_a_row_is(tmp_path):
    path = retail_file(
        tmp_path / "codes.csv",
        row("1", "85123A", 6, "2.55"),
        row("1", "DCGSSBOY", 1, "3.29"),
        row("1", "POST", 2, "18.00", Description="POSTAGE"),
        row("1", "dot", 1, "1.50", Description=""),
        row("1", "C2", 1, "50"),
        row("1", "D", -1, "4.30", Description="Discount"),
        row("1", "m", 1, "7"),
        row("1", "S", 1, "1"),
        row("1", "AMAZONFEE", 1, "2"),
        row("1", "BANK CHARGES", 1, "15"),
        row("1", "gift_0001_20", 3, "16.67"),
    )

    code, _ = bring_in(path)

    order = Order.objects.get()
    assert code == 0
    assert _lines("1") == [
        ("goods", "85123A", 6, D("2.55"), 6),
        ("goods", "DCGSSBOY", 1, D("3.29"), 1),
        ("fee", "m", 1, D(7), 0),
        ("fee", "S", 1, D(1), 0),
        ("fee", "AMAZONFEE", 1, D(2), 0),
        ("fee", "BANK CHARGES", 1, D(15), 0),
        ("gift_card", "gift_0001_20", 3, D("16.67"), 3),
    ]
    assert _shipping("1") == [
        ("POST", "POSTAGE", 2, D(18)),
        ("dot", "dot", 1, D("1.5")),
        ("C2", "THE C2", 1, D(50)),
    ]
    assert (order.item_subtotal, order.shipping_subtotal, order.discount_total, order.total, order.status) == (
        D("93.60"),
        D("87.50"),
        D("4.30"),
        D("176.80"),
        "completed",
    )
    assert list(order.payments.values_list("method", "reference", "captured")) == [("invoice", "1", D("176.80"))]


def test_equal_rows_stay_two_lines_and_rows_may_lie_apart(tmp_path):
    path = retail_file(
        tmp_path / "apart.csv",
        row("1", "A", 1, "1"),
        row("2", "B", 1, "1"),
        row("1", "A", 1, "1"),
        row("3", "C", 1, "1"),
        row("1", "D1", 2, "5", InvoiceDate="2010-12-01 08:25:00"),
        row("2", "E", 4, "1"),
    )

    code, answer = bring_in(path)

    assert (code, answer["sales"]["count"], answer["sales"]["lines"]) == (0, 3, 6)
    assert {number: [line[1:4] for line in _lines(number)] for number in "123"} == {
        "1": [("A", 1, D(1)), ("A", 1, D(1)), ("D1", 2, D(5))],
        "2": [("B", 1, D(1)), ("E", 4, D(1))],
        "3": [("C", 1, D(1))],
    }
    assert Order.objects.get(external_id="1").placed_at.isoformat() == "2010-12-01T08:25:00+00:00"


def test_columns_are_found_by_name_and_others_are_left_alone(tmp_path):
    header = [
        "Country",
        "Price",
        "Customer ID",
        "Invoice",
        "Note",
        "Quantity",
        "StockCode",
        "Description",
        "InvoiceDate",
    ]
    path = tmp_path / "second edition.csv"
    path.write_text(
        ";".join(header) + "\n" + "EIRE;2.5;14911.0;9;x;2;22423;CAKESTAND;2010-12-01 09:00\n", encoding="cp1252"
    )

    code, answer = bring_in(path)

    assert (code, answer["format"], answer["totals"]) == (0, "online-retail", {"GBP": "5.00"})
    assert _lines("9") == [("goods", "22423", 2, D("2.5"), 2)]
    assert Order.objects.get().customer.external_id == "14911"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("EIRE", "ie"),
        ("Channel Islands", ""),
        ("RSA", "za"),
        ("USA", "us"),
        ("European Community", ""),
        ("Unspecified", ""),
        ("Hong Kong", "hk"),
        ("Czech Republic", "cz"),
        ("Germany", "de"),
        ("Atlantis", ""),
    ],
)
def test_countries_are_names_and_get_their_code_where_there_is_one(tmp_path, name, code):
    bring_in(retail_file(tmp_path / "f.csv", row("1", Country=name)))

    assert list(OrderAddress.objects.values_list("country_name", "country_code")) == [(name, code)]


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2011-06-01 12:00:00", "2011-06-01T11:00:00+00:00"),
        ("2011-10-30 01:30:00", "2011-10-30T00:30:00+00:00"),  # comes twice: the first
        ("2011-03-27 01:30:00", "2011-03-27T01:30:00+00:00"),  # never was: as if the clocks had not gone forward
    ],
)
def test_times_are_those_of_the_shop(tmp_path, local, utc):
    bring_in(retail_file(tmp_path / "f.csv", row("1", InvoiceDate=local)))

    assert Order.objects.get().placed_at.isoformat() == utc


def test_what_is_no_sale_is_recorded_as_what_it_is(tmp_path):
    path = retail_file(
        tmp_path / "kinds.csv",
        row("1", "A", -10, "0", CustomerID="", Description="damaged"),
        row("2", "B", 3, "0.0"),
        row("3", "POST", 1, "0"),
        row("C4", "A", -1, "2.5"),
        row("5", "POST", 1, "18"),
    )

    code, answer = bring_in(path)

    assert code == 0
    assert {kind: answer[kind]["count"] for kind in ("sales", "samples", "write_offs", "credits")} == {
        "sales": 1,
        "samples": 2,
        "write_offs": 1,
        "credits": 1,
    }
    orders = Order.objects.order_by("external_id").values_list("external_id", "total", "is_sample", "status")
    assert list(orders) == [
        ("2", D(0), True, "completed"),
        ("3", D(0), True, "completed"),
        ("5", D(18), False, "completed"),
    ]
    documents = SourceDocument.objects.order_by("external_id").values_list(
        "external_id", "kind", "total", "match_state"
    )
    assert list(documents) == [("1", "write_off", D(0), "not_needed"), ("C4", "credit", D("-2.5"), "unmatched")]


BAD_ROWS = {
    "no number": ([row("")], 2, "InvoiceNo", "The invoice number is empty."),
    "half a unit": ([row("1", quantity="1.5")], 2, "Quantity", "'1.5' is not a whole number."),
    "no units": ([row("1", quantity=0)], 2, "Quantity", "A quantity of 0 is not possible."),
    "too many units": ([row("1", quantity=1_000_001)], 2, "Quantity", "A quantity of 1000001 is not possible."),
    "a comma": ([row("1", price="2,55")], 2, "UnitPrice", "'2,55' is not a price such as 2.55 (at most six decimals)."),
    "not a number": (
        [row("1", price="NaN")],
        2,
        "UnitPrice",
        "'NaN' is not a price such as 2.55 (at most six decimals).",
    ),
    "below zero": ([row("1", price="-3")], 2, "UnitPrice", "A price of -3 is not possible."),
    "no code": ([row("1", code=" ")], 2, "StockCode", "The stock code is empty."),
    "a long code": ([row("1", code="x" * 101)], 2, "StockCode", "The stock code is longer than 100 characters."),
    "a long title": (
        [row("1", Description="x" * 256)],
        2,
        "Description",
        "The description is longer than 255 characters.",
    ),
    "month first": (
        [row("1", InvoiceDate="12/1/2010 8:26")],
        2,
        "InvoiceDate",
        "'12/1/2010 8:26' is not a time such as 2010-12-01 08:26:00.",
    ),
    "no such day": (
        [row("1", InvoiceDate="2010-02-30 08:26:00")],
        2,
        "InvoiceDate",
        "'2010-02-30 08:26:00' is not a time such as 2010-12-01 08:26:00.",
    ),
    "two customers": (
        [row("1"), row("1", CustomerID="9.0")],
        3,
        "CustomerID",
        "The invoice says '9' here and '17850' in line 2.",
    ),
    "two countries": (
        [row("1"), row("1", Country="France")],
        3,
        "Country",
        "The invoice says 'France' here and 'United Kingdom' in line 2.",
    ),
    "units back in a sale": (
        [row("1"), row("1", quantity=-2)],
        3,
        "Quantity",
        "A quantity of -2 in a sale; what comes back is a credit (C...).",
    ),
    "a credit that sells": (
        [row("C1", quantity=-1), row("C1", quantity=2)],
        3,
        "Quantity",
        "A credit takes back: 2 would be a sale.",
    ),
    "to and fro for nothing": (
        [row("1", price=0), row("1", price=0, quantity=-6)],
        3,
        "Quantity",
        "Units leave and come back without a price: neither a write-off nor a sample.",
    ),
    "more off than on": (
        [row("1", price=1, quantity=1), row("1", code="D", quantity=-1, price=2)],
        2,
        "UnitPrice",
        "More is taken off than is sold.",
    ),
    "a column too few": ([row("1")[:7]], 2, "", "The row has 7 columns, the header 8."),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_record_is_refused_with_its_place_and_the_others_are_taken(tmp_path, name):
    rows, line, column, reason = BAD_ROWS[name]
    path = retail_file(tmp_path / "bad.csv", *rows, row("999", "GOOD", 1, "1"))

    code, answer = bring_in(path)

    assert (code, answer["rejects"], answer["status"]) == (1, 1, "partial")
    assert rejects() == [(line, column, rows[0][0], reason)]
    assert list(Order.objects.values_list("external_id", flat=True)) == ["999"]
    assert ImportReject.objects.get().raw["rows"][0] == {"line": 2, "values": rows[0]}


BAD_FILES = {
    "empty": (b"", "bad.csv: the file is empty."),
    "blank": (b"\n \n", "bad.csv: the file is empty."),
    "header only": (
        b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n",
        "bad.csv: there is a header and no rows.",
    ),
    "columns missing": (
        b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate\n1,A,B,1,x\n",
        "bad.csv: line 1: column UnitPrice, CustomerID, Country is missing. The header is: InvoiceNo, StockCode, "
        "Description, Quantity, InvoiceDate",
    ),
    "a column twice": (
        b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,Quantity\n",
        "bad.csv: line 1: column Quantity comes twice.",
    ),
    "another table": (
        b"name,price\na,1\n",
        "bad.csv: line 1: this is of no known format (ndjson, online-retail, shopify). Say which one it is with"
        " --format.",
    ),
    "binary": (b"PNG\r\n\x1a\n\0\0\0\rIHDR", "bad.csv: line 3, column 1: a NUL byte; this is not a text file."),
    "excel": (b"PK\x03\x04....", "bad.csv: this is a ZIP or Excel file; unpack it, or save it as CSV first."),
    "utf-16": ("InvoiceNo".encode("utf-16"), "bad.csv: line 1, column 1: the text is UTF-16; save it as UTF-8."),
    "a quotation mark": (
        b'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,A,"never closed,1\n',
        "bad.csv: line 2: a quotation mark is opened and never closed.",
    ),
    "no encoding": (
        b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,A,caf\x81,1,x,1,1,UK\n",
        "bad.csv: line 2, column 8: the text is neither UTF-8 nor Windows-1252.",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence_and_nothing_is_written(tmp_path, name):
    content, sentence = BAD_FILES[name]
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    answer = bring_in(path)

    assert answer == (2, {"refused": sentence})
    assert (Order.objects.count(), ImportRun.objects.count()) == (0, 0)


@pytest.mark.parametrize("cut", [9, 200, 5])
def test_a_gzip_file_that_is_cut_off_writes_nothing(tmp_path, cut):
    path = retail_file(tmp_path / "f.csv.gz", *[row(str(number)) for number in range(500)])
    path.write_bytes(path.read_bytes()[:-cut])

    code, answer = bring_in(path)

    assert (code, answer["refused"]) == (
        2,
        "f.csv.gz: the gzip file is cut off: its end is missing. Fetch it again.",
    )
    assert (Order.objects.count(), ImportRun.objects.count()) == (0, 0)


def test_a_damaged_gzip_file_writes_nothing(tmp_path):
    path = retail_file(tmp_path / "f.csv.gz", *[row(str(number)) for number in range(50)])
    content = bytearray(path.read_bytes())
    content[-6] ^= 0xFF  # of the checksum
    path.write_bytes(bytes(content))

    code, answer = bring_in(path)

    assert (code, answer["refused"][:38]) == (2, "f.csv.gz: the gzip file is damaged (CR")
    assert Order.objects.count() == 0


def test_packing_is_seen_in_the_file_and_not_in_its_name(tmp_path):
    packed = retail_file(tmp_path / "f.csv.gz", row("1"))
    path = packed.rename(tmp_path / "f.csv")

    code, answer = bring_in(path)

    assert (code, answer["created"]) == (0, 1)


def test_windows_text_is_read_as_it_is(tmp_path):
    path = retail_file(tmp_path / "f.csv", row("1", Description="CAFÉ – 5€"), encoding="cp1252")

    code, answer = bring_in(path)

    assert (code, answer["encoding"]) == (0, "cp1252")
    assert Order.objects.get().lines.get().title == "CAFÉ – 5€"

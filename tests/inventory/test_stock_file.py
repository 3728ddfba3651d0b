from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from inventory.stock_file import Reject, StockRow, UnreadableStockFile, read


def rows(tmp_path: Path, content: str | bytes) -> list[StockRow | Reject]:
    path = tmp_path / "stock.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path))


def row(line: int, raw: str, **values: object) -> StockRow:
    return StockRow(
        **{"line": line, "raw": raw, "sku": "LAMP", "title": "Lamp", "location": "w1", "on_hand": 3} | values
    )


@pytest.mark.parametrize(
    "content",
    [
        b"sku,title,location,on_hand\nLAMP,Lamp,w1,3\n",
        b"\xef\xbb\xbfsku,title,location,on_hand\r\nLAMP,Lamp,w1,3\r\n",
        b"sku;title;location;on_hand\nLAMP;Lamp;w1;3",
        b"SKU\tTitle\tLocation\tOn hand\nLAMP\tLamp\tw1\t3\n",
        b"sku,title,location,on_hand\rLAMP,Lamp,w1,3\r",
        gzip.compress(b"sku,title,location,on_hand\nLAMP,Lamp,w1,3\n"),
    ],
    ids=["plain", "BOM and CRLF", "semicolons", "tabs, other spelling", "CR", "gzip"],
)
def test_a_file_is_read_in_whatever_dress_it_comes(tmp_path, content):
    (found,) = rows(tmp_path, content)

    assert (found.line, found.sku, found.title, found.location, found.on_hand) == (2, "LAMP", "Lamp", "w1", 3)


def test_every_column_is_read_and_empty_cells_say_nothing(tmp_path):
    header = (
        "sku,title,location,on_hand,location_name,priority,allow_backorder,is_stocked,requires_shipping,"
        "safety_stock,barcode\n"
    )
    full, bare, service = "LAMP,Lamp,w1,3,West,5,yes,1,N,2,4006381", "BULB,,w1,0,,,,,,,", "GIFT,,,,,,,no,no,,"

    assert rows(tmp_path, header + f"{full}\n{bare}\n\n{service}\n") == [
        row(
            2,
            full,
            location_name="West",
            priority=5,
            allow_backorder=True,
            is_stocked=True,
            requires_shipping=False,
            safety_stock=2,
            barcode="4006381",
        ),
        row(3, bare, sku="BULB", title=None, on_hand=0),
        row(5, service, sku="GIFT", title=None, location="", on_hand=None, is_stocked=False, requires_shipping=False),
    ]


def test_a_quoted_cell_may_hold_separators_quotes_and_lines(tmp_path):
    raw = 'LAMP,"Lamp, ""big""\nand red",w1,3'

    assert rows(tmp_path, f"sku,title,location,on_hand\n{raw}\nBULB,Bulb,w1,1\n") == [
        row(2, raw, title='Lamp, "big"\nand red'),
        row(4, "BULB,Bulb,w1,1", sku="BULB", title="Bulb", on_hand=1),
    ]


@pytest.mark.parametrize(
    ("raw", "column", "reason"),
    [
        ("LAMP,Lamp,w1,3.5", "on_hand", "on_hand: '3.5' is not a whole number."),
        ("LAMP,Lamp,w1,many", "on_hand", "on_hand: 'many' is not a whole number."),
        ("LAMP,Lamp,w1,-1", "on_hand", "on_hand: -1 is below 0."),
        ("LAMP,Lamp,w1,2147483648", "on_hand", "on_hand: 2147483648 is above 2147483647."),
        ("LAMP,Lamp,w1,", "on_hand", "on_hand: is missing."),
        ("LAMP,Lamp,,3", "location", "location: is missing."),
        (
            ",Lamp,,x",
            "sku, on_hand, location",
            "sku: is missing. on_hand: 'x' is not a whole number. location: is missing.",
        ),
        (f"{'x' * 101},Lamp,w1,3", "sku", "sku: 101 characters, 100 at most."),
        ("LAMP,La\x07mp,w1,3", "title", "title: holds a control character."),
        ("LAMP,Lamp,w1", "", "3 cells, the header has 4."),
        ("LAMP,Lamp,w1,3,4", "", "5 cells, the header has 4."),
        (
            "LAMP,Lamp,West side,3",
            "location",
            "location: 'West side' is not a code (at most 60 letters, digits, hyphens, underscores); a name goes to "
            "location_name.",
        ),
    ],
)
def test_a_bad_row_is_named_and_the_next_one_is_read(tmp_path, raw, column, reason):
    found = rows(tmp_path, f"sku,title,location,on_hand\n{raw}\nLAMP,Lamp,w1,3\n")

    assert found == [Reject(2, column, reason, raw), row(3, "LAMP,Lamp,w1,3")]


def test_bytes_that_are_not_utf8_refuse_their_row_only(tmp_path):
    found = rows(tmp_path, b"sku,title,location,on_hand\nLAMP,L\xe4mp,w1,3\nLAMP,Lamp,w1,3\n")

    assert found == [
        Reject(2, "title", "title: is not UTF-8.", "LAMP,L\\xe4mp,w1,3"),
        row(3, "LAMP,Lamp,w1,3"),
    ]


def test_a_quote_that_never_ends_is_named_where_it_begins(tmp_path):
    found = rows(tmp_path, 'sku,title,location,on_hand\nLAMP,Lamp,w1,3\nBULB,"Bulb,w1,1\nX,X,w1,2\n')

    assert found == [
        row(2, "LAMP,Lamp,w1,3"),
        Reject(3, "", "Not CSV: unexpected end of data.", 'BULB,"Bulb,w1,1\nX,X,w1,2'),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "there is no header"),
        (b"sku,title,on_hand\n", "column location is missing"),
        (b"sku,title,location,on_hand,colour\n", "column 'colour' is not known"),
        (b"sku,title,location,on_hand,sku\n", "column sku comes twice"),
        (b"\x1f\x8bnot gzip at all", "cannot be read"),
    ],
)
def test_a_file_without_a_usable_header_is_refused_whole(tmp_path, content, reason):
    with pytest.raises(UnreadableStockFile, match=reason):
        rows(tmp_path, content)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnreadableStockFile, match="No such file"):
        list(read(tmp_path / "none.csv"))


def test_a_contradiction_between_cells_is_named(tmp_path):
    found = rows(tmp_path, "sku,title,location,on_hand,is_stocked\nGIFT,,w1,3,no\n")

    assert found == [Reject(2, "on_hand", "on_hand: 3 counted of what is not stocked.", "GIFT,,w1,3,no")]

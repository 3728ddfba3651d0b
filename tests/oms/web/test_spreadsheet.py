"""Cells of a CSV: harmless, and still what they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from oms.web import spreadsheet


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20 7946", "'+44 20 7946"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("", ""),
        (None, ""),
        (-5, "-5"),
        (Decimal("-2.5000"), "-2.5"),
        (Decimal("100.0000"), "100"),
        (Decimal("0.0000"), "0"),
        (True, "true"),
        (["vip", "=x"], "vip, =x"),
        (["=x"], "'=x"),
        (date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_what_a_spreadsheet_would_run_is_text_and_numbers_stay_numbers(value, written):
    assert spreadsheet.cell(value) == written


def test_times_are_in_the_zone_of_whoever_asks():
    with timezone.override("Europe/Berlin"):
        assert spreadsheet.cell(datetime(2026, 1, 2, 3, 4, 5, 678, UTC)) == "2026-01-02T04:04:05+01:00"


def test_commas_quotes_and_line_breaks_stay_in_their_cell():
    rows = [["a,b", 'say "x"', "two\nlines"]] * 250

    text = "".join(spreadsheet.lines(rows, bom=True))

    assert text == "\ufeff" + '"a,b","say ""x""","two\nlines"\r\n' * 250

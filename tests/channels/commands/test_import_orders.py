"""What people see of an import."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from channels.adapters import csv_groups
from channels.models import ImportRun
from tests.channels.importing import bring_in, retail, retail_file, row

pytestmark = pytest.mark.django_db


def test_the_summary_says_what_became_of_the_file(tmp_path):
    retail()
    path = retail_file(
        tmp_path / "f.csv",
        row("1", "A", 2, "5"),
        row("C2", "a", -1, "5", InvoiceDate="2010-12-03 00:00:00"),
        row("3", "B", "x"),
    )
    out = io.StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("import_orders", str(path), channel="retail", stdout=out)

    shown = out.getvalue()
    assert end.value.code == 1
    for piece in (
        "f.csv -> retail (online-retail, stock skip)",
        "10.00 GBP",
        "Credits matched to sales: -5.00 GBP; left for staff: 0.00 GBP.",
        "Lines read again after interruptions: 0.",
        "Rejected records: 1. Name a file with --rejects to see them.",
    ):
        assert piece in shown


def test_a_dry_run_says_that_it_is_one(tmp_path):
    retail()
    out = io.StringIO()

    call_command(
        "import_orders", str(retail_file(tmp_path / "f.csv", row("1"))), channel="retail", dry_run=True, stdout=out
    )

    assert "DRY RUN, nothing was written" in out.getvalue()
    assert ImportRun.objects.count() == 0


def test_a_file_that_is_scattered_all_over_is_sorted_whole(tmp_path, monkeypatch):
    retail()
    monkeypatch.setattr(csv_groups, "_MAX_SCATTERED", 5)
    rows = [row(str(number), f"SKU{place}", 1, "1") for place in range(4) for number in range(40)]

    code, answer = bring_in(retail_file(tmp_path / "f.csv", *rows))

    assert (code, answer["sales"]["count"], answer["sales"]["lines"], answer["totals"]) == (
        0,
        40,
        160,
        {"GBP": "160.00"},
    )


@pytest.mark.parametrize("place", ["missing/rejects.csv", "folder"])
def test_a_place_where_rejects_cannot_be_written_is_refused_before_anything_is(tmp_path, place):
    retail()
    (tmp_path / "folder").mkdir()

    code, answer = bring_in(retail_file(tmp_path / "f.csv", row("1")), rejects=tmp_path / place)

    assert (code, ImportRun.objects.count()) == (2, 0)
    assert place in answer["refused"]

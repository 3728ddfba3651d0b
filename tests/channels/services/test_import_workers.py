"""An import whose records are shared out among several processes."""

from __future__ import annotations

import os

import pytest
from django.core.management import call_command

from channels.models import ImportLane, ImportRun
from channels.services import import_workers
from oms.core.models import OutboxEvent
from orders.models import Order
from tests.channels.importing import bring_in, dump, order, rejects, retail, retail_file, row
from tests.emptying import empty_database

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = ("sales", "samples", "credits", "write_offs", "totals", "created", "rejects", "reject_lines", "unknown_skus")


def _file(path, sales=90, bad=()):
    """Sales, some given back in part, of a few customers; a quantity of the bad ones cannot be read."""
    rows = []
    for number in range(sales):
        units = "many" if number in bad else 2
        common = {"CustomerID": f"{number % 5}.0", "InvoiceDate": f"2010-12-0{1 + number % 9} 09:00:00"}
        rows += [row(f"{number}", sku, units, "1.25", **common) for sku in ("A", "B", "C")]
        if number % 10 == 0:
            rows.append(row(f"C{number}", "B", -1, "1.25", **common | {"InvoiceDate": "2010-12-30 09:00:00"}))
            rows.append(row(f"W{number}", "A", -1, 0, **common))
    return retail_file(path, *rows)


@pytest.fixture
def chunks_of_30_lines(settings):
    settings.OMS = settings.OMS | {"IMPORT_CHUNK_LINES": 30}


@pytest.mark.usefixtures("chunks_of_30_lines")
def test_three_workers_bring_in_what_one_does(tmp_path):
    path = _file(tmp_path / "f.csv", bad=(7, 50))
    retail()
    one = bring_in(path, workers=1)
    expected = dump()
    empty_database()
    retail()

    three = bring_in(path, workers=3)

    run = ImportRun.objects.get()
    assert (three[0], {key: three[1][key] for key in KINDS}) == (one[0], {key: one[1][key] for key in KINDS})
    assert dump() == expected
    assert (run.status, run.workers, run.cursor, run.lines_committed) == ("partial", 3, 90 + 18, 90 * 3 + 18)
    assert run.figures["created"] == three[1]["created"] == 106
    assert ImportLane.objects.count() == 0
    assert OutboxEvent.objects.filter(name="import.completed").count() == 1


@pytest.mark.usefixtures("chunks_of_30_lines")
def test_brought_in_again_by_another_number_of_workers_nothing_changes(tmp_path):
    path = _file(tmp_path / "f.csv")
    retail()
    bring_in(path, workers=2)
    before = dump()

    code, answer = bring_in(path, workers=4)

    assert (code, answer["created"], answer["unchanged"]) == (0, 0, 108)
    assert dump() == before


@pytest.mark.usefixtures("chunks_of_30_lines")
def test_a_bad_record_stops_all_workers_and_the_mended_file_is_brought_in_whole(tmp_path):
    retail()
    stopped = bring_in(_file(tmp_path / "f.csv", sales=300, bad=(4,)), workers=3, on_error="stop")
    refused = rejects()
    written = Order.objects.count()

    mended = bring_in(_file(tmp_path / "g.csv", sales=300), workers=3, on_error="stop")

    assert stopped[0] == 2
    assert stopped[1]["error"] == "line 16, column Quantity: 'many' is not a whole number."
    assert refused == [(16, "Quantity", "4", "'many' is not a whole number.")]
    assert written < 299
    assert (mended[0], mended[1]["created"]) == (0, 360 - stopped[1]["created"])
    assert Order.objects.count() == 300


@pytest.mark.usefixtures("chunks_of_30_lines")
def test_a_rehearsal_of_a_run_that_several_workers_left_does_their_work_one_after_the_other(tmp_path):
    path = _file(tmp_path / "f.csv")
    channel = retail()
    bring_in(path, workers=1)
    run = ImportRun.objects.get()
    run.status, run.workers, run.cursor, run.lines_committed, run.figures = "running", 3, 0, 0, {}
    run.save()
    ImportLane.objects.bulk_create(ImportLane(run=run, number=number) for number in (1, 2))
    before = dump()

    code, answer = bring_in(path, workers=1, dry_run=True)

    assert (code, answer["unchanged"], answer["lines"]) == (0, 108, 288)
    assert dump() == before
    assert ImportLane.objects.filter(run__channel=channel, cursor=0).count() == 2


@pytest.mark.usefixtures("chunks_of_30_lines")
def test_a_large_file_of_past_sales_is_shared_among_the_cores_unless_orders_hold_stock(tmp_path, monkeypatch):
    monkeypatch.setattr(import_workers, "_WORTH_IT", 50)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    retail()
    large, small = _file(tmp_path / "large.csv", sales=20), _file(tmp_path / "small.csv", sales=5)

    for path, stock in ((large, "skip"), (large, "update"), (small, "skip")):
        bring_in(path, stock=stock)

    assert list(ImportRun.objects.order_by("started_at").values_list("workers", flat=True)) == [2, 1, 1]


@pytest.mark.parametrize("number", ["0", "33", "two", "-1"])
def test_a_number_of_workers_that_makes_no_sense_is_refused(tmp_path, number):
    retail()

    code, answer = bring_in_by_words(tmp_path, number)

    assert (code, Order.objects.count()) == (1, 0)
    assert f"argument --workers: '{number}' is not a number of workers (1 to 32)." in answer


def bring_in_by_words(tmp_path, workers):
    """As on the command line, where arguments are texts."""
    from django.core.management import CommandError

    from tests.channels.importing import ndjson_file

    path = ndjson_file(tmp_path / "f.ndjson", order())
    try:
        call_command("import_orders", str(path), "--channel", "retail", f"--workers={workers}")
    except CommandError as refusal:
        return refusal.returncode, str(refusal)
    return 0, ""

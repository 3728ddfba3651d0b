"""A file that was sent through the console: looked at, brought in once, gone on with after a crash, mended."""

from __future__ import annotations

import csv
import gzip
import json
import os
import time

import pytest

from channels.enums import StockPolicy
from channels.models import ImportReject, ImportRun, ImportUpload
from channels.services import import_rejects, private_files, uploads
from oms.core import retention
from oms.core.errors import DomainError
from orders.models import Order
from tests.channels.importing import order, retail, retail_file, row
from tests.scenarios import STAFF, nothing_moves, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}
    return tmp_path / "private"


def _take(content, name="orders.ndjson", channel=None, stock=StockPolicy.SKIP, stop=False, format=""):  # noqa: A002
    upload = uploads.Upload(
        file_name=name,
        blocks=[content] if isinstance(content, bytes) else [f"{json.dumps(each)}\n".encode() for each in content],
        channel=channel or retail(),
        format=format,
        stock=stock,
        stop_at_error=stop,
    )
    return uploads.take_upload(upload=upload, actor=STAFF)


def _run(upload):
    uploads.start_upload(upload_id=upload.pk)
    done = uploads.run_upload(upload_id=upload.pk)
    assert done is not None
    return done


def test_looking_at_a_file_says_what_it_would_become_and_writes_nothing():
    house = shop({"W1": {"LAMP": 3}})
    bad = order("A-3", items=[{"sku": "LAMP", "quantity": "many", "unit_price": 1}])
    with nothing_moves():
        upload = _take([order("A-1"), order("A-2"), bad], channel=house.channel, stock=StockPolicy.UPDATE)

    shown = upload.preview
    reasons = [(reject["line"], reject["column"]) for reject in shown["first_rejects"]]
    assert (shown["format"], shown["lines"], shown["whole"]) == ("ndjson", 3, True)
    assert (shown["kinds"]["sales"], shown["created"], shown["rejects"], shown["totals"]) == (1, 1, 2, {"GBP": "20.00"})
    assert reasons == [("2", "/items/0/quantity"), ("3", "/items/0/quantity")]
    assert (upload.status, ImportRun.objects.count(), Order.objects.count()) == ("looked_at", 0, 0)


def test_only_the_beginning_of_a_long_file_is_rehearsed_and_no_quoted_cell_is_cut(tmp_path):
    rows = [row(f"{number}", Description='TWO\nLINES, "QUOTED"') for number in range(1200)]
    path = retail_file(tmp_path / "long.csv", *rows)

    upload = _take(gzip.compress(path.read_bytes()), name="long.csv.gz")

    assert (upload.preview["format"], upload.preview["whole"], upload.preview["rejects"]) == ("online-retail", False, 0)
    assert 500 <= upload.preview["lines"] <= 510
    assert not Order.objects.exists()


def test_a_worker_brings_it_in_once():
    upload = _take([order("A-1"), order("A-2")])

    done = _run(upload)
    again = uploads.run_upload(upload_id=upload.pk)

    assert (done.status, done.lines_done, done.lines_all, again) == ("completed", 2, 2, None)
    assert (done.run.file_name, done.run.actor["label"], done.run.figures["created"]) == ("orders.ndjson", "clerk", 2)
    assert Order.objects.count() == 2


def test_one_whose_worker_was_lost_goes_on_and_is_given_up_in_the_end():
    upload = _take([order("A-1")])
    ImportUpload.objects.filter(pk=upload.pk).update(status="running", attempts=1, updated_at="2024-01-01T00:00:00Z")
    lost = uploads.lost_uploads()

    done = uploads.run_upload(upload_id=upload.pk)
    ImportUpload.objects.filter(pk=upload.pk).update(status="running", attempts=5)
    given_up = uploads.run_upload(upload_id=upload.pk)

    upload.refresh_from_db()
    assert (lost, done.status, done.attempts) == ([upload.pk], "completed", 2)
    assert (given_up, upload.status, upload.error) == (None, "failed", "Its worker was lost 5 times; given up.")


def test_a_file_that_is_gone_says_so():
    upload = _take([order("A-1")])
    uploads.start_upload(upload_id=upload.pk)
    private_files.remove(uploads.UPLOADS, upload.pk)

    done = uploads.run_upload(upload_id=upload.pk)

    assert done.status == "failed"
    assert "is not here any more. Send it again." in done.error


def test_one_that_stopped_at_a_bad_record_can_be_tried_again():
    upload = _take([order("A-1"), {"external_id": "A-2"}, order("A-3")], stop=True)

    first = _run(upload)
    second = _run(upload)

    assert (first.status, second.status, Order.objects.count()) == ("stopped", "stopped", 1)
    assert "line 2" in first.error


def test_what_is_under_way_is_neither_started_nor_deleted():
    upload = _take([order("A-1")])
    uploads.start_upload(upload_id=upload.pk)

    for act in (uploads.start_upload, uploads.discard_upload):
        with pytest.raises(uploads.UploadNotStartable, match="is waiting for a worker"):
            act(upload_id=upload.pk)

    assert uploads.path_of(upload).exists()


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.csv", "the file is empty"),
        (b"PK\x03\x04rest", "a.xlsx", "a ZIP or Excel file"),
        (b"a;b\n1;2\n", "a.csv", "no known format"),
        (b"x" * 1_100_000, "a.csv", "larger than 1 MB"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_nothing_behind(private, settings, content, name, reason):
    settings.OMS = settings.OMS | {"UPLOAD_MEGABYTES": 1}

    with pytest.raises(DomainError, match=reason):
        _take(content, name=name)

    assert not ImportUpload.objects.exists()
    assert list((private / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\orders.csv", "orders.csv"),
        (".htaccess", "htaccess"),
        ("a\0b\nc.csv", "a_b_c.csv"),
        ("<script>.csv", "_script_.csv"),
        ("...", "file"),
        ("Bestellungen März.csv", "Bestellungen März.csv"),
        ("x" * 300 + ".csv", "x" * 100 + "x" * 16 + ".csv"),
    ],
)
def test_a_file_keeps_no_more_of_its_name_than_is_harmless(name, kept):
    assert private_files.safe_name(name) == kept


def test_uploads_are_for_their_owner_alone(private):
    upload = _take([order("A-1")])

    path = uploads.path_of(upload)

    assert [oct(each.stat().st_mode & 0o777) for each in (path, path.parent, private)] == ["0o600", "0o700", "0o700"]
    assert [each.name for each in path.parent.iterdir()] == ["orders.ndjson"]


def _rejects(upload):
    return list(csv.DictReader("".join(import_rejects.rejected_lines(upload.run_id)).splitlines(keepends=True)))


def test_rejects_of_ndjson_are_mended_and_sent_again_as_they_are_downloaded():
    bad = order("A-2", items=[{"sku": "LAMP", "quantity": 0, "unit_price": 1}], metadata={"long": "x" * 2000})
    upload = _run(_take([order("A-1"), bad]))

    rows = _rejects(upload)
    mended = "".join(import_rejects.rejected_lines(upload.run_id)).replace('""quantity"": 0', '""quantity"": 1')
    again = _take(mended.encode(), name="rejects.csv", channel=upload.channel)
    done = _run(again)

    assert [(each["line"], each["column"], each["external_id"]) for each in rows] == [("2", "/items/0/quantity", "A-2")]
    assert (upload.status, again.preview["mended"], again.preview["format"]) == ("partial", True, "ndjson")
    assert (done.status, sorted(Order.objects.values_list("external_id", flat=True))) == ("completed", ["A-1", "A-2"])


def test_rejects_of_csv_hold_their_header_and_whole_records_and_no_formula(tmp_path):
    rows = [row("1"), row("=2", "A", "many"), row("=2", "B", Description='=cmd("x")')]
    upload = _run(_take(retail_file(tmp_path / "f.csv", *rows).read_bytes(), name="f.csv"))

    listed = _rejects(upload)
    mended = "".join(import_rejects.rejected_lines(upload.run_id)).replace("many", "4")
    again = _take(mended.encode(), name="rejects.csv", channel=upload.channel)
    done = _run(again)

    assert [(each["line"], each["external_id"][:1], each["row"][:4]) for each in listed] == [
        ("1", "", "Invo"),
        ("3", "'", "'=2,"),
        ("4", "'", "'=2,"),
    ]
    assert [bool(each["reason"]) for each in listed] == [False, True, False]
    assert done.status == "completed"
    lines = Order.objects.get(external_id="=2").lines.order_by("position")
    assert list(lines.values_list("sku", "title", "quantity")) == [("A", "THE A", 4), ("B", '=cmd("x")', 6)]


def test_a_list_that_a_spreadsheet_wrote_in_its_own_encoding_is_read_all_the_same(tmp_path):
    upload = _run(_take(retail_file(tmp_path / "f.csv", row("1", "A", "many", Description="KÄFIG")).read_bytes()))
    listed = "".join(import_rejects.rejected_lines(upload.run_id)).replace("many", "4")

    again = _take(listed.encode("cp1252"), name="rejects.csv", channel=upload.channel)
    done = _run(again)

    assert (again.preview["mended"], done.status) == (True, "completed")
    assert Order.objects.get().lines.get().title == "KÄFIG"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (b"2,,,A-1,\x81\n", "neither UTF-8 nor Windows-1252"),
        (
            b'2,,,A-1,"' + b"x" * 17_000_000 + b'"\n',
            "rejects.csv: line 2: a cell is endless; a quotation mark is missing.",
        ),
        (b"", "rejects.csv: the file is empty"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_and_leaves_nothing_behind(private, rows, reason):
    with pytest.raises(DomainError, match=reason):
        _take(b"line,column,reason,external_id,row\n" + rows, name="rejects.csv")

    assert list((private / "uploads").iterdir()) == []


def test_a_long_mended_cell_leaves_the_limit_of_other_files_as_it_was():
    before = csv.field_size_limit()

    _take(b'line,column,reason,external_id,row\n2,,,A-1,"{""a"": 1}"\n', name="rejects.csv")

    assert csv.field_size_limit() == before


def test_many_rejects_are_written_in_a_few_queries(django_assert_num_queries):
    bad = [order(f"A-{number}", currency_code="ZZZ") for number in range(60)]
    upload = _run(_take(bad))

    with django_assert_num_queries(1):
        rows = _rejects(upload)

    assert len(rows) == ImportReject.objects.count() == 60


def test_files_nobody_has_touched_for_a_month_are_deleted_and_what_came_of_them_stays(private):
    old, fresh = _take([order("A-1")]), _take([order("A-2")], channel=retail("other"))
    ImportUpload.objects.filter(pk=old.pk).update(updated_at="2024-01-01T00:00:00Z")
    long_ago = time.time() - 40 * 86400
    os.utime(uploads.path_of(old).parent, (long_ago, long_ago))

    (files,) = (kept for kept in retention.declared() if kept.name == "upload_files")
    gone = retention.prune(files).count

    assert (gone, uploads.path_of(old).exists(), uploads.path_of(fresh).exists()) == (1, False, True)
    assert ImportUpload.objects.count() == 2

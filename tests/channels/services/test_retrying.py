"""What an import refused, tried again: all of it as a job, one by hand, or mended in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from channels.enums import StockPolicy
from channels.models import ImportReject, ImportRun, ImportUpload
from channels.services import import_rejects, uploads
from channels.services.mending_one import Mended, mend_reject
from channels.services.retrying import NothingToRetry, RunNotEnded, open_rejects, retry_rejects
from inventory.services.adjustments import adjust_stock
from oms.core.errors import InvalidInput
from orders.models import Order
from tests.channels.importing import ndjson_file, order, retail, retail_file, row
from tests.scenarios import STAFF, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}


def _bring(path, channel, stock=StockPolicy.SKIP):
    upload = uploads.Upload(
        file_name=path.name, blocks=[path.read_bytes()], channel=channel, format="", stock=stock, stop_at_error=False
    )
    taken = uploads.take_upload(upload=upload, actor=STAFF)
    uploads.start_upload(upload_id=taken.pk)
    done = uploads.run_upload(upload_id=taken.pk)
    assert done is not None
    return done


def _retry(run):
    upload = retry_rejects(run_id=run.pk, actor=STAFF)
    done = uploads.run_upload(upload_id=upload.pk)
    assert done is not None
    return done


def _short(tmp_path):
    """A shop with 3 lamps, and an import of orders for 2 each: the second is short."""
    house = shop({"W1": {"LAMP": 3}})
    path = ndjson_file(tmp_path / "orders.ndjson", order("A-1"), order("A-2"))
    return house, _bring(path, house.channel, StockPolicy.UPDATE)


def test_what_was_short_comes_in_when_it_is_tried_again_after_stock_came(tmp_path):
    house, first = _short(tmp_path)
    adjust_stock(
        item_id=house.items["LAMP"].pk,
        location_id=house.locations["W1"].pk,
        delta=5,
        reason="received",
        actor=STAFF,
    )

    done = _retry(first.run)

    assert (first.status, done.status, done.file_name) == ("partial", "completed", "retry of orders.ndjson")
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["A-1", "A-2"]
    assert house.sra("LAMP") == (8, 4, 4)
    assert [reject.settled_at is None for reject in ImportReject.objects.all()] == [False]
    with pytest.raises(NothingToRetry):
        retry_rejects(run_id=first.run.pk, actor=STAFF)


def test_what_is_refused_again_is_open_once_and_nothing_moved(tmp_path):
    house, first = _short(tmp_path)

    done = _retry(first.run)
    again = _retry(done.run)

    assert (done.status, again.status, again.file_name) == ("partial", "partial", "retry of orders.ndjson")
    assert [open_rejects(run.pk).count() for run in (first.run, done.run, again.run)] == [0, 0, 1]
    assert Order.objects.count() == 1
    assert house.sra("LAMP") == (3, 2, 1)


def test_asking_twice_is_one_retry(tmp_path):
    _house, first = _short(tmp_path)

    asked = [retry_rejects(run_id=first.run.pk, actor=STAFF).pk for _ in range(2)]

    assert asked[0] == asked[1]
    assert ImportUpload.objects.filter(retry_of=first.run).count() == 1


def test_a_run_that_has_not_ended_is_not_tried_again(tmp_path):
    _house, first = _short(tmp_path)
    ImportRun.objects.filter(pk=first.run.pk).update(status="running")

    with pytest.raises(RunNotEnded):
        retry_rejects(run_id=first.run.pk, actor=STAFF)

    assert not ImportUpload.objects.filter(retry_of=first.run).exists()


def test_records_with_columns_are_tried_again_whole(tmp_path):
    good, bad = row("1"), [row("2", price="abc"), row("2", code="MUG")]
    first = _bring(retail_file(tmp_path / "a.csv", good, *bad), retail())

    done = _retry(first.run)

    assert (done.status, done.lines_all, done.run.figures["reject_lines"]) == ("partial", 2, 2)


def test_what_comes_in_by_another_file_is_dealt_with(tmp_path):
    channel = retail()
    first = _bring(retail_file(tmp_path / "a.csv", row("1"), row("2", price="abc"), row("3", price="x")), channel)

    second = _bring(retail_file(tmp_path / "b.csv", row("1"), row("2", price="3.10")), channel)

    assert second.status == "completed"
    assert [reject.external_id for reject in open_rejects(first.run.pk)] == ["3"]


def test_one_record_is_mended_and_comes_in(tmp_path):
    first = _bring(retail_file(tmp_path / "a.csv", row("1"), row("2", price="abc"), row("2", code="MUG")), retail())
    reject = ImportReject.objects.get()
    rows = [each["values"] for each in reject.raw["rows"]]

    refused = mend_reject(reject_id=reject.pk, rows=[rows[0], row("2", code="MUG", price="?")], actor=STAFF)
    runs_then, orders_then = ImportRun.objects.count(), Order.objects.count()
    done = mend_reject(reject_id=reject.pk, rows=[row("2", price="2.10"), rows[1]], actor=STAFF)

    assert (refused.row, refused.column) == (0, "UnitPrice")
    assert (runs_then, orders_then) == (1, 1)
    assert done == Mended("")
    assert Order.objects.get(external_id="2").lines.count() == 2
    assert open_rejects(first.run.pk).count() == 0


def test_the_row_at_fault_is_the_one_that_is_wrong_now(tmp_path):
    _bring(retail_file(tmp_path / "a.csv", row("2", price="abc"), row("2", code="MUG")), retail())
    reject = ImportReject.objects.get()

    refused = mend_reject(reject_id=reject.pk, rows=[row("2"), row("2", code="MUG", price="?")], actor=STAFF)

    assert (refused.row, refused.column) == (1, "UnitPrice")
    assert not Order.objects.exists()


def test_an_order_of_one_line_is_mended_as_text_and_nothing_is_no_record(tmp_path):
    house, first = _short(tmp_path)
    reject = ImportReject.objects.get()
    text = reject.raw["rows"][0]["text"].replace('"quantity": 2', '"quantity":\n1')

    with pytest.raises(InvalidInput):
        mend_reject(reject_id=reject.pk, rows=[], text=" \n", actor=STAFF)
    done = mend_reject(reject_id=reject.pk, rows=[], text=text, actor=STAFF)

    assert (done, house.sra("LAMP")) == (Mended(""), (3, 3, 0))
    assert open_rejects(first.run.pk).count() == 0


def test_a_sheet_of_rejects_is_in_the_formats_own_columns_and_comes_back_mended(tmp_path):
    channel = retail()
    bad = row("2", price="abc", Description="=cmd()", Quantity="-3")
    first = _bring(retail_file(tmp_path / "a.csv", row("1"), bad), channel)

    sheet = "".join(import_rejects.rejected_sheet(first.run.pk))
    table = list(csv.reader(io.StringIO(sheet)))
    mended = tmp_path / "mended.csv"
    mended.write_text(sheet.replace("abc", "2.50").replace("-3", "3"))
    done = _bring(mended, channel)

    assert table[0][:4] == ["Why it was refused", "InvoiceNo", "StockCode", "Description"]
    assert (table[1][3], table[1][4]) == ("'=cmd()", "-3")
    assert table[1][0].startswith("UnitPrice: ")
    assert (done.status, done.preview["mended"]) == ("completed", True)
    assert Order.objects.get(external_id="2").lines.get().title == "=cmd()"
    assert open_rejects(first.run.pk).count() == 0

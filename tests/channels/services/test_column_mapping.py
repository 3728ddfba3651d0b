"""Files whose columns carry other names: guessed, named by a person, remembered for the next one."""

from __future__ import annotations

import pytest

from channels.enums import StockPolicy
from channels.models import ColumnMapping, ImportReject, ImportUpload
from channels.services import column_mapping, uploads
from channels.services.uploads import UploadNotMappable
from oms.core.errors import DomainError, InvalidInput
from orders.models import Order
from tests.channels.importing import retail, retail_file, row
from tests.scenarios import STAFF

pytestmark = pytest.mark.django_db
OTHER = ["Bon", "Artikel", "Title", "Qty", "Order date", "Price", "Client ID", "Ship-to country", "Note"]
MAPPED = dict(
    zip(
        OTHER,
        ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country", ""],
        strict=True,
    )
)


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}


def _take(path, channel, format_=""):
    return uploads.take_upload(
        upload=uploads.Upload(
            file_name=path.name,
            blocks=[path.read_bytes()],
            channel=channel,
            format=format_,
            stock=StockPolicy.SKIP,
            stop_at_error=False,
        ),
        actor=STAFF,
    )


def _run(upload):
    uploads.start_upload(upload_id=upload.pk)
    done = uploads.run_upload(upload_id=upload.pk)
    assert done is not None
    return done


def _till(tmp_path, *rows, name="till.csv", header=OTHER, encoding="utf-8"):
    return retail_file(tmp_path / name, *[[*each, "hello"] for each in rows], header=header, encoding=encoding)


def _map(upload, columns=MAPPED, name="", format_="online-retail"):
    return uploads.map_upload(upload_id=upload.pk, format_=format_, columns=columns, name=name, actor=STAFF)


def test_a_guess_knows_what_shops_call_things_and_takes_no_column_twice():
    columns = column_mapping.formats()["online-retail"]

    found = column_mapping.guess([*OTHER, "Preis", "Unit price", "InvoiceDatum"], columns)

    assert found == MAPPED | {
        "Bon": "",
        "Artikel": "",
        "Order date": "InvoiceDate",
        "Price": "",
        "Unit price": "UnitPrice",
        "Preis": "",
        "InvoiceDatum": "",
    }


def test_a_file_of_other_columns_waits_until_somebody_says_what_they_are(tmp_path):
    upload = _take(_till(tmp_path, row("1"), row("2", price="abc")), retail())
    with pytest.raises(DomainError):
        uploads.start_upload(upload_id=upload.pk)

    mapped = _map(upload)
    done = _run(upload)

    assert (upload.status, mapped.status, mapped.preview["created"], mapped.preview["rejects"]) == (
        "unmapped",
        "looked_at",
        1,
        1,
    )
    assert (done.status, Order.objects.get().external_id) == ("partial", "1")
    reject = ImportReject.objects.get()
    assert (reject.line, reject.column) == (3, "UnitPrice")
    assert reject.raw["columns"] == [*[*MAPPED.values()][:-1], "unused 9"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_what_was_named_is_remembered_for_the_next_file_of_the_channel(tmp_path, encoding):
    header = ["Bön" if name == "Bon" else name for name in OTHER]
    columns = {("Bön" if name == "Bon" else name): title for name, title in MAPPED.items()}
    channel = retail()
    _map(_take(_till(tmp_path, row("1"), header=header, encoding=encoding), channel), columns, name="Till")

    turned = [*reversed(header)]
    path = retail_file(tmp_path / "next.csv", [*reversed([*row("7"), "hello"])], header=turned, encoding=encoding)
    upload = _take(path, channel)
    elsewhere = _take(path, retail("other"))

    assert (upload.status, upload.format, upload.columns) == ("looked_at", "online-retail", columns)
    assert elsewhere.status == "unmapped"
    assert _run(upload).status == "completed"
    assert Order.objects.get().external_id == "7"


def test_a_column_that_looks_like_the_formats_but_is_not_used_is_out_of_the_way(tmp_path):
    header = ["Country" if name == "Note" else name for name in OTHER]
    columns = {name: title for name, title in MAPPED.items() if name != "Note"} | {"Country": ""}

    done = _run(_map(_take(_till(tmp_path, row("1"), header=header), retail()), columns))

    assert done.status == "completed"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Qty": ""}, "Say which column is Quantity."),
        ({"Note": "Quantity"}, "Quantity is chosen twice."),
        ({"Note": "Colour"}, "Colour is no column of this format."),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_and_nothing_is_kept(tmp_path, changes, sentence):
    upload = _take(_till(tmp_path, row("1")), retail())

    with pytest.raises(InvalidInput, match=sentence):
        _map(upload, MAPPED | changes, name="Till")

    upload.refresh_from_db()
    assert (upload.status, upload.columns, ColumnMapping.objects.count()) == ("unmapped", {}, 0)


def test_what_is_brought_in_is_not_mapped_any_more(tmp_path):
    upload = _map(_take(_till(tmp_path, row("1")), retail()))
    _run(upload)

    with pytest.raises(UploadNotMappable):
        _map(upload)


def test_columns_that_a_format_knows_are_left_as_they_are(tmp_path):
    header = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]

    upload = _take(retail_file(tmp_path / "second.csv", row("1"), header=header), retail())

    assert (upload.status, upload.columns, upload.preview["format"]) == ("looked_at", {}, "online-retail")


def test_a_lost_worker_goes_on_with_the_same_columns(tmp_path):
    upload = _map(_take(_till(tmp_path, row("1")), retail()))
    uploads.start_upload(upload_id=upload.pk)
    ImportUpload.objects.filter(pk=upload.pk).update(status="running", attempts=1)

    done = uploads.run_upload(upload_id=upload.pk)

    assert (done.status, Order.objects.count()) == ("completed", 1)

"""Files that were sent through the console name people; who is erased is not left lying in them."""

from __future__ import annotations

import gzip
import json
import os
from uuid import UUID

import pytest

from channels.enums import StockPolicy
from channels.models import ImportUpload
from channels.services import private_files, uploads
from oms.core.ids import new_id
from orders.services.erasure import erase_customer
from tests.channels.importing import order, retail
from tests.orders.persons import a_house, somebody
from tests.scenarios import STAFF

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}
    return tmp_path / "private" / "uploads"


def _take(content: bytes, code: str) -> UUID:
    upload = uploads.Upload(
        file_name=f"{code}.ndjson",
        blocks=[content],
        channel=retail(code),
        format="",
        stock=StockPolicy.SKIP,
        stop_at_error=False,
    )
    return uploads.take_upload(upload=upload, actor=STAFF).pk


def _line(**fields: object) -> bytes:
    return json.dumps(order("A-1", **fields)).encode() + b"\n"


def _left(private) -> set[UUID]:
    return {UUID(place.name) for place in private.iterdir()}


def test_files_that_name_an_erased_customer_are_deleted_and_others_are_not(
    private, tmp_path, django_capture_on_commit_callbacks
):
    customer = somebody(a_house(), tmp_path)
    plain = _take(_line(email="Ottoline.Q@kontor.example"), "plain")
    packed = _take(gzip.compress(_line(metadata={"note": "Nebelgasse 17"})), "packed")
    across_blocks = _take(
        _line() + b" " * (1024 * 1024 - len(_line()) - 30) + b"\n" + _line(email="ottoline.q@kontor.example"), "across"
    )
    other = _take(_line(email="neighbour@kontor.example"), "other")
    waiting = _take(_line(email="ottoline.q@kontor.example"), "waiting")
    uploads.start_upload(upload_id=waiting)
    orphan = new_id()
    (private_files.folder("uploads", orphan) / "f.csv").write_bytes("InvoiceNo\nQuarrenbusch & Söhne".encode("cp1252"))
    before = _left(private)

    with django_capture_on_commit_callbacks(execute=True):
        done = erase_customer(customer_id=customer.pk, actor=STAFF)

    assert before == {plain, packed, across_blocks, other, waiting, orphan}
    assert _left(private) == {other, waiting}
    assert done.rows["upload_files"] == 4


def test_an_erasure_that_is_rolled_back_deletes_no_file(private, tmp_path, django_capture_on_commit_callbacks):
    customer = somebody(a_house(), tmp_path)
    upload = _take(_line(email="ottoline.q@kontor.example"), "plain")

    erase_customer(customer_id=customer.pk, actor=STAFF)  # the test's own transaction never commits

    assert _left(private) == {upload}


def test_a_file_that_cannot_be_read_to_its_end_goes_too(private, tmp_path, django_capture_on_commit_callbacks):
    customer = somebody(a_house(), tmp_path)
    upload = _take(_line(), "broken")
    path = uploads.path_of(ImportUpload.objects.get(pk=upload))
    packed = gzip.compress(os.urandom(100_000))
    path.write_bytes(packed[: len(packed) // 2])

    with django_capture_on_commit_callbacks(execute=True):
        erase_customer(customer_id=customer.pk, actor=STAFF)

    assert _left(private) == set()

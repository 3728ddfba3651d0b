"""Mending what an import refused in the console, and naming the columns of a file."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.models import ColumnMapping, ImportReject, ImportUpload
from channels.services import uploads
from orders.models import Order
from tests.channels.importing import ndjson_file, order, retail, retail_file, row
from tests.console import EVIL, changelist, messages_of, page
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
FORM = "/console/channels/importupload/import-a-file/"
REJECTS = changelist("channels_importreject")


@pytest.fixture(autouse=True)
def _private(settings, tmp_path):
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The tasks that were sent to workers."""
    sent = []
    monkeypatch.setattr("channels.tasks.send", lambda task, *arguments: sent.append((task.name, *arguments)))
    return sent


@pytest.fixture
def clerk(client):
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["import_orders", "view_importreject", "view_importrun"])
    )
    client.force_login(user)
    return client


def _send(clerk, path, channel):
    given = {"channel": channel.pk, "stock": "skip", "on_error": "skip"}
    return clerk.post(FORM, given | {"file": SimpleUploadedFile(path.name, path.read_bytes())}, follow=True)


def _refused(clerk, tmp_path, *rows):
    """An upload of good order 1 and of these rows, brought in."""
    _send(clerk, retail_file(tmp_path / "a.csv", row("1"), *rows), retail())
    upload = ImportUpload.objects.get()
    uploads.start_upload(upload_id=upload.pk)
    return uploads.run_upload(upload_id=upload.pk)


def _act(clerk, reject, name, **given):
    return clerk.post(reverse(f"admin:channels_importreject_{name}", args=[reject.pk]), given, follow=True)


def test_a_reject_is_mended_on_its_page_within_three_clicks_of_the_first_page(clerk, tmp_path):
    _refused(clerk, tmp_path, row("2", price="abc", Description=EVIL))
    first = clerk.get(reverse("admin:index"))

    figures = {str(figure["title"]): figure["url"] for figure in first.context["figures"]}
    listed = clerk.get(figures["Import rejects"])  # 1
    reject = listed.context["cl"].result_list[0]
    shown = clerk.get(page("channels_importreject", reject.pk))  # 2
    cells = {cell.label: cell for cell in shown.context["rows"][0][0]}
    typed = {cell.name: cell.value for cell in cells.values()} | {cells["UnitPrice"].name: "2.50"}
    done = _act(clerk, reject, "mend", **typed)  # 3

    assert [label for label, cell in cells.items() if cell.is_wrong] == ["UnitPrice"]
    assert EVIL not in shown.content.decode()
    assert messages_of(done) == ["2 came in."]
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["1", "2"]
    assert done.context["cl"].result_count == 0


def test_what_is_refused_still_keeps_what_was_typed(clerk, tmp_path):
    _refused(clerk, tmp_path, row("2", price="abc"))
    reject = ImportReject.objects.get()
    shown = clerk.get(page("channels_importreject", reject.pk))
    typed = {cell.name: cell.value for cell in shown.context["rows"][0][0]} | {"cell_0_2": "Typed", "cell_0_3": "many"}

    again = _act(clerk, reject, "mend", **typed)

    cells = {cell.label: cell for cell in again.context["rows"][0][0]}
    assert again.context["fault_column"] == "Quantity"
    assert (cells["Description"].value, cells["Quantity"].value, cells["Quantity"].is_wrong) == ("Typed", "many", True)
    assert (Order.objects.count(), ImportReject.objects.get().settled_at) == (1, None)


def test_a_row_that_is_too_wide_or_too_narrow_is_mended_too(clerk, tmp_path):
    _refused(clerk, tmp_path, [*row("2"), "extra"], row("3")[:-1])
    wide, narrow = ImportReject.objects.order_by("line")
    typed = [
        {cell.name: cell.value for cell in clerk.get(page("channels_importreject", each.pk)).context["rows"][0][0]}
        for each in (wide, narrow)
    ]

    _act(clerk, wide, "mend", **typed[0] | {"cell_0_8": ""})
    _act(clerk, narrow, "mend", **typed[1] | {"cell_0_7": "France"})

    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["1", "2", "3"]


def test_a_record_without_columns_is_mended_as_text(clerk, tmp_path):
    _send(clerk, ndjson_file(tmp_path / "a.ndjson", order("A-1", items=[]), order("A-2")), retail())
    upload = ImportUpload.objects.get()
    uploads.start_upload(upload_id=upload.pk)
    uploads.run_upload(upload_id=upload.pk)
    reject = ImportReject.objects.get()

    shown = clerk.get(page("channels_importreject", reject.pk)).content.decode()
    refused = _act(clerk, reject, "mend", text='{"external_id": "A-1"')
    done = _act(clerk, reject, "mend", text=json.dumps(order("A-1")))

    assert '<textarea name="text"' in shown
    assert "{&quot;external_id&quot;: &quot;A-1&quot;</textarea>" in refused.content.decode()
    assert messages_of(done) == ["A-1 came in."]
    assert Order.objects.count() == 2


def test_the_next_reject_of_the_file_comes_after_one_that_is_dealt_with(clerk, tmp_path):
    _refused(clerk, tmp_path, row("2", price="abc"), row("3", price="x"))
    first, second = ImportReject.objects.order_by("line")

    answer = _act(clerk, first, "settle")
    repeat = _act(clerk, first, "settle")

    assert answer.redirect_chain[-1][0] == page("channels_importreject", second.pk)
    assert repeat.status_code == 200
    assert [each.settled_at is None for each in ImportReject.objects.order_by("line")] == [False, True]


def test_all_that_a_file_brought_in_vain_is_tried_again_by_one_press(clerk, tmp_path, sent):
    done = _refused(clerk, tmp_path, row("2", price="abc"), row("3", price="x"))
    address = reverse("admin:channels_importrun_retry", args=[done.run_id])

    shown = clerk.get(page("channels_importupload", done.pk)).content.decode()
    pressed = clerk.post(address, follow=True)
    retry = ImportUpload.objects.get(retry_of=done.run)
    uploads.run_upload(upload_id=retry.pk)
    after = clerk.get(page("channels_importupload", done.pk))
    nothing = clerk.post(address, follow=True)

    assert "Try all 2 again" in shown
    assert pressed.redirect_chain[-1][0] == page("channels_importupload", retry.pk)
    assert sent == [("channels.tasks.run_upload", str(retry.pk))]
    assert (after.context["settled_rejects"], after.context["rejects"]) == (2, [])
    assert messages_of(nothing) == ["Nothing that a.csv brought is left to be tried again."]


def test_pages_of_rejects_take_as_many_queries_for_many_as_for_few(clerk, tmp_path):
    done = _refused(clerk, tmp_path, row("2", price="abc"))
    places = [
        page("channels_importupload", done.pk),
        page("channels_importreject", ImportReject.objects.get().pk),
        REJECTS,
    ]

    def queries():
        counts = []
        for place in places:
            with CaptureQueriesContext(connection) as told:
                clerk.get(place)
            counts.append(len(told))
        return counts

    queries()
    few = queries()
    first = ImportReject.objects.get()
    ImportReject.objects.bulk_create(
        ImportReject(run=done.run, line=number, reason="no", raw=first.raw) for number in range(10, 30)
    )

    assert queries() == few
    assert max(few) <= 16


def test_who_may_only_look_mends_nothing(client, clerk, tmp_path, sent):
    done = _refused(clerk, tmp_path, row("2", price="abc"))
    reject = ImportReject.objects.get()
    viewer = StaffFactory(is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename__in=["view_importreject", "view_importrun"]))
    client.force_login(viewer)

    shown = client.get(page("channels_importreject", reject.pk))
    answers = [
        client.post(reverse("admin:channels_importreject_mend", args=[reject.pk])),
        client.post(reverse("admin:channels_importreject_settle", args=[reject.pk])),
        client.post(reverse("admin:channels_importrun_retry", args=[done.run_id])),
        client.get(reverse("admin:channels_importupload_columns", args=[done.pk])),
        client.get(reverse("admin:channels_importupload_sheet", args=[done.pk])),
    ]

    assert shown.context["may_mend"] is False
    assert [answer.status_code for answer in answers] == [403] * 5
    assert (ImportReject.objects.get().settled_at, sent) == (None, [])


def test_columns_are_named_on_a_page_that_guesses_and_remembers(clerk, tmp_path):
    header = ["Bon", EVIL, "Title", "Qty", "Order date", "Price", "Client ID", "Ship-to country"]
    asked = _send(clerk, retail_file(tmp_path / "till.csv", row("1"), header=header), retail())
    upload = ImportUpload.objects.get()
    guessed = {detected.name: (name, chosen) for name, detected, chosen in asked.context["rows"]}
    address = reverse("admin:channels_importupload_columns", args=[upload.pk])
    typed = dict(guessed.values()) | {"format": "online-retail", "name": "Till"}

    refused = clerk.post(address, typed, follow=True)
    named = {guessed["Bon"][0]: "InvoiceNo", guessed[EVIL][0]: "StockCode"}
    done = clerk.post(address, typed | named, follow=True)

    assert asked.redirect_chain[-1][0] == address
    assert (guessed["Qty"][1], guessed["Client ID"][1], guessed["Bon"][1]) == ("Quantity", "CustomerID", "")
    assert EVIL not in asked.content.decode()
    assert messages_of(refused) == ["The request is not valid. Say which column is InvoiceNo, StockCode."]
    assert [chosen for _name, _column, chosen in refused.context["rows"]][2:4] == ["Description", "Quantity"]
    assert refused.context["asked"].name == "Till"
    assert "All 1 lines were rehearsed" in done.content.decode()
    assert ColumnMapping.objects.get().name == "Till"

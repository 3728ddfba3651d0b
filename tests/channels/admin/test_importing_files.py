"""Importing a file from the console: look, start, watch, mend."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.models import ImportReject, ImportUpload
from channels.services import uploads
from orders.models import Order
from tests.channels.importing import order, retail
from tests.console import EVIL, changelist, messages_of, page
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
FORM = "/console/channels/importupload/import-a-file/"


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
    client.force_login(_importer())
    return client


def _importer():
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename="import_orders"))
    return user


def _send(client, *orders, name="orders.ndjson", channel=None, **fields):
    content = "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in orders).encode()
    given = {
        "channel": (channel or retail()).pk,
        "file": SimpleUploadedFile(name, content),
        "format": "",
        "stock": "skip",
        "on_error": "skip",
    }
    return client.post(FORM, given | fields, follow=True)


def _act(client, upload, name, **options):
    return client.post(reverse(f"admin:channels_importupload_{name}", args=[upload.pk]), follow=True, **options)


def test_a_file_is_looked_at_started_and_done(clerk, sent):
    looked_at = _send(clerk, order("A-1"), order("A-2")).content.decode()
    upload = ImportUpload.objects.get()
    written_before = Order.objects.count()
    started = _act(clerk, upload, "start")
    waiting = clerk.get(reverse("admin:channels_importupload_progress", args=[upload.pk])).json()
    uploads.run_upload(upload_id=upload.pk)
    done = clerk.get(page("channels_importupload", upload.pk)).content.decode()

    assert "All 2 lines were rehearsed: format ndjson" in looked_at
    assert "40.00 GBP" in looked_at
    assert (written_before, messages_of(started)) == (0, ["A worker takes the file."])
    assert 'http-equiv="refresh"' in started.content.decode()
    assert sent == [("channels.tasks.run_upload", str(upload.pk))]
    assert (waiting["status"], waiting["open"], waiting["percent"]) == ("waiting", True, 0)
    assert "Everything is in. Nothing needs to be done." in done
    assert 'http-equiv="refresh"' not in done
    assert Order.objects.count() == 2


def test_rejects_are_shown_escaped_and_can_be_downloaded_and_sent_again(clerk):
    bad = order(f"{EVIL}", email=EVIL, items=[{"sku": EVIL, "quantity": 0, "unit_price": 1}])
    looked_at = _send(clerk, order("A-1"), bad, name=f"{EVIL}.ndjson").content.decode()
    upload = ImportUpload.objects.get()
    _act(clerk, upload, "start")
    uploads.run_upload(upload_id=upload.pk)

    html = clerk.get(page("channels_importupload", upload.pk)).content.decode()
    download = clerk.get(reverse("admin:channels_importupload_rejects", args=[upload.pk]))
    form = clerk.get(FORM, {"channel": str(upload.channel_id), "format": "ndjson", "stock": "update"}).content.decode()

    assert EVIL not in looked_at + html
    assert "line 2" in html
    assert "&lt;script&gt;" in html
    assert "attachment" in download["Content-Disposition"]
    assert b"".join(download.streaming_content).decode().startswith("line,column,reason,external_id,row\n2,/items/0")
    assert f'<option value="{upload.channel_id}" selected>' in form
    assert '<option value="update" selected>' in form


def test_a_page_of_many_rejects_takes_as_many_queries_as_one_of_few(clerk):
    def queries(count):
        channel = retail(f"c{count}")
        _send(clerk, *[order(f"A-{number}", currency_code="ZZZ") for number in range(count)], channel=channel)
        upload = ImportUpload.objects.order_by("-pk").first()
        _act(clerk, upload, "start")
        uploads.run_upload(upload_id=upload.pk)
        with CaptureQueriesContext(connection) as seen:
            html = clerk.get(page("channels_importupload", upload.pk)).content.decode()
        return len(seen), html

    few, many = queries(1), queries(70)

    assert few[0] == many[0] <= 13
    assert "The first 50 are shown" in many[1]
    assert ImportReject.objects.count() == 71


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"stock": "nonsense"}, "Select a valid choice"),
        ({"format": "pdf"}, "Select a valid choice"),
        ({"file": ""}, "This field is required"),
        ({"file": SimpleUploadedFile("a.csv", b"a;b\n1;2\n")}, "no known format"),
        ({"file": SimpleUploadedFile("a.csv", b"x" * 1_100_000)}, "larger than 1 MB"),
    ],
)
def test_a_file_or_a_wish_that_makes_no_sense_is_refused_on_the_form(clerk, settings, fields, sentence):
    settings.OMS = settings.OMS | {"UPLOAD_MEGABYTES": 1}

    answer = _send(clerk, order("A-1"), **fields)

    assert sentence in answer.content.decode()
    assert not ImportUpload.objects.exists()


def test_a_body_that_is_far_too_large_is_refused_before_it_is_read(clerk, settings):
    settings.OMS = settings.OMS | {"UPLOAD_MEGABYTES": 1}
    retail()

    answer = clerk.post(FORM, b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(3 * 1024 * 1024))

    assert answer.status_code == 413
    assert "larger than 1 MB" in answer.content.decode()


def test_a_request_from_another_site_is_refused():
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(_importer())

    answer = _send(strict, order("A-1"))

    assert answer.status_code == 403
    assert not ImportUpload.objects.exists()


def test_who_may_not_import_sees_and_does_nothing(client, clerk, sent):
    _send(clerk, order("A-1"))
    upload = ImportUpload.objects.get()
    client.force_login(StaffFactory(is_superuser=False))
    names = ("progress", "rejects")

    answers = [client.get(FORM), _send(client, order("A-2"), channel=upload.channel)]
    answers += [client.get(changelist(ImportUpload)), client.get(page("channels_importupload", upload.pk))]
    answers += [client.get(reverse(f"admin:channels_importupload_{name}", args=[upload.pk])) for name in names]
    answers += [_act(client, upload, name) for name in ("start", "discard")]

    assert {answer.status_code for answer in answers} == {403}
    assert (ImportUpload.objects.get().status, sent) == ("looked_at", [])


def test_a_channel_is_needed_first(clerk):
    html = clerk.get(FORM).content.decode()

    assert "No sales channel takes orders yet" in html


def test_a_file_is_deleted_by_whoever_does_not_want_it(clerk):
    _send(clerk, order("A-1"))
    upload = ImportUpload.objects.get()

    answer = _act(clerk, upload, "discard")
    again = _act(clerk, upload, "start")

    assert messages_of(answer) == ["The file is deleted."]
    assert "The file was deleted." in answer.content.decode()
    assert messages_of(again) == ["orders.ndjson is discarded; it cannot be started now."]
    assert not uploads.path_of(upload).exists()


def test_who_may_import_finds_the_way_in_the_sidebar_and_others_do_not(client, clerk):
    way = f'href="{changelist(ImportUpload)}"'

    shown = clerk.get(reverse("admin:index")).content.decode()
    client.force_login(StaffFactory(is_superuser=False))
    hidden = client.get(reverse("admin:index")).content.decode()

    assert (way in shown, way in hidden) == (True, False)

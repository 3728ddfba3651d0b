"""A file of counts brought in through the console, by whoever may change stock."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from channels.models import ImportUpload
from channels.services import uploads
from tests.channels.importing import ndjson_file, order, retail
from tests.console import EVIL, changelist, messages_of, page
from tests.factories import StaffFactory
from tests.scenarios import STAFF, shop

pytestmark = pytest.mark.django_db
FORM = "/console/channels/importupload/import-a-file/"
COUNTS = f"sku,title,location,on_hand\nLAMP,,w1,7\n{EVIL},,w1,many\n"


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
    """Somebody of a warehouse: changes stock, and brings no orders in."""
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename="change_inventorylevel"))
    client.force_login(user)
    return client


def _send(clerk, content=COUNTS):
    return clerk.post(f"{FORM}?kind=stock", {"file": SimpleUploadedFile("counts.csv", content.encode())}, follow=True)


def test_counts_are_looked_at_started_and_done(clerk, sent):
    house = shop({"W1": {"LAMP": 5}})

    looked = _send(clerk)
    upload = ImportUpload.objects.get()
    started = clerk.post(reverse("admin:channels_importupload_start", args=[upload.pk]), follow=True)
    uploads.run_upload(upload_id=upload.pk)
    done = clerk.get(page("channels_importupload", upload.pk))
    sheet = clerk.get(reverse("admin:channels_importupload_sheet", args=[upload.pk]))

    assert "What it would change" in looked.content.decode()
    assert messages_of(started) == ["A worker takes the file."]
    assert sent == [("channels.tasks.run_upload", str(upload.pk))]
    assert house.sra("LAMP") == (7, 0, 7)
    assert [reject["line"] for reject in done.context["rejects"]] == ["3"]
    assert EVIL not in done.content.decode()
    assert b"".join(sheet.streaming_content).decode().splitlines()[1].endswith(f"{EVIL},,w1,many")


def test_a_file_that_makes_no_sense_is_refused_on_the_form(clerk):
    refused = _send(clerk, "sku;on_hand\nLAMP;1\n")

    assert "column title is missing" in refused.context["refusal"]
    assert not ImportUpload.objects.exists()


def test_who_may_change_stock_alone_sees_no_file_of_orders(clerk, tmp_path):
    _send(clerk)
    orders = uploads.take_upload(
        upload=uploads.Upload(
            file_name="orders.ndjson",
            blocks=[ndjson_file(tmp_path / "orders.ndjson", order("A-1")).read_bytes()],
            channel=retail(),
            format="",
            stock="skip",
            stop_at_error=False,
        ),
        actor=STAFF,
    )

    listed = clerk.get(changelist(ImportUpload)).context["cl"].result_list
    form = clerk.get(FORM)
    refused = [
        clerk.get(page("channels_importupload", orders.pk), follow=True).redirect_chain != [],
        clerk.post(reverse("admin:channels_importupload_start", args=[orders.pk])).status_code,
        clerk.get(f"{FORM}?kind=orders").status_code,
    ]

    assert [row.file_name for row in listed] == ["counts.csv"]
    assert form.context["kind"] == "stock"
    assert refused == [True, 404, 403]


def test_who_brings_orders_in_alone_brings_no_counts_in(client):
    user = StaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename="import_orders"))
    client.force_login(user)

    assert [client.get(FORM).context["kind"], client.get(f"{FORM}?kind=stock").status_code] == ["orders", 403]


def test_pooled_stock_has_no_form_for_counts(clerk, settings):
    settings.OMS = settings.OMS | {"INVENTORY": "inventory.providers.pooled.PooledInventory"}

    assert clerk.get(f"{FORM}?kind=stock").status_code == 403

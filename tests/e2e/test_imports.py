"""A file brought in through a real browser, and the pages of imports on a telephone."""

from __future__ import annotations

import json

import pytest

from channels.models import ImportUpload, OrderSource, SourceRun
from channels.services import sources, uploads
from orders.models import Order
from tests.channels.importing import ndjson_file, order, retail, retail_file, row
from tests.e2e.pages import width_of
from tests.e2e.test_console import SHOTS, console  # noqa: F401  (a fixture)
from tests.scenarios import STAFF

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LONG = "x" * 300


def test_a_file_is_chosen_looked_at_imported_and_watched_to_its_end(console, settings, tmp_path, monkeypatch):  # noqa: F811
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}
    monkeypatch.setattr("channels.tasks.send", lambda task, *arguments: None)
    retail()
    bad = {"external_id": "A-2", "currency_code": "GBP", "items": [{"sku": LONG, "quantity": 0, "unit_price": 1}]}
    path = ndjson_file(tmp_path / "orders.ndjson", order("A-1"), json.dumps(bad))
    console.set_viewport_size({"width": 390, "height": 844})
    SHOTS.mkdir(parents=True, exist_ok=True)

    console.goto("/console/channels/importupload/")
    console.get_by_role("link", name="Import a file").last.click()
    _fits(console, "import-form")
    console.get_by_label("Sales channel").select_option(label="Retail")
    console.get_by_label("File").set_input_files(path)
    console.get_by_role("button", name="Look at it").click()
    console.get_by_text("All 2 lines were rehearsed").wait_for()
    _fits(console, "import-preview")
    console.get_by_role("button", name="Import it").click()
    console.get_by_text("waiting for a worker").first.wait_for()
    _fits(console, "import-waiting")
    uploads.run_upload(upload_id=ImportUpload.objects.get().pk)
    console.get_by_text("Everything is in but the rejects.").wait_for()  # the page finds out by itself
    _fits(console, "import-done")
    console.get_by_role("link", name="Mend it").click()
    _fits(console, "import-reject")
    console.locator("textarea[name=text]").fill(json.dumps(order("A-2")))
    console.get_by_role("button", name="Try again").click()
    console.get_by_text("A-2 came in.").wait_for()

    assert Order.objects.count() == 2


def test_the_columns_of_a_file_are_named_on_a_telephone(console, settings, tmp_path):  # noqa: F811
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}
    retail()
    header = ["Bon", "Sku", "Title", "Qty", "Order date", "Price", "Client ID", "Ship-to country"]
    path = retail_file(tmp_path / "till.csv", row("1", Description=LONG), header=header)
    console.set_viewport_size({"width": 390, "height": 844})

    console.goto("/console/channels/importupload/import-a-file/")
    console.get_by_label("Sales channel").select_option(label="Retail")
    console.get_by_label("File").set_input_files(path)
    console.get_by_role("button", name="Look at it").click()
    console.get_by_text("Still to be found: InvoiceNo.").wait_for()
    _fits(console, "import-columns")
    console.get_by_label("Bon").select_option("InvoiceNo")
    console.get_by_label("Remember this").fill("Till")
    console.get_by_role("button", name="Look at it").click()
    console.get_by_text("All 1 lines were rehearsed").wait_for()

    assert ImportUpload.objects.get().columns["Bon"] == "InvoiceNo"


def test_the_pages_of_a_source_fit_a_telephone(console):  # noqa: F811
    source = sources.save_source(
        source=OrderSource(name="Acme", channel=retail(), kind="http", address=f"https://shop.example/{LONG}"),
        every_minutes=5,
    )
    SourceRun.objects.create(source=source, status="failed", actor=STAFF.as_dict(), error=f"{LONG} answers 500.")
    console.set_viewport_size({"width": 390, "height": 844})

    for name, address in {"sources": "", "source": f"{source.pk}/change/", "source-add": "add/"}.items():
        console.goto(f"/console/channels/ordersource/{address}")
        _fits(console, name)


def _fits(console, name):  # noqa: F811
    assert width_of(console) <= 390, name
    console.screenshot(path=SHOTS / f"{name}.png", full_page=True)

"""Files of counts that are sent through the console: rehearsed, brought in by a worker, mended and sent again."""

from __future__ import annotations

import pytest

from channels.models import ImportUpload
from channels.services import stock_uploads, uploads
from channels.services.uploads import UploadNotMappable
from inventory.models import InventoryItem, InventoryLevel
from oms.core.errors import DomainError
from tests.scenarios import STAFF, place, shop

pytestmark = pytest.mark.django_db
FILE = "sku,title,location,on_hand\nLAMP,,w1,7\nMUG,Mug,w1,many\n"


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}
    return tmp_path / "private"


def _take(text, name="counts.csv"):
    return uploads.take_counts(file_name=name, blocks=[text.encode()], actor=STAFF)


def _run(upload):
    uploads.start_upload(upload_id=upload.pk)
    done = uploads.run_upload(upload_id=upload.pk)
    assert done is not None
    return done


def test_looking_at_counts_says_what_they_would_change_and_writes_nothing():
    house = shop({"W1": {"LAMP": 5}})

    upload = _take(FILE)

    shown = upload.preview
    assert (upload.status, upload.channel, shown["whole"]) == ("looked_at", None, True)
    assert (shown["counts"]["levels_changed"], shown["counts"]["rejected"]) == (1, 1)
    assert [(each["line"], each["column"]) for each in shown["first_rejects"]] == [("3", "on_hand")]
    assert (house.sra("LAMP"), InventoryItem.objects.count()) == ((5, 0, 5), 1)


def test_a_worker_sets_the_counts_and_a_repeat_changes_nothing():
    house = shop({"W1": {"LAMP": 5}})
    done = _run(_take(FILE))

    again = _run(done)

    assert (done.status, again.status, done.lines_done) == ("partial", "partial", 2)
    assert (again.outcome["counts"]["levels_changed"], again.outcome["counts"]["unchanged"]) == (0, 1)
    assert (house.sra("LAMP"), house.level("LAMP").ledger_seq) == ((7, 0, 7), 2)


def test_rejected_counts_come_back_mended_in_a_spreadsheet():
    house = shop({"W1": {"LAMP": 5}})
    place(house, {"LAMP": 4})
    done = _run(_take("sku;title;location;on_hand\nLAMP;;w1;3\nMUG;'Mug;w1;many\n"))
    sheet = stock_uploads.sheet_of(uploads.path_of(done)).read_text()

    mended = _run(_take(sheet.replace(",3", ",4").replace("many", "2"), name="mended.csv"))

    assert sheet.splitlines()[0] == "Why it was refused,sku,title,location,on_hand"
    assert done.outcome["counts"]["rejected"] == 2
    assert (mended.status, mended.preview["mended"]) == ("completed", True)
    levels = InventoryLevel.objects.order_by("item__sku").values_list("item__sku", "item__title", "on_hand")
    assert list(levels) == [("LAMP", "Thing LAMP", 4), ("MUG", "'Mug", 2)]


def test_a_file_that_is_none_of_counts_leaves_nothing_behind(private):
    with pytest.raises(DomainError, match="column location is missing"):
        _take("sku,title,on_hand\nLAMP,,3\n")

    assert not ImportUpload.objects.exists()
    assert list((private / "uploads").iterdir()) == []


def test_pooled_stock_takes_no_counts_by_location(settings):
    settings.OMS = settings.OMS | {"INVENTORY": "inventory.providers.pooled.PooledInventory"}

    with pytest.raises(DomainError):
        _take(FILE)

    assert not ImportUpload.objects.exists()


def test_the_columns_of_counts_are_not_mapped():
    upload = _take(FILE)

    with pytest.raises(UploadNotMappable):
        uploads.map_upload(upload_id=upload.pk, format_="shopify", columns={}, actor=STAFF)

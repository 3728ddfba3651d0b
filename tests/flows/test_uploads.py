"""An upload whose worker is killed goes on, in another worker, behind the last committed line."""

from __future__ import annotations

import json

import pytest
from celery import Celery

from channels.enums import StockPolicy
from channels.models import ImportUpload
from channels.services import uploads
from tests.channels.importing import order
from tests.channels.sources import stored
from tests.flows.house import ALONE, House, wait_until
from tests.flows.test_scheduled_sources import WORKER, house  # noqa: F401  (a fixture)
from tests.scenarios import STAFF

ORDERS = 2000


def _look_after(house: House) -> None:  # noqa: F811
    """What beat does every 30 seconds."""
    beat = Celery(broker=house.broker.url)
    beat.send_task("channels.tasks.look_after_imports", queue="default", expires=5)
    beat.close()


@pytest.mark.slow
def test_an_upload_whose_worker_is_killed_goes_on_and_nothing_comes_twice(house, tmp_path, settings):  # noqa: F811
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}
    house.environment["OMS_IMPORT_CHUNK_LINES"] = "20"
    lines = (f"{json.dumps(order(f'A-{number}'))}\n".encode() for number in range(ORDERS))
    upload = uploads.take_upload(
        upload=uploads.Upload(
            file_name="orders.ndjson",
            blocks=lines,
            channel=house.shop.channel,
            format="",
            stock=StockPolicy.SKIP,
            stop_at_error=False,
        ),
        actor=STAFF,
    )
    uploads.start_upload(upload_id=upload.pk)
    row = ImportUpload.objects.filter(pk=upload.pk)

    worker = house.start("celery", *WORKER.split(), *ALONE.split(), "-n", "first")
    wait_until(lambda: row.get().lines_done >= 100, meanwhile=lambda: _look_after(house), seconds=60)
    house.kill(worker)
    reached = row.get()
    house.start("celery", *WORKER.split(), *ALONE.split(), "-n", "second")
    wait_until(lambda: row.get().status == "completed", meanwhile=lambda: _look_after(house), seconds=60)

    done = row.get()
    assert (reached.status, reached.attempts, done.attempts) == ("running", 1, 2)
    assert 100 <= reached.lines_done < ORDERS
    assert (done.lines_done, done.run.attempts) == (ORDERS, 2)
    assert (done.run.figures["created"], len(stored())) == (ORDERS, ORDERS)

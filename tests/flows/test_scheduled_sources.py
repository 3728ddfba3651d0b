"""A source that beat starts and workers visit, in processes of their own, while the other side misbehaves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.db.models import Q
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from channels.models import OrderSource, SourceRun
from channels.services import sources
from orders.models import Order
from tests.channels.sources import stored
from tests.flows.broker import broker
from tests.flows.house import ALONE, PROJECT, House, wait_until
from tests.scenarios import shop

WORKER = "-A oms worker --pool prefork --concurrency 1 -Q default,imports --loglevel error"
SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
BEAT = f"-A oms beat --scheduler {SCHEDULER} --max-interval 1 --pidfile= --loglevel error"


@pytest.fixture
def house(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[House]:
    settings.OMS = settings.OMS | {"SOURCE_PRIVATE_ADDRESSES": True}
    with broker(tmp_path) as own:
        house = House(shop({"W1": {"LAMP": 1000}}), own, tmp_path)
        house.environment |= {
            "OMS_EXTRA_APPS": "",
            "OMS_PRIVATE_FILES": str(tmp_path / "private"),
            "OMS_SOURCE_PRIVATE_ADDRESSES": "true",
            "OMS_SOURCE_TIMEOUT_SECONDS": "1",
        }
        yield house
        house.close()


class Elsewhere:
    """The other shop, in a process with its own books."""

    def __init__(self, house: House, orders: int, page_size: int, faults: list[str]) -> None:
        command = [sys.executable, "-m", "tests.order_server", str(orders), str(page_size), *faults]
        process = subprocess.Popen(
            command, cwd=PROJECT, env=house.environment, stdout=subprocess.PIPE, start_new_session=True
        )
        house.running.append(process)
        assert process.stdout is not None
        self.url = f"http://127.0.0.1:{int(process.stdout.readline())}"

    def books(self) -> dict[str, Any]:
        with urlopen(f"{self.url}/books", timeout=10) as answer:  # noqa: S310  (our own process)
            told: dict[str, Any] = json.load(answer)
        return told

    def change(self, count: int) -> None:
        urlopen(Request(f"{self.url}/change?count={count}", method="POST"), timeout=10).close()  # noqa: S310


def _every_second(source: OrderSource) -> None:
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.SECONDS)
    task = PeriodicTask.objects.get(pk=source.schedule_id)
    task.interval = every
    task.save()
    PeriodicTasks.update_changed()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("orders", "page_size", "changes", "kills", "faults"),
    [
        (40, 10, 1, 1, ["429", "500", "cut", "slow", "repeats"]),
        pytest.param(
            3000,
            100,
            4,
            8,
            ["429", "ok", "500", "ok", "ok", "cut", "ok", "slow", "repeats"] * 10,
            marks=pytest.mark.soak,
            id="long",
        ),
    ],
)
def test_beat_starts_it_and_no_order_is_lost_or_doubled_and_changes_become_revisions(
    house, orders, page_size, changes, kills, faults
):
    other = Elsewhere(house, orders, page_size, faults)
    source = sources.save_source(
        source=OrderSource(
            name="Acme", channel=house.shop.channel, kind="http", address=f"{other.url}/orders", overlap_seconds=2
        ),
        every_minutes=1,
    )
    _every_second(source)
    workers = [house.start("celery", *WORKER.split(), *ALONE.split(), "-n", f"w{number}") for number in range(2)]
    house.start("celery", *BEAT.split())

    for number in range(kills):
        asked = other.books()["asked"]
        wait_until(lambda before=asked: _under_way(other, before + 2), seconds=60)
        for worker in workers:
            house.kill(worker)
        names = [f"k{number}{each}" for each in range(2)]
        workers = [house.start("celery", *WORKER.split(), *ALONE.split(), "-n", name) for name in names]
    wait_until(lambda: stored() == other.books()["orders"], seconds=120)
    for _ in range(changes):
        other.change(5)
        wait_until(lambda: stored() == other.books()["orders"], seconds=120)

    runs = list(SourceRun.objects.exclude(finished_at=None).order_by("started_at"))
    assert other.books()["left"] == []
    assert Order.objects.count() == orders + 5 * changes
    assert set(Order.objects.filter(revised_names(5)).values_list("version", flat=True)) == {1 + changes}
    assert set(Order.objects.exclude(revised_names(5)).values_list("version", flat=True)) == {1}
    assert max(run.attempts for run in runs) >= 2
    assert any("the worker of the one before was lost" in run.note for run in runs)
    assert all(before.finished_at <= after.started_at for before, after in pairwise(runs))
    assert sum(run.created for run in runs) <= orders + 5 * changes
    assert sum(run.retries for run in runs) >= 1


def _under_way(other: Elsewhere, asked: int) -> bool:
    return other.books()["asked"] >= asked and SourceRun.objects.filter(status="running").exists()


def revised_names(count: int) -> Q:
    return Q(external_id__in=[f"S-{number}" for number in range(1, count + 1)])

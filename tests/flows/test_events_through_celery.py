"""News of an order reaches the receivers of other apps in a real Celery worker, whatever happens to it and the broker.

Three kinds of processes: this one, which looks; one that places orders; and the worker, which is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import redis
from celery import Celery
from django.conf import settings
from django.db import connection

from oms.core.models import Delivery, OutboxEvent
from orders.models import Order
from tests.scenarios import Shop, shop

PROJECT = Path(__file__).resolve().parents[2]
WORKER = "-A oms worker --pool prefork --concurrency 2 -Q default --loglevel warning"
ALONE = "--without-gossip --without-mingle --without-heartbeat"


@dataclass
class House:
    """A shop, the broker under names of its own, and the processes around them."""

    shop: Shop
    heard_in: Path
    prefix: str
    environment: dict[str, str]
    running: list[subprocess.Popen[bytes]]

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A process in a group of its own, so that its children can be killed with it."""
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=PROJECT, env=self.environment, start_new_session=True
        )
        self.running.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("celery", *WORKER.split(), *ALONE.split())

    def start_shopping(self, count: int) -> subprocess.Popen[bytes]:
        return self.start("tests.flows.shopping", self.shop.channel.code, str(count))

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def empty_the_broker(self) -> int:
        broker = redis.Redis.from_url(settings.REDIS_URL)
        keys = list(broker.scan_iter(f"{self.prefix}*", count=1000))
        return int(broker.delete(*keys)) if keys else 0

    def beat(self) -> None:
        """What beat does every few seconds."""
        beat = Celery(broker=settings.CELERY_BROKER_URL)
        beat.conf.broker_transport_options = {"global_keyprefix": self.prefix}
        beat.send_task("oms.relay.sweep", queue="default", expires=5)
        beat.close()

    def heard(self) -> list[dict[str, Any]]:
        lines = self.heard_in.read_text().splitlines() if self.heard_in.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[House]:
    prefix = f"test-{uuid4().hex}-"
    database = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "oms.settings",
        "DATABASE_URL": database.geturl(),
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_KEY_PREFIX": prefix,
        "OMS_EXTRA_APPS": "tests.apps.listening",
        "OMS_DELIVERY_LEASE_SECONDS": "2",
        "OMS_DELIVERY_ATTEMPTS": "50",
        "LISTENING_FILE": str(tmp_path / "heard"),
        "LISTENING_SECONDS": "0.01",
    }
    house = House(shop({"W1": {"LAMP": 1000}}), tmp_path / "heard", prefix, environment, [])
    yield house
    for process in house.running:
        house.kill(process)
    house.empty_the_broker()


def wait_until(
    what: Callable[[], bool], *, meanwhile: Callable[[], object] = lambda: None, seconds: float = 30
) -> None:
    ends_at = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends_at, f"not within {seconds} s"
        meanwhile()
        time.sleep(0.1)


def test_receivers_of_another_app_hear_of_an_order_in_the_worker_at_once_without_beat(house):
    worker = house.start_worker()

    assert house.start_shopping(1).wait() == 0
    wait_until(lambda: len(house.heard()) >= 4)

    order = Order.objects.get()
    assert sorted((each["receiver"], each["event"], each["sequence"], each["order"]) for each in house.heard()) == [
        ("plain", "order.placed", 1, order.public_id),
        ("short", "order.hold_placed", 2, order.public_id),
        ("short", "order.hold_released", 3, order.public_id),
        ("short", "order.placed", 1, order.public_id),
    ]
    groups = {os.getpgid(each["pid"]) for each in house.heard()}
    assert groups == {worker.pid}


@pytest.mark.parametrize(
    ("orders", "kills", "flushes"),
    [(30, 2, 1), pytest.param(400, 12, 6, marks=pytest.mark.soak)],
    ids=["short", "long"],
)
@pytest.mark.slow
def test_workers_that_are_killed_and_a_broker_that_is_emptied_lose_nothing_and_keep_the_order(
    house, orders, kills, flushes
):
    worker = house.start_worker()
    shopping = house.start_shopping(orders)

    for number in range(1, kills + 1):
        share = 4 * orders * number // (kills + 1)
        wait_until(lambda enough=share: len(house.heard()) >= enough, meanwhile=house.beat)
        house.kill(worker)
        if number <= flushes:
            house.empty_the_broker()
        worker = house.start_worker()
    assert shopping.wait() == 0
    wait_until(everything_is_delivered, meanwhile=house.beat)

    sequences = defaultdict(list)
    for each in house.heard():
        sequences[each["receiver"], each["order"]].append(each["sequence"])
    placed = {order.public_id for order in Order.objects.all()}
    assert len(placed) == orders
    assert set(sequences) == {(receiver, order) for receiver in ("plain", "short") for order in placed}
    assert all(numbers == sorted(numbers) for numbers in sequences.values())  # a repeat may come, never out of order
    assert {tuple(sorted(set(numbers))) for (receiver, _), numbers in sequences.items() if receiver == "short"} == {
        (1, 2, 3)
    }
    assert len({each["pid"] for each in house.heard()}) > kills


def everything_is_delivered() -> bool:
    undone = Delivery.objects.exclude(state="delivered").exists()
    return not undone and not OutboxEvent.objects.filter(relayed_at=None).exists()

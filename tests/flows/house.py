"""A shop, a broker of its own, and the processes around them: those who shop, and the workers, which are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from django.conf import settings
from django.db import connection

from oms.core.models import Delivery, OutboxEvent
from orders.models import Order
from tests.flows.broker import Broker
from tests.scenarios import Shop

PROJECT = Path(__file__).resolve().parents[2]
WORKER = "worker --pool prefork --concurrency 2 -Q default --loglevel error"
ALONE = "--without-gossip --without-mingle --without-heartbeat"
SEQUENCES = {"plain": [1], "short": [1, 2, 3], "loose": [2]}  # what each receiver hears of an order


@dataclass
class House:
    shop: Shop
    broker: Broker
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        database = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}")
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "oms.settings",
            "DATABASE_URL": database.geturl(),
            "REDIS_URL": self.broker.url,
            "OMS_EXTRA_APPS": "tests.apps.listening",
            "OMS_DELIVERY_LEASE_SECONDS": "2",
            "OMS_DELIVERY_ATTEMPTS": "50",
            "LOG_LEVEL": "ERROR",  # deliveries that fail are what is wanted here
            "LISTENING_FILE": str(self.directory / "heard"),
            "LISTENING_SECONDS": "0.01",
            "LISTENING_FAILURES": "0",
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A process in a group of its own, so that its children can be killed with it."""
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=PROJECT, env=self.environment, start_new_session=True
        )
        self.running.append(process)
        return process

    def start_worker(self, app: str = "oms") -> subprocess.Popen[bytes]:
        return self.start("celery", "-A", app, *WORKER.split(), *ALONE.split())

    def start_shopping(self, count: int) -> subprocess.Popen[bytes]:
        return self.start("tests.flows.shopping", self.shop.channel.code, str(count), str(self.directory / "regretted"))

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for process in self.running:
            self.kill(process)

    def beat(self) -> None:
        """What beat does every few seconds."""
        beat = Celery(broker=self.broker.url)
        beat.send_task("oms.relay.sweep", queue="default", expires=5)
        beat.close()

    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._lines("heard")]

    def regretted(self) -> set[str]:
        """The orders that were recorded and rolled back."""
        return set(self._lines("regretted"))

    def _lines(self, name: str) -> list[str]:
        file = self.directory / name
        return file.read_text().splitlines() if file.exists() else []


def wait_until(
    what: Callable[[], bool], *, meanwhile: Callable[[], object] = lambda: None, seconds: float = 30
) -> None:
    ends_at = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends_at, f"not within {seconds} s"
        meanwhile()
        time.sleep(0.1)


def everything_is_delivered() -> bool:
    undone = Delivery.objects.exclude(state="delivered").exists()
    return not undone and not OutboxEvent.objects.filter(relayed_at=None).exists()


def sightings(heard: list[dict[str, Any]]) -> dict[tuple[str, str], list[int]]:
    """The numbers of an order in the sequence in which a receiver saw them for the first time."""
    seen: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in heard:
        numbers = seen[each["receiver"], each["order"]]
        if each["sequence"] not in numbers:
            numbers.append(each["sequence"])
    return seen


def complaints(house: House) -> dict[str, list[Any]]:
    """What is wrong with what was heard: kind to the (receiver, order) pairs concerned."""
    seen = sightings(house.heard())
    placed = {order.public_id for order in Order.objects.all()}
    return {
        "missed": [
            (receiver, order)
            for order in placed
            for receiver, numbers in SEQUENCES.items()
            if sorted(seen.get((receiver, order), [])) != numbers
        ],
        "out of order": [pair for pair, numbers in seen.items() if numbers != sorted(numbers)],
        "never happened": [pair for pair in seen if pair[1] not in placed or pair[1] in house.regretted()],
    }

"""Real processes of this project on the test database, with a broker prefix and a directory of metrics of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import redis
from django.conf import settings
from django.db import connection

PROJECT = Path(__file__).resolve().parents[3]
ALONE = "--without-gossip --without-mingle --without-heartbeat"


class Processes:
    """What a test has started, with its output in files."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.prefix = f"test-{uuid4().hex}-"
        database = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}")
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "oms.settings",
            "DATABASE_URL": database.geturl(),
            "REDIS_URL": settings.REDIS_URL,
            "REDIS_KEY_PREFIX": self.prefix,
            "OMS_METRICS_DIR": str(directory / "metrics"),
            "LOG_FORMAT": "json",
            **environment,
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """`python -m arguments`, in a group of its own."""
        with (self.directory / f"{name}.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=PROJECT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def start_web(self, *options: str) -> tuple[subprocess.Popen[bytes], httpx.Client]:
        """Two workers of gunicorn on a free port, and a client that opens a connection for each request."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        common = ("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "2", "--no-control-socket")
        process = self.start("web", "gunicorn", "oms.wsgi", *common, *options)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Connection": "close"}, timeout=20)

        def answers() -> bool:
            with suppress(httpx.TransportError):
                return client.get("/healthz").status_code == 200
            return False

        wait_until(answers)
        return process, client

    def start_worker(self, *options: str) -> subprocess.Popen[bytes]:
        common = ("-A", "oms", "worker", "-Q", "default,providers,imports,webhooks", *ALONE.split())
        return self.start("worker", "celery", *common, *options)

    def output(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()

    def end(self) -> None:
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        broker = redis.Redis.from_url(settings.REDIS_URL)
        if keys := list(broker.scan_iter(f"{self.prefix}*", count=1000)):
            broker.delete(*keys)


@contextmanager
def processes(directory: Path, **environment: str) -> Iterator[Processes]:
    started = Processes(directory, **environment)
    try:
        yield started
    finally:
        started.end()


def wait_until(what: Callable[[], Any], *, seconds: float = 30) -> None:
    ends_at = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends_at, f"not within {seconds} s"
        time.sleep(0.05)

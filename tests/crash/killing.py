"""Processes of our own on the test database, which can be killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection
from django.test import override_settings

from channels.models import ImportLane, ImportRun
from channels.services.import_workers import _leave_inherited_connections

ROOT = Path(__file__).resolve().parents[2]


def environment(chunk_lines: int = 200) -> dict[str, str]:
    """The environment of a process that works on the test database."""
    database = connection.settings_dict
    user = quote(database["USER"]) + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
    host = database["HOST"] or database["OPTIONS"].get("host", "")
    options = {"host": host} | ({"port": database["PORT"]} if database["PORT"] else {})
    url = f"postgresql://{user}@/{database['NAME']}?{urlencode(options)}"
    return os.environ | {"DATABASE_URL": url, "OMS_IMPORT_CHUNK_LINES": str(chunk_lines), "OMS_ENV": "test"}


class Child:
    """A process forked off this one, with connections of its own. Django is loaded already, which takes a while.

    What it prints is kept; so is what its own children say, who hold the other end of the pipe, too.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._out = TemporaryFile("w+")  # noqa: SIM115  (closed when this is forgotten)
        self._err, theirs = os.pipe()
        system = multiprocessing.get_context("fork")
        self._process = system.Process(target=_live, args=(work, self._out.fileno(), theirs))
        self._process.start()
        os.close(theirs)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def ended(self, patience: float) -> tuple[int, str, str]:
        """Exit code and output, as soon as it and its own children have ended. One that takes longer than so many
        seconds is killed with them: TimeoutError."""
        said, until = b"", time.monotonic() + patience
        while part := self._read(until):
            said += part
        os.close(self._err)
        self._process.join()
        self._out.seek(0)
        assert self._process.exitcode is not None
        return self._process.exitcode, self._out.read(), said.decode()

    def _read(self, until: float) -> bytes:
        if not select.select([self._err], [], [], max(0.0, until - time.monotonic()))[0]:
            for child in children(self) if self.runs else ():
                os.kill(child, signal.SIGKILL)
            self.kill()
            raise TimeoutError
        return os.read(self._err, 2**16)


def _live(work: Callable[[], object], out: int, err: int) -> None:
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(err)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    _leave_inherited_connections()
    work()


def start(path: Path, *arguments: str, chunk_lines: int = 200) -> Child:
    """`manage.py import_orders` in a process of its own."""
    command = ["manage.py", "import_orders", str(path), "--channel", "retail", "--json", *arguments]

    def work() -> None:
        with override_settings(OMS=settings.OMS | {"IMPORT_CHUNK_LINES": chunk_lines}):
            execute_from_command_line(command)

    return Child(work)


def finish(process: Child, patience: float = 300) -> tuple[int, dict[str, Any]]:
    """Exit code and what it printed."""
    code, out, err = process.ended(patience)
    return code, json.loads(out) if out else {"refused": err.strip()}


def kill_at(process: Child, cursor: int, patience: float = 120) -> int:
    """Kill the process as soon as so many records, and some of its own, are committed; how many were then."""
    before, until = _cursor(), time.monotonic() + patience
    while time.monotonic() < until and process.runs and not before < _cursor() >= cursor:
        time.sleep(0.002)
    process.kill()
    process.ended(patience)
    return _cursor()


def kill_worker(process: Child, patience: float = 60) -> None:
    """Kill one of the further workers of an import, once some of its own work is committed."""
    _wait_for_a_worker(patience)
    os.kill(children(process)[0], signal.SIGKILL)


def kill_parent(process: Child, patience: float = 30) -> str:
    """Kill an import but not its further workers, once these are at work; what all of them said until they ended."""
    _wait_for_a_worker(patience)
    workers = children(process)
    process.kill()
    try:
        return process.ended(patience)[2]
    except TimeoutError:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        raise


def children(process: Child) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def _wait_for_a_worker(patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until and not ImportLane.objects.filter(number=2, cursor__gt=0).exists():
        time.sleep(0.002)


def _cursor() -> int:
    return ImportRun.objects.values_list("cursor", flat=True).order_by("-started_at").first() or 0

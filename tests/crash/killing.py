"""Importing in a process of its own on the test database, which can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connection

from channels.models import ImportLane, ImportRun

ROOT = Path(__file__).resolve().parents[2]


def environment(chunk_lines: int = 200) -> dict[str, str]:
    """The environment of a process that works on the test database."""
    database = connection.settings_dict
    user = quote(database["USER"]) + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
    host = database["HOST"] or database["OPTIONS"].get("host", "")
    options = {"host": host} | ({"port": database["PORT"]} if database["PORT"] else {})
    url = f"postgresql://{user}@/{database['NAME']}?{urlencode(options)}"
    return os.environ | {"DATABASE_URL": url, "OMS_IMPORT_CHUNK_LINES": str(chunk_lines), "OMS_ENV": "test"}


def start(path: Path, *arguments: str, chunk_lines: int = 200) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "import_orders", str(path), "--channel", "retail", "--json", *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(chunk_lines),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], patience: float = 300) -> tuple[int, dict[str, Any]]:
    """Exit code and what it printed. One that has not ended after so many seconds is killed: TimeoutExpired."""
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        for child in children(process):
            os.kill(child, signal.SIGKILL)
        process.kill()
        process.communicate()
        raise
    return process.returncode, json.loads(out) if out else {"refused": err.strip()}


def kill_at(process: subprocess.Popen[str], cursor: int, patience: float = 120) -> int:
    """Kill the process as soon as so many records, and some of its own, are committed; how many were then."""
    before, until = _cursor(), time.monotonic() + patience
    while time.monotonic() < until and process.poll() is None and not before < _cursor() >= cursor:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return _cursor()


def kill_worker(process: subprocess.Popen[str], patience: float = 60) -> None:
    """Kill one of the further workers of an import, once some of its own work is committed."""
    _wait_for_a_worker(patience)
    os.kill(children(process)[0], signal.SIGKILL)


def kill_parent(process: subprocess.Popen[str], patience: float = 30) -> str:
    """Kill an import but not its further workers, once these are at work; what all of them said until they ended."""
    _wait_for_a_worker(patience)
    workers = children(process)
    process.send_signal(signal.SIGKILL)
    try:
        return process.communicate(timeout=patience)[1]  # the workers hold the other end of it, too
    except subprocess.TimeoutExpired:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        raise


def children(process: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def _wait_for_a_worker(patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until and not ImportLane.objects.filter(number=2, cursor__gt=0).exists():
        time.sleep(0.002)


def _cursor() -> int:
    return ImportRun.objects.values_list("cursor", flat=True).order_by("-started_at").first() or 0

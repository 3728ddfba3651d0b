"""Driving `manage.py up` from outside, as a person at a terminal would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from oms.embedded.places import shelter_path
from oms.embedded.state import Servers, load

PROJECT = Path(__file__).resolve().parents[3]
SECONDS = 30


@dataclass
class House:
    """A project directory, its var directory, and the Python (and account) to run it with."""

    project: Path
    var: Path
    python: Sequence[str]
    uid: int | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def up(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py up` with these arguments to its end."""
        return subprocess.run(
            [*self.python, str(self.project / "manage.py"), "up", *arguments],
            env=self._environment(extra),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            cwd="/",
            user=self.uid,
            group=self.uid,
            extra_groups=None if self.uid is None else [],
        )

    def sql(self, statement: str) -> str:
        """What PostgreSQL answers to a statement, in a command of its own."""
        answer = self.up("--", "sh", "-c", 'psql "$DATABASE_URL" -qAt -v ON_ERROR_STOP=1 -c "$0"', statement)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    @contextmanager
    def busy(self, script: str = "echo ready; exec sleep 60") -> Iterator[subprocess.Popen[str]]:
        """A command that uses the servers until the end of the block."""
        process = subprocess.Popen(
            [*self.python, str(self.project / "manage.py"), "up", "--", "sh", "-c", script],
            env=self._environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/",
            start_new_session=True,
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=SECONDS)
            finally:
                process.kill()

    @property
    def servers(self) -> Servers:
        """The servers as the state file names them."""
        servers = load(self.var)
        assert servers is not None
        return servers

    def database_log(self) -> str:
        return (self.var / "servers/postgres.log").read_text()

    def clean_up(self) -> None:
        """Whatever the test did, no server stays behind."""
        self.up("--stop")
        shutil.rmtree(shelter_path(self.var), ignore_errors=True)

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMS_", "PG"))}
        for name in ("DATABASE_URL", "REDIS_URL", "PORT"):
            kept.pop(name, None)
        return {**kept, "OMS_VAR": str(self.var), **self.environment, **extra}


def kill(pid: int) -> None:
    """`kill -9`, and wait until it has happened."""
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Whether a process with this pid lives; a zombie does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def uid_of(pid: int) -> int:
    return int(psutil.Process(pid).uids().effective)

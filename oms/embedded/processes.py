"""Telling one process from another: a pid alone is not enough, because pids are used again."""

# ruff: noqa: S603, S607  (`ps` with a number for its only variable part)

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process, for as long as it lives: its pid together with the moment it started."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The living process with this pid, or None."""
        started = _started(pid)
        return None if started is None else cls(pid, started)

    @property
    def alive(self) -> bool:
        """Whether this very process still runs. A zombie does not, nor does a later owner of the pid."""
        return _started(self.pid) == self.started

    def send(self, signum: int) -> None:
        """Signal it, if it is still there."""
        if not self.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signum)

    def wait(self, seconds: float) -> bool:
        """Wait until it is gone; False if it is still there after so many seconds."""
        return wait_until(lambda: not self.alive, seconds)


def wait_until(condition: Callable[[], bool], seconds: float, *, pause: float = 0.02) -> bool:
    """Ask again and again until the condition holds or the time is up; returns whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def _started(pid: int) -> str | None:
    """A mark of the moment the process started, the same as long as it lives; None if it does not."""
    if not PROC.is_dir():
        return _started_by_ps(pid)
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name in parentheses may hold spaces and parentheses itself, so count from behind it.
    fields = stat.rpartition(")")[2].split()
    state, ticks_since_boot = fields[0], fields[19]
    return None if state in "ZXx" else ticks_since_boot


def _started_by_ps(pid: int) -> str | None:
    """The same on systems without /proc."""
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()

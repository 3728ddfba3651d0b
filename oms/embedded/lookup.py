"""Finding servers and orphans among everything that runs on the machine.

Apart from `processes`, because settings import that one and psutil comes with the embedded servers only.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from oms.embedded.processes import Process, wait_until


def find_server(pid: int, *, name: str, directory: Path) -> Process | None:
    """The process with this pid, if it is a server of that name at work in that data directory.

    Pid files outlive crashes and reboots, so the pid in one may by now be anybody's. Both servers make their
    data directory their working directory, which no stranger does.
    """
    try:
        candidate = psutil.Process(pid)
        at_home = candidate.name() == name and os.path.realpath(candidate.cwd()) == os.path.realpath(directory)
    except (psutil.Error, ValueError, OSError):
        return None
    return Process.of(pid) if at_home else None


def servers_in(directory: Path, *, name: str) -> list[Process]:
    """Every process of that name at work in that directory."""
    found = (find_server(pid, name=name, directory=directory) for pid in psutil.pids())
    return [process for process in found if process is not None]


def stop_tree(root: Process, *, grace: float) -> None:
    """Ask a process to end, then whatever it leaves behind, and kill what has not ended within the grace."""
    family = [root, *_descendants(root)]
    root.send(signal.SIGTERM)
    root.wait(grace)

    left = [process for process in family if process.alive]
    _send_all(left, signal.SIGTERM)
    if not wait_until(lambda: not any(process.alive for process in left), min(grace, 2.0)):
        _send_all(left, signal.SIGKILL)


def _descendants(root: Process) -> list[Process]:
    try:
        children = psutil.Process(root.pid).children(recursive=True)
    except psutil.Error:
        return []
    found = (Process.of(child.pid) for child in children)
    return [process for process in found if process is not None]


def _send_all(processes: Iterable[Process], signum: int) -> None:
    for process in processes:
        process.send(signum)

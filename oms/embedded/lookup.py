"""Finding servers and orphans among everything that runs on the machine.

Apart from `processes`, because settings import that one and psutil comes with the embedded servers only.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from oms.embedded.processes import Process, wait_until

# The variable by which the programs of a command are known, even if the command is no more.
MARK = "OMS_UP"


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


def stop_marked(mark: str, *, grace: float) -> list[Process]:
    """Stop every process that has the mark in its environment, and return them.

    Those that were started first are asked first, so that they can end their own children in good order;
    then all; what has not ended within the grace is killed.
    """
    family = _marked(mark)
    heads = [process for process in family if _parent(process) not in family]
    _ask(heads, grace)
    _ask(family, min(grace, 2.0))
    for process in family:
        process.send(signal.SIGKILL)
    return family


def _ask(processes: list[Process], seconds: float) -> None:
    for process in processes:
        process.send(signal.SIGTERM)
    wait_until(lambda: not any(process.alive for process in processes), seconds)


def _marked(mark: str) -> list[Process]:
    found: list[Process] = []
    for pid in psutil.pids():
        with contextlib.suppress(psutil.Error, OSError):
            process = Process.of(pid) if psutil.Process(pid).environ().get(MARK) == mark else None
            if process is not None:
                found.append(process)
    return found


def _parent(process: Process) -> Process | None:
    try:
        return Process.of(psutil.Process(process.pid).ppid())
    except psutil.Error:
        return None

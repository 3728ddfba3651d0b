"""Who uses the servers now: one file per command in `var/leases`, and one lock around every change."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from oms.embedded.errors import EmbeddedError
from oms.embedded.lookup import stop_marked
from oms.embedded.processes import Process
from oms.embedded.state import write_json

ORPHAN_GRACE = 10.0


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Nobody else starts or stops servers meanwhile. The kernel lets go of the lock when its holder dies."""
    with os.fdopen(os.open(root / "servers.lock", os.O_RDWR | os.O_CREAT, 0o600), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Leases:
    """All leases on the servers of one var directory. Call it under `locked`.

    A lease is the process that holds it, and counts as long as that lives.
    """

    def __init__(self, root: Path) -> None:
        self._directory = root / "leases"

    def take(self) -> Process:
        """Count this process as a user."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        holder = Process.of(os.getpid())
        if holder is None:
            raise EmbeddedError("This process cannot find itself among the running ones: is /proc mounted?")
        write_json(self._path(holder), asdict(holder))
        return holder

    def give_back(self, holder: Process) -> None:
        self._path(holder).unlink(missing_ok=True)

    def living(self) -> list[Process]:
        return [holder for _, holder in self._all() if holder is not None and holder.alive]

    def clear_the_dead(self, say: Callable[[str], None]) -> None:
        """Forget commands that ended by `kill -9`, and stop the programs they left behind."""
        for path, holder in self._all():
            if holder is not None and holder.alive:
                continue
            for orphan in stop_marked(mark_of(holder), grace=ORPHAN_GRACE) if holder is not None else ():
                say(f"Stopped pid {orphan.pid}, which a killed command had left behind")
            path.unlink(missing_ok=True)

    def _all(self) -> list[tuple[Path, Process | None]]:
        return [(path, _read(path)) for path in sorted(self._directory.glob("*.json"))]

    def _path(self, holder: Process) -> Path:
        return self._directory / f"{holder.pid}.json"


def mark_of(holder: Process) -> str:
    """What the programs of a command carry in their environment."""
    return f"{holder.pid}:{holder.started}"


def _read(path: Path) -> Process | None:
    try:
        return Process(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None

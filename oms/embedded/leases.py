"""Who uses the servers now: one file per command in `var/leases`, and one lock around every change."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from oms.embedded.errors import EmbeddedError
from oms.embedded.lookup import stop_tree
from oms.embedded.processes import Process
from oms.embedded.state import write_json

ORPHAN_GRACE = 10.0


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Nobody else starts or stops servers meanwhile. The kernel lets go of the lock when its holder dies."""
    with os.fdopen(os.open(root / "servers.lock", os.O_RDWR | os.O_CREAT, 0o600), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class Lease:
    """One command that uses the servers, and the programs it runs. It counts as long as the command lives."""

    holder: Process
    programs: tuple[Process, ...] = ()


class Leases:
    """All leases on the servers of one var directory. Call it under `locked`, except for `note`."""

    def __init__(self, root: Path) -> None:
        self._directory = root / "leases"

    def take(self) -> Lease:
        """Count this process as a user."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        holder = Process.of(os.getpid())
        if holder is None:
            raise EmbeddedError("This process cannot find itself among the running ones: is /proc mounted?")
        return self.note(Lease(holder))

    def note(self, lease: Lease) -> Lease:
        """Write a lease down, with the programs it runs by now."""
        write_json(self._path(lease.holder.pid), asdict(lease))
        return lease

    def give_back(self, lease: Lease) -> None:
        self._path(lease.holder.pid).unlink(missing_ok=True)

    def living(self) -> list[Lease]:
        return [lease for _, lease in self._all() if lease is not None and lease.holder.alive]

    def clear_the_dead(self, say: Callable[[str], None]) -> None:
        """Forget commands that ended by `kill -9`, and stop the programs they left behind."""
        for path, lease in self._all():
            if lease is not None and lease.holder.alive:
                continue
            for program in lease.programs if lease is not None else ():
                if program.alive:
                    say(f"Stopping a program that a killed command left behind (pid {program.pid})")
                    stop_tree(program, grace=ORPHAN_GRACE)
            path.unlink(missing_ok=True)

    def _all(self) -> list[tuple[Path, Lease | None]]:
        return [(path, _read(path)) for path in sorted(self._directory.glob("*.json"))]

    def _path(self, pid: int) -> Path:
        return self._directory / f"{pid}.json"


def _read(path: Path) -> Lease | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
        programs = tuple(Process(**program) for program in content["programs"])
        return Lease(Process(**content["holder"]), programs)
    except (OSError, ValueError, TypeError, KeyError):
        return None

"""The further workers of an import: processes of their own, each with its connection and its share of the records.

Each commits its chunks by itself and keeps its account in its ImportLane, so whatever dies, nothing is done twice. A
worker whose parent is gone ends after the chunk that it is at; the next start waits for it by the lane's lock.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, connection, connections
from django.utils.translation import gettext_lazy as _

from channels.models import ImportLane
from channels.services.import_job import Job, Stopped
from channels.services.import_lanes import work_through
from oms.core import storing
from oms.core.alone import alone
from oms.core.errors import DomainError

_MOST: Final = 4
_WORTH_IT: Final = 20_000  # lines; below, a second process saves nothing that anybody notices
_inherited: list[Any] = []


class WorkerEnded(DomainError):
    code = "import_worker_ended"
    status = 500
    message = _("A worker of the import ended early: %(reason)s. Started again, the import goes on.")


class _Enough(Exception):
    """The worker was called back, or its parent is gone."""


def can_fork() -> bool:
    """Whether this process may make others: not on every system, not inside a Celery worker's pool, and not inside a
    transaction, whose rows they would not see."""
    inside = multiprocessing.current_process().daemon or connection.in_atomic_block
    return sys.platform.startswith("linux") and not inside


def sensible(lines: int) -> int:
    """How many workers a file of past sales is worth on this machine."""
    return min(os.cpu_count() or 1, _MOST) if lines >= _WORTH_IT and can_fork() else 1


class Crew:
    """The workers of the lanes behind the first. `lines` is what they have committed."""

    def __init__(self, job: Job, report: Callable[[], None]) -> None:
        """report is called whenever `lines` has grown."""
        self._job = job
        self._report = report
        self._lanes = list(ImportLane.objects.filter(run=job.run)) if job.run.workers > 1 else []
        self._lines = {lane.number: lane.lines_committed for lane in self._lanes}
        self._pipes: dict[Connection, int] = {}
        self._workers: list[BaseProcess] = []
        self._stopped: list[Stopped] = []
        self._call_back: Event | None = None

    @property
    def lines(self) -> int:
        return sum(self._lines.values())

    def start(self) -> None:
        """Start a process for each lane; where no process can be made, do their work here, one after the other."""
        if not can_fork():
            for lane in self._lanes:
                _work(self._job, lane.pk, partial(self._note, lane.number))
            return
        system = multiprocessing.get_context("fork")
        self._call_back = system.Event()
        for lane in self._lanes:
            ours, theirs = system.Pipe(duplex=False)
            self._pipes[ours] = lane.number
            not_theirs = list(self._pipes)
            worker = system.Process(
                target=_main, args=(self._job, lane.pk, theirs, not_theirs, self._call_back, os.getpid()), daemon=True
            )
            worker.start()
            theirs.close()
            self._workers.append(worker)

    def look(self) -> None:
        """Hear what the workers say. Raises Stopped where one of them met a bad record, WorkerEnded where one died."""
        self._hear(timeout=0)

    def wait(self) -> None:
        """Until all have done their share. Raises Stopped and WorkerEnded."""
        while self._pipes:
            self._hear(timeout=None)

    def call_back(self) -> None:
        """End the workers at the end of their chunks. What they still say is let be, but taken off their hands: a bad
        record can be longer than what a pipe holds, and its worker would wait for ever."""
        if self._call_back:
            self._call_back.set()
        while self._pipes:
            for pipe in wait(list(self._pipes)):
                assert isinstance(pipe, Connection)  # noqa: S101  (nothing else is waited for)
                if _heard(pipe)[0] != "lines":
                    del self._pipes[pipe]
        for worker in self._workers:
            worker.join()

    def _hear(self, *, timeout: float | None) -> None:
        for pipe in wait(list(self._pipes), timeout) if self._pipes else ():
            assert isinstance(pipe, Connection)  # noqa: S101  (nothing else is waited for)
            number = self._pipes[pipe]
            kind, said = _heard(pipe)
            if kind == "lines":
                self._note(number, said)
                continue
            del self._pipes[pipe]
            if kind == "stopped":
                raise Stopped(*said)
            if kind == "failed":
                raise WorkerEnded(reason=said)

    def _note(self, number: int, lines: int) -> None:
        self._lines[number] = lines
        self._report()


def _heard(pipe: Connection) -> tuple[str, Any]:
    """The next word of a worker. One that was killed, in the middle of a word perhaps, has failed."""
    try:
        kind, said = pipe.recv()
    except (EOFError, OSError):
        return "failed", "it was killed"
    return kind, said


def _main(job: Job, lane_id: UUID, pipe: Connection, not_ours: list[Connection], call_back: Event, parent: int) -> None:
    """A worker's process."""
    for asked in (signal.SIGINT, signal.SIGTERM):  # they reach the whole group; the parent calls back
        signal.signal(asked, signal.SIG_IGN)
    for end in not_ours:  # else nobody would see that the parent hears no more
        end.close()
    _leave_inherited_connections()

    def say(kind: str, said: Any) -> None:
        with suppress(BrokenPipeError):  # nobody listens any more: the parent is gone
            pipe.send((kind, said))

    def report(lines: int) -> None:
        say("lines", lines)
        if call_back.is_set() or os.getppid() != parent:
            raise _Enough

    try:
        _work(job, lane_id, report)
        say("ended", None)
    except _Enough:
        say("ended", None)
    except Stopped as stop:
        stop.raw.record = None
        say("stopped", (stop.raw, stop.reject))
    except Exception as problem:
        said = storing.reason(problem) if isinstance(problem, DatabaseError) else str(problem)
        say("failed", f"{type(problem).__name__}: {said}")
    finally:
        connections.close_all()


def _leave_inherited_connections() -> None:
    """Let go of the parent's connections without a word to the server.

    Were they kept open, the server would not see the parent die: its transaction would stay open, with its locks, and
    a worker that waits for one of those would wait for ever.
    """
    for alias in list(connections):
        inherited = connections[alias]
        if inherited.connection is not None:
            with open(os.devnull, "wb") as nowhere:  # its number stays taken, should something close it by number
                os.dup2(nowhere.fileno(), inherited.connection.fileno(), inheritable=False)
        _inherited.append(inherited)  # never finalised: that would be a word to the server
        del connections[alias]


def _work(job: Job, lane_id: UUID, report: Callable[[int], None]) -> None:
    """One lane, from where it is. Another process that may still be at it is waited for."""
    with alone(f"import lane {lane_id}", wait=True):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE channels_importlane SET lines_started = lines_committed,"
                " lines_repeated = lines_repeated + greatest(0, lines_started - lines_committed) WHERE id = %s",
                [lane_id],
            )
        own = job.in_lane(ImportLane.objects.get(pk=lane_id))
        work_through(own, before_credits=lambda: None, after_chunk=lambda: report(own.lane.lines_committed))

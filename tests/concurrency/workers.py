"""Four operating-system processes with their own connections to the test database, started once and let loose together.

A race is a function of `tests.concurrency.work` that every process calls with its own number; they begin at a barrier.
What it raises comes back as text, so that a test can say that nothing but the expected happened.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from django.db import connection

from channels.services.import_workers import _leave_inherited_connections

COUNT = 4
PATIENCE = 60  # seconds; only a process that died or hangs takes so long


@dataclass
class Worker:
    process: BaseProcess
    pipe: Connection


class Workers:
    """The processes. They are forked: Django is loaded already. What they share with the parent they leave to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork")
        self._barrier = context.Barrier(COUNT, timeout=PATIENCE)
        self._workers: list[Worker] = []
        for number in range(COUNT):
            ours, theirs = context.Pipe()
            process = context.Process(target=_main, args=(number, self._barrier, theirs), daemon=True)
            process.start()
            self._workers.append(Worker(process, ours))

    def race(self, work: Callable[..., Any], *arguments: Any, broken: bool = False) -> list[Any]:
        """Let every process call `work(number, barrier, *arguments)` at once; what each returned.

        broken: the lock of levels is taken out in the processes, for the control of a test.
        """
        for worker in self._workers:
            worker.pipe.send((work, arguments, broken))
        answers = [self._answer(worker) for worker in self._workers]
        problems = [answer for ok, answer in answers if not ok]
        if self._barrier.broken:
            self._barrier.reset()
        assert not problems, "\n".join(problems)
        return [answer for _, answer in answers]

    def stop(self) -> None:
        """Let them close their connections, so that the test database can be dropped."""
        for worker in self._workers:
            worker.pipe.send(None)
        for worker in self._workers:
            worker.process.join(PATIENCE)
            if worker.process.is_alive():
                worker.process.kill()

    @staticmethod
    def _answer(worker: Worker) -> tuple[bool, Any]:
        assert worker.pipe.poll(PATIENCE), f"process {worker.process.pid} does not answer"
        return worker.pipe.recv()


def share(number: int, things: Sequence[Any]) -> Sequence[Any]:
    """The part of the things that falls to one process."""
    return things[number::COUNT]


def _main(number: int, barrier: Any, pipe: Connection) -> None:
    from tests.concurrency import work

    _leave_inherited_connections()
    while (task := pipe.recv()) is not None:
        function, arguments, broken = task
        try:
            with work.without_the_lock() if broken else work.as_it_is():
                barrier.wait()
                answer = (True, function(number, barrier, *arguments))
        except Exception:
            barrier.abort()  # nobody waits for one that has failed
            answer = (False, traceback.format_exc())
        pipe.send(answer)
    connection.close()

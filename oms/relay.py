"""The Celery side of the outbox: a nudge after each commit, a sweep by beat, and workers that take what is due.

What is to be done stands in the database alone; a message only says "look". So a broker that is emptied, a message that
comes twice and a worker that dies cost time, never a delivery.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from contextvars import copy_context
from typing import Any

import structlog
from celery import current_app, shared_task

from oms.core import outbox

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 0.05  # between two nudges of a process: many commits are one message
_FAREWELL_SECONDS = 1.0
_DRAINERS = 8  # messages sent by one sweep, so that as many workers help
_SHIFT_SECONDS = 5.0  # then a worker goes to the end of the queue, so that other tasks have their turn


class _Nudger:
    """Sends nudges off the thread that committed, so that a broker that is down or slow costs nobody a request.

    Lives in one process, with a connection of its own; a fork makes its own.
    """

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._done = threading.Event()
        self._connection: Any = None
        self._context = copy_context()
        threading.Thread(target=self._run, name="outbox-nudger", daemon=True).start()
        atexit.register(self._done.wait, _FAREWELL_SECONDS)  # a command that commits and ends has still to say so

    def nudge(self) -> None:
        self._done.clear()
        self._context = copy_context()  # the task names one of the requests that it was sent for
        self._wanted.set()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._context.run(self._send)
            except Exception as problem:  # the thread must live; beat sweeps all the same
                self._connection = None
                log.warning("outbox.nudge_lost", problem=type(problem).__name__)
            self._done.set()
            time.sleep(_PAUSE_SECONDS)

    def _send(self) -> None:
        if self._connection is None:
            self._connection = current_app.connection_for_write()
            self._connection.ensure_connection(max_retries=1)
        sweep.apply_async(connection=self._connection, retry=False, expires=30)


_nudger: _Nudger | None = None
_nudger_lock = threading.Lock()


def _forget() -> None:
    """In a forked child the parent's thread is missing, and its lock may be held for ever."""
    global _nudger, _nudger_lock
    _nudger, _nudger_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def nudge() -> None:
    """Ask a worker to look into the outbox soon. Never fails and never waits."""
    global _nudger
    if _nudger is None:
        with _nudger_lock:
            if _nudger is None:
                try:
                    _nudger = _Nudger()
                except RuntimeError:  # the interpreter is going down; beat sweeps all the same
                    return
    _nudger.nudge()


@shared_task(name="oms.relay.sweep")  # type: ignore[untyped-decorator]  # Celery has no types
def sweep() -> None:
    """Make the deliveries of new events, and have the workers take what is due. Any number may run at once."""
    while outbox.fan_out():
        pass
    outbox.bury()
    while outbox.set_aside():
        pass
    for _ in range(outbox.count_due(_DRAINERS)):
        drain.apply_async(retry=False, expires=30)


@shared_task(name="oms.relay.drain")  # type: ignore[untyped-decorator]  # Celery has no types
def drain() -> None:
    """Run deliveries that are due until there is none, or until the shift ends. Any number may run at once."""
    ends_at = time.monotonic() + _SHIFT_SECONDS
    while claims := outbox.claim_due():
        for claim in claims:
            outbox.run(claim)
        if time.monotonic() >= ends_at:
            drain.apply_async(retry=False)
            return

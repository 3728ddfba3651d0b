"""The Celery side of the outbox: a nudge after each commit, a sweep by beat, one task for each claimed delivery."""

from __future__ import annotations

import os
import threading
from uuid import UUID

import structlog
from celery import shared_task
from django.db import connection
from kombu.exceptions import OperationalError

from oms.core import outbox

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 0.05


class _Nudger:
    """Sends nudges off the thread that committed: many commits at once are one message, and a broker that is down
    costs nobody a request. Lives in one process; a fork makes its own."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._wanted = threading.Event()
        threading.Thread(target=self._run, name="outbox-nudger", daemon=True).start()

    def nudge(self) -> None:
        self._wanted.set()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                sweep.apply_async(retry=False, expires=30)
            except (OperationalError, OSError) as problem:
                log.warning("outbox.nudge_lost", problem=type(problem).__name__)  # beat sweeps all the same
            threading.Event().wait(_PAUSE_SECONDS)


_nudger: _Nudger | None = None
_nudger_lock = threading.Lock()


def nudge() -> None:
    """Ask a worker to look into the outbox soon. Never fails and never waits."""
    global _nudger
    if _nudger is None or _nudger.pid != os.getpid():
        with _nudger_lock:
            if _nudger is None or _nudger.pid != os.getpid():
                _nudger = _Nudger()
    _nudger.nudge()


@shared_task(name="oms.relay.sweep")
def sweep() -> None:
    """Make the deliveries of new events, and send what is due to the workers. Any number may run at once."""
    while outbox.fan_out():
        pass
    while claimed := outbox.claim_due():
        for delivery_id in claimed:
            deliver.apply_async([str(delivery_id)], retry=False)


@shared_task(name="oms.relay.deliver")
def deliver(delivery_id: str) -> None:
    """Run a claimed delivery, then those behind it in its stream."""
    following: UUID | None = UUID(delivery_id)
    while following is not None:
        following = outbox.run(following)
    connection.close_if_unusable_or_obsolete()

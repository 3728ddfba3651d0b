"""Counters of what this installation does, for Prometheus: the whole list, what their labels may be, where they live.

Several processes (web, workers, commands) count at once. Each takes a numbered slot, a file in `settings.METRICS_DIR`
that is its own while it lives; a later process goes on in the file of one that ended. So what is read is the sum over
all processes of this machine, never goes down when one ends, and takes no more room than processes ever ran at a time.
Where the directory cannot be written each process counts for itself.

Labels have few values: routes, channels, formats, tasks. Never an id, never a person.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.db import transaction
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

_MOST_SLOTS: Final = 1000
_REQUEST_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_TASK_BUCKETS: Final = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800)


class _Slot:
    """The number under which this process counts: the lowest that no living process has.

    A POSIX lock holds it, which a forked child does not inherit and which ends with the process, however it ends.
    """

    def __init__(self) -> None:
        self._pid = 0
        self._name = ""
        self._file: IO[bytes] | None = None

    def __call__(self) -> str:
        if self._pid != os.getpid() and _may_share.open:
            self._name = self._take()
            self._pid = os.getpid()
        return self._name

    def _take(self) -> str:
        for number in count():
            if number == _MOST_SLOTS:
                raise OSError(f"{_MOST_SLOTS} processes count in {settings.METRICS_DIR} already")
            try:
                file = Path(settings.METRICS_DIR, f"slot-{number}.lock").open("ab")  # noqa: SIM115  (kept open: the lock)
            except PermissionError:  # another account's
                continue
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                continue
            self._file = file
            return str(number)
        raise AssertionError  # count() does not end


class _MayShare:
    """Whether the directory can be written, found out when the first thing is counted: most commands count nothing."""

    def __init__(self) -> None:
        self.open = False
        self._known: bool | None = None

    def __bool__(self) -> bool:
        if self._known is None:
            directory = Path(settings.METRICS_DIR)
            try:
                directory.mkdir(parents=True, exist_ok=True)
                self._known = os.access(directory, os.W_OK | os.X_OK)
            except OSError:
                self._known = False
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)  # where prometheus_client looks
            self.open = self._known
        return self._known


_may_share = _MayShare()
_Shared: Any = values.MultiProcessValue(_Slot())  # type: ignore[no-untyped-call]  # its module has no types


def _value(*arguments: Any, **named: Any) -> Any:
    return (_Shared if _may_share else values.MutexValue)(*arguments, **named)


values.ValueClass = _value
disable_created_metrics()  # type: ignore[no-untyped-call]

OWN: Final = CollectorRegistry()  # what this process has counted

REQUESTS: Final = Counter("oms_http_requests", "Requests answered.", ["method", "route", "status"], registry=OWN)
REQUEST_SECONDS: Final = Histogram(
    "oms_http_request_seconds", "How long they took.", ["method", "route"], buckets=_REQUEST_BUCKETS, registry=OWN
)
ORDERS_PLACED: Final = Counter("oms_orders_placed", "Orders placed, imported ones too.", ["channel"], registry=OWN)
IMPORT_LINES: Final = Counter("oms_import_lines", "Lines of files committed.", ["channel", "format"], registry=OWN)
IMPORT_REJECTS: Final = Counter("oms_import_rejects", "Records refused.", ["channel", "format"], registry=OWN)
PAYMENT_WEBHOOKS: Final = Counter(
    "oms_payment_webhooks",
    "Webhooks of payment providers, by what became of them.",
    ["provider", "outcome"],
    registry=OWN,
)
TASKS: Final = Counter("oms_tasks", "Celery tasks ended.", ["task", "outcome"], registry=OWN)
TASK_SECONDS: Final = Histogram("oms_task_seconds", "How long they ran.", ["task"], buckets=_TASK_BUCKETS, registry=OWN)


def count_after_commit(counter: Counter, amount: float) -> None:
    """Raise a counter when the caller's transaction has committed; never if it is rolled back."""

    def raise_counter() -> None:
        counter.inc(amount)

    if amount:
        transaction.on_commit(raise_counter, robust=True)


class Counted(Collector):
    """What every process of this machine has counted, or this process alone where nothing is shared."""

    def collect(self) -> Iterator[Any]:
        if not _may_share:
            yield from OWN.collect()
            return
        read: Callable[[list[str]], Any] = MultiProcessCollector.merge
        yield from read(sorted(str(file) for file in Path(settings.METRICS_DIR).glob("*.db")))

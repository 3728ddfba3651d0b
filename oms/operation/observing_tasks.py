"""A line of the log and a count for every Celery task, the id of the request behind it, and whether beat lives."""

from __future__ import annotations

import time
from typing import Any, Final

import structlog
from celery import Task, signals
from django.core.cache import cache
from redis.exceptions import RedisError
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from oms.core import metrics
from oms.operation.figures import PUBLISHED_AT

log = structlog.get_logger("oms.tasks")

BEAT_SEEN: Final = "oms:beat-seen"  # the key of the cache that says when beat last sent a task, in Unix seconds
_BEAT_KEPT_SECONDS: Final = 86_400
_REQUEST_ID: Final = "request_id"

_started: dict[str, float] = {}


def connect() -> None:
    """Listen to Celery in this process, whatever it is: web, worker, beat or a command. Once is enough."""
    signals.setup_logging.connect(_leave_logging_alone)
    signals.before_task_publish.connect(_label)
    signals.task_prerun.connect(_begin)
    signals.task_postrun.connect(_end)
    signals.task_failure.connect(_tell_failure)
    signals.beat_init.connect(_follow_beat)


def _leave_logging_alone(**_: Any) -> None:
    """Celery sets up no logging of its own where this is connected: Django's settings hold."""


def _label(headers: dict[str, Any], **_: Any) -> None:
    headers[PUBLISHED_AT] = time.time()
    if request_id := get_contextvars().get(_REQUEST_ID):
        headers[_REQUEST_ID] = request_id


def _begin(task_id: str, task: Task, **_: Any) -> None:
    clear_contextvars()
    bind_contextvars(task=task.name, task_id=task_id)
    if request_id := task.request.get(_REQUEST_ID):
        bind_contextvars(request_id=request_id)
    _started[task_id] = time.perf_counter()


def _end(task_id: str, task: Task, state: str | None = None, **_: Any) -> None:
    took = time.perf_counter() - _started.pop(task_id, time.perf_counter())
    outcome = (state or "unknown").lower()
    metrics.TASKS.labels(task.name, outcome).inc()
    metrics.TASK_SECONDS.labels(task.name).observe(took)
    log.info("task", outcome=outcome, duration_ms=round(took * 1000, 1))
    clear_contextvars()


def _tell_failure(exception: BaseException, **_: Any) -> None:
    log.error("task_failed", exc_info=exception)


def _follow_beat(**_: Any) -> None:
    """Note in the cache that beat lives whenever it sends a task; `manage.py doctor` reads it."""

    def seen(**_: Any) -> None:
        try:
            cache.set(BEAT_SEEN, time.time(), _BEAT_KEPT_SECONDS)
        except (RedisError, OSError):
            log.warning("beat.not_noted")

    signals.after_task_publish.connect(seen, weak=False)

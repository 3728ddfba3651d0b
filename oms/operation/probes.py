"""/healthz: this process lives. /readyz: it can do its work. /metrics: the figures for Prometheus.

They are answered before hosts, redirects, sessions and routes are looked at: whoever probes a process calls it by its
address. Nothing in an answer is secret; the details of /readyz and all of /metrics are for whoever brings the token.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from oms.operation import figures, scraping

_KEPT_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so. figure and limit: in the unit that the name says; a limit of 0 is none."""

    name: str
    figure: float
    limit: float
    ok: bool

    def as_dict(self) -> dict[str, Any]:
        return {"figure": self.figure, "limit": self.limit, "ok": self.ok}


def readiness() -> list[Check]:
    """Every check, the cheap way: four statements and one trip to the broker."""
    return [*_of_database(), *_of_broker()]


def _of_database() -> list[Check]:
    limits = (settings.READY_MAX_OUTBOX_SECONDS, settings.READY_MAX_DELIVERY_SECONDS)
    try:
        started = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        took = round(time.monotonic() - started, 4)
        missing = len(figures.migrations_missing())
        behind = (figures.outbox_lag(), figures.delivery_lag()) if not missing else (0.0, 0.0)
    except DatabaseError:
        connection.close()
        return [Check("database_seconds", 0, 0, ok=False)]
    return [
        Check("database_seconds", took, 0, ok=True),
        Check("migrations_missing", missing, 0, ok=not missing),
        _within("outbox_seconds", behind[0], limits[0]),
        _within("delivery_seconds", behind[1], limits[1]),
    ]


def _of_broker() -> list[Check]:
    started = time.monotonic()
    try:
        jobs = figures.jobs()
    except (redis.RedisError, OSError):
        return [Check("broker_seconds", 0, 0, ok=False)]
    took = round(time.monotonic() - started, 4)
    oldest = max(waited for _, waited in jobs.values())
    return [
        Check("broker_seconds", took, 0, ok=True),
        _within("job_seconds", oldest, settings.READY_MAX_JOB_SECONDS),
    ]


def _within(name: str, figure: float, limit: float) -> Check:
    return Check(name, figure, limit, ok=not limit or figure <= limit)


class _Kept:
    """The last answer of a costly look, for a moment: many who probe at once cost one look."""

    def __init__(self, look: Callable[[], Any]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._until = 0.0
        self._answer: Any = None

    def __call__(self) -> Any:
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = self._look()
                self._until = time.monotonic() + _KEPT_SECONDS
            return self._answer

    def forget(self) -> None:
        self._until = 0.0


ready: Final = _Kept(readiness)


class ProbesMiddleware:
    """Answers the three paths, and nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._answers = {"/healthz": _healthz, "/readyz": _readyz, "/metrics": _metrics}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._answers.get(request.path_info) if request.method in ("GET", "HEAD") else None
        return self.get_response(request) if answer is None else answer(request)


def _healthz(_request: HttpRequest) -> HttpResponse:
    return _json({"status": "ok"}, 200)


def _readyz(request: HttpRequest) -> HttpResponse:
    checks: list[Check] = ready()
    failing = [check.name for check in checks if not check.ok]
    body: dict[str, Any] = {"status": "failing" if failing else "ok"}
    if failing:
        body["failing"] = failing
    if _may_see_details(request):
        body["checks"] = {check.name: check.as_dict() for check in checks}
    return _json(body, 503 if failing else 200)


def _metrics(request: HttpRequest) -> HttpResponse:
    if not _may_see_details(request):
        return _json({"status": "forbidden"}, 403)
    text, content_type = scraping.scrape()
    return HttpResponse(text, content_type=content_type)


def _may_see_details(request: HttpRequest) -> bool:
    """With the token. Where none is set: in development everybody, in production nobody."""
    token: str = settings.OPERATION_TOKEN
    if not token:
        return not settings.PRODUCTION
    kind, _, sent = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), token.encode())


def _json(body: dict[str, Any], status: int) -> HttpResponse:
    answer = HttpResponse(json.dumps(body), status=status, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    return answer

"""A line of the log and a count for every request."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from oms.core import metrics
from oms.web.api_keys import KeyHolder

log = structlog.get_logger("oms.requests")

_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_NO_ROUTE: Final = "(none)"


class ObservingMiddleware:
    """Counts and logs what was asked and how it ended: path without its query, which may name people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        took = time.perf_counter() - started
        method = request.method if request.method in _METHODS else "other"
        match = request.resolver_match
        route = match.route if match is not None else _NO_ROUTE
        metrics.REQUESTS.labels(method, route, response.status_code).inc()
        metrics.REQUEST_SECONDS.labels(method, route).observe(took)
        log.info(
            "request",
            method=method,
            path=request.path_info,
            route=route,
            status=response.status_code,
            duration_ms=round(took * 1000, 1),
            **_actor(request),
        )
        return response


def _actor(request: HttpRequest) -> dict[str, str]:
    """Who signed in, by kind and id, as far as that is known without asking the database."""
    user: Any = request.__dict__.get("user")
    if type(user) is SimpleLazyObject:  # the session's: looked up only if somebody asked who it is
        user = request.__dict__.get("_cached_user")
    if isinstance(user, KeyHolder):
        return {"actor": f"{user.actor.kind}:{user.actor.id}"}
    return {"actor": f"staff:{user.pk}"} if user is not None and user.is_authenticated else {}

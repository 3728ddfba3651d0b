"""A name for every request, by which its answer, its log lines and a caller's question find together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.contextvars import bound_contextvars

from oms.core import ids

HEADER: Final = "X-Request-Id"
NOBODY: Final = "-"
_SANE = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


class RequestIdMiddleware:
    """Takes over a sane `X-Request-Id` (one that cannot forge a line of the log) or makes one, and returns it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.headers.get(HEADER, "")
        name = sent if _SANE.fullmatch(sent) else ids.new_id().hex
        request.request_id = name  # type: ignore[attr-defined]  # a plain attribute is what Django offers for this
        with bound_contextvars(request_id=name, actor=NOBODY):  # whoever signs in is bound by authentication
            response = self.get_response(request)
        response[HEADER] = name
        return response


def request_id(request: Any) -> str:
    return getattr(request, "request_id", "")

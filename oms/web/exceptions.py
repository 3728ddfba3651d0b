"""Every refusal as application/problem+json (RFC 9457), whoever raised it.

    {"type": "invalid_data", "title": "Bad Request", "status": 400, "detail": "Not enough stock for LAMP: …",
     "code": "insufficient_stock", "message": (as detail), "errors": [{"pointer", "message", "code", …facts}],
     "request_id": "…"}

`type` is the contract's word, a legal relative reference. `message` repeats `detail`, for clients of the contract.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.signals import got_request_exception
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from oms.core.errors import DomainError
from oms.core.storing import NotStorable
from oms.web import bodies
from oms.web.middleware import request_id
from oms.web.rendering import encode

log = logging.getLogger(__name__)
PROBLEM: Final = "application/problem+json"

_TYPES: Final = {
    400: "invalid_data",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "unknown_error",
    503: "unavailable",
}


def problem(exc: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: the answer to whatever a view has raised. What nobody expected is logged: a 500."""
    request = context.get("request")
    request = getattr(request, "_request", request)
    set_rollback()
    headers: dict[str, str] = {}
    if isinstance(exc, RecursionError):
        exc = bodies.too_deep()
    elif isinstance(exc, DataError):  # a value no check foresaw, and the database did: nothing is written
        log.warning("%s %s was not storable", getattr(request, "method", ""), getattr(request, "path", ""))
        exc = NotStorable.of(exc)
    if isinstance(exc, DomainError):
        body = _of_domain(exc)
        headers |= exc.headers
        if wait := getattr(exc, "wait", None):
            headers["Retry-After"] = str(wait)
    else:
        status, detail = _foreign(exc, headers)
        if status >= 500:
            log.exception("%s %s failed", getattr(request, "method", ""), getattr(request, "path", ""), exc_info=exc)
            got_request_exception.send(sender=problem, request=request)
        body = _body(status, _TYPES.get(status, "invalid_data"), detail)
    body["request_id"] = request_id(request)
    return Response(body, status=body["status"], headers=headers, content_type=PROBLEM)


def _of_domain(exc: DomainError) -> dict[str, Any]:
    sentence = str(exc)
    errors = [
        {**each.facts, "pointer": each.pointer, "message": each.message, "code": each.code} for each in exc.errors
    ]
    body = _body(exc.status, exc.type, sentence, code=exc.code, errors=errors)
    if exc.facts and not errors:
        body["facts"] = exc.facts
    return body


def _foreign(exc: Exception, headers: dict[str, str]) -> tuple[int, str]:
    """Status and sentence of an exception that is not ours. None of its own words when it is unexpected."""
    if isinstance(exc, Http404):
        return 404, _("There is nothing here.")
    if isinstance(exc, PermissionDenied):
        return 403, _("That is not allowed.")
    if isinstance(exc, RequestDataTooBig):
        return 413, _("The body is larger than this server takes.")
    if isinstance(exc, drf.APIException):
        if auth_header := getattr(exc, "auth_header", None):
            headers["WWW-Authenticate"] = auth_header
        if wait := getattr(exc, "wait", None):
            headers["Retry-After"] = str(ceil(wait))
        return exc.status_code, "Unauthorized" if exc.status_code == 401 else _sentence(exc.detail)
    if isinstance(exc, OperationalError):  # a deadlock, a server that restarts: the same request may succeed
        headers["Retry-After"] = "1"
        return 503, _("The database is not available at the moment. Try again.")
    return 500, _("Something went wrong here. The request_id helps us to find out what.")


def _sentence(detail: Any) -> str:
    if isinstance(detail, dict):
        return " ".join(f"{name}: {_sentence(each)}" for name, each in detail.items())
    return " ".join(_sentence(each) for each in detail) if isinstance(detail, list) else str(detail)


def _body(
    status: int, kind: str, detail: str, *, code: str = "", errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code or kind,
        "message": detail,
        "errors": errors or [],
    }


def _plain(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    body = _body(status, _TYPES[status], detail) | {"request_id": request_id(request)}
    return HttpResponse(encode(body), status=status, content_type=PROBLEM)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before any view is asked (a wrong host, too large a body), under the API's paths."""
    if isinstance(exception, RequestDataTooBig):
        return _plain(request, 413, _("The body is larger than this server takes."))
    return _plain(request, 400, _("The request is not valid."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(request, 404, _("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    return _plain(request, 500, _("Something went wrong here. The request_id helps us to find out what."))

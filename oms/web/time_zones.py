"""Times in the zone of whoever looks: their browser says which in a cookie; the console's script sets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

COOKIE: Final = "oms_time_zone"


class TimeZoneMiddleware:
    """Only the console's: what the API says is UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = request.COOKIES.get(COOKIE)
        if not name or not request.path.startswith(reverse("admin:index")):
            return self.get_response(request)
        with timezone.override(_zone(unquote(name))):
            return self.get_response(request)


def _zone(name: str) -> ZoneInfo:
    """UTC for what is no zone."""
    try:
        return ZoneInfo(name[:64])
    except (OSError, ValueError, LookupError):
        return ZoneInfo("UTC")

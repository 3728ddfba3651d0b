"""What browsers are told to refuse: a page runs our own scripts, shows in nobody's frame, asks for no devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_OURS: Final[dict[str, str]] = {
    "default-src": "'self'",
    "script-src": "'self'",
    # Unfold writes the theme's colours into a style element, and Alpine sets styles.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# Alpine makes functions of the expressions in Unfold's templates, which a browser takes for eval.
_CONSOLE: Final = _OURS | {"script-src": "'self' 'unsafe-eval'"}
# No page at all: nobody is to take an answer of the API, or a download, for one.
_DATA: Final = {"default-src": "'none'", "frame-ancestors": "'none'"}
_DEVICES: Final = ", ".join(
    f"{name}=()"
    for name in (
        *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone"),
        *("midi", "payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
    )
)


def _policy(directives: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())


_POLICIES: Final = {"console": _policy(_CONSOLE), "page": _policy(_OURS), "data": _policy(_DATA)}


class SecurityHeadersMiddleware:
    """Content-Security-Policy and Permissions-Policy on every answer. The others Django sends itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICIES[_kind(request, response)])
        response.headers.setdefault("Permissions-Policy", _DEVICES)
        return response


def _kind(request: HttpRequest, response: HttpResponseBase) -> str:
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return "data"
    return "console" if request.path.startswith("/console/") else "page"

"""JSON as it goes over the wire: amounts are exact numbers, times ISO 8601 in UTC with milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from django.http import HttpResponse
from django.utils.functional import Promise
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

JSON = "application/json"
Amount = Decimal | int
Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]


def _other(value: Any) -> Any:
    if isinstance(value, Promise):  # a sentence that waits for its language
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_other)


def encode(data: Any) -> bytes:
    """The JSON of msgspec structs and plain values."""
    return _encoder.encode(data)


def json_answer(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer whose bytes are made here and now."""
    return HttpResponse(encode(data), status=status, content_type=JSON, headers=dict(headers or {}))


def amount(value: Decimal) -> Decimal | int:
    """A number without the zeros that only the column's scale puts behind it: 41, 9.5."""
    whole = int(value)
    return whole if whole == value else value.normalize()


def moment(value: datetime) -> str:
    """`2026-11-22T23:51:16.914Z`."""
    return f"{value.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def moment_or_none(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


class ExactJsonRenderer(BaseRenderer):
    """For DRF's own responses (refusals, and views of other apps)."""

    media_type = JSON
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else encode(data)


class ExactJsonParser(BaseParser):
    """For `request.data` in views of other apps: fractions come as Decimal. Our own views read typed bodies."""

    media_type = JSON

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        from oms.web import bodies

        return bodies.decode(stream.read(), Any)


class AlwaysJson(BaseContentNegotiation):
    """There is one form of answer, so a browser that prefers HTML gets it too."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        wanted = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == wanted), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type

"""Where payment providers send what they have to tell. Nobody signs in here: each message is signed."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from oms.core.errors import DomainError
from oms.web import rates
from oms.web.rendering import json_answer
from oms.web.views import Counted
from payments.providers.base import InboundWebhook
from payments.services import webhooks

MOST_BYTES: Final = 1024 * 1024


class WebhookTooLarge(DomainError):
    code = "webhook_too_large"
    status = 413
    type = "too_large"
    message = _("A webhook may have %(most)s bytes at most.")


class WebhookView(Counted):
    """Stores the message and answers at once; a worker applies it. The same message again is answered alike."""

    authentication_classes = ()
    permission_classes = ()
    counted_as = rates.WEBHOOKS

    @extend_schema(exclude=True)
    def post(self, request: Request, provider: str) -> HttpResponse:
        headers = {name.lower(): value for name, value in request._request.headers.items()}
        webhooks.receive(provider, InboundWebhook(headers=headers, body=_body(request)))
        return json_answer({"received": True})


def _body(request: Request) -> bytes:
    """Read no further than to know that it is too large, whatever its Content-Length says. Raises WebhookTooLarge."""
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    body: bytes = b""
    if not said.isdecimal() or int(said) <= MOST_BYTES:
        body = request._request.read(MOST_BYTES + 1)
        if len(body) <= MOST_BYTES:
            return body
    raise WebhookTooLarge(most=MOST_BYTES)

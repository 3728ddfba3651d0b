"""Who asks: a program by its key, or a member of staff by a token or the console's session."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final, cast

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from oms.core import actors
from oms.core.actors import Actor
from oms.web import api_keys, staff_tokens
from oms.web.api_keys import KeyHolder
from oms.web.staff_tokens import Login

CHALLENGE: Final = 'Bearer realm="admin"'  # not Basic, which makes a browser ask for a password


class StaffTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …` with the token of a login (`/auth/user/emailpass`). Keys are for the next class."""

    def authenticate(self, request: Request) -> tuple[Any, Login] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or token.startswith(api_keys.PREFIX):
            return None
        login = staff_tokens.find(token)
        if login is None:
            raise AuthenticationFailed()
        bind_contextvars(actor=f"staff:{login.user.pk}")
        return login.user, login

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_…`, or Basic with the key as user name (as public SDKs send it), base64 or plain."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, str] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        holder = api_keys.find(_secret(header))
        if holder is None:
            raise AuthenticationFailed()
        bind_contextvars(actor=f"{holder.actor.kind}:{holder.actor.id}")
        return holder, "api_key"

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class StaffSessionAuthentication(SessionAuthentication):
    """The session of the console, for staff only; unsafe requests need its CSRF token, or a browser's word that a page
    of this very origin sends them (`Sec-Fetch-Site`, which no page can set itself)."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        user = getattr(request._request, "user", None)
        if user is None or not user.is_active or not user.is_staff:
            return None
        if request.headers.get("Sec-Fetch-Site") != "same-origin":
            self.enforce_csrf(request)
        bind_contextvars(actor=f"staff:{user.pk}")
        return user, None


def actor_of(request: Request) -> Actor:
    """Whom the timeline shall name for what this request does."""
    user = cast(Any, request.user)
    return user.actor if isinstance(user, KeyHolder) else actors.staff(user)


def address_of(request: Request | HttpRequest) -> str:
    """Where a request comes from: as the farthest trusted proxy saw it, without one as this server does."""
    proxies = settings.OMS["TRUSTED_PROXIES"]
    seen = [each.strip() for each in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if each.strip()]
    seen.append(request.META.get("REMOTE_ADDR", ""))
    return str(seen[-1 - min(proxies, len(seen) - 1)])[:45]


def scope_of(request: Request) -> str:
    """Whose Idempotency-Keys this request's belongs to: each caller has their own."""
    actor = actor_of(request)
    return f"{actor.kind}:{actor.id}"


def _secret(header: str) -> str:
    """The key in an Authorization header; "" where there is none."""
    scheme, _, credentials = header.partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials
    if scheme.lower() != "basic":
        return ""
    if credentials.startswith(api_keys.PREFIX):
        return credentials.partition(":")[0]
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""

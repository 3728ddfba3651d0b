"""How long somebody is signed in, and when they are: not before the second factor, where there is one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from oms.web import second_factor

BEGAN: Final = "session_began"
SEEN: Final = "session_seen"
# What is still missing: a code, or the set-up of a second factor. Until then the session is nobody's.
MISSING: Final = "session_missing"
CODE: Final = "code"
SET_UP: Final = "set_up"
_NOTED_EVERY: Final = 60  # seconds: a write for each request would be one too many


def connect() -> None:
    user_logged_in.connect(_begin, dispatch_uid="oms.web.sessions")


def _begin(sender: Any, request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    """A session was opened. By a password alone (`by_password`, the console's page) it may lack something."""
    if request is None or "_auth_user_id" not in getattr(request, "session", ()):
        return
    request.session[BEGAN] = request.session[SEEN] = int(time.time())
    if getattr(request, "by_password", False):
        if second_factor.is_set_up(user):
            request.session[MISSING] = CODE
        elif second_factor.is_required(user):
            request.session[MISSING] = SET_UP


class SessionMiddleware:
    """Ends sessions that are over, and keeps those that are not whole yet to the page where they become so.

    request.half_signed_in: who has given the password and nothing more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "_auth_user_id" in request.session:
            _end_or_note(request)
        missing = request.session.get(MISSING) if "_auth_user_id" in request.session else None
        if missing is None:
            return self.get_response(request)
        page = reverse("second_factor")
        request.half_signed_in = request.user  # type: ignore[attr-defined]  # a plain attribute, as Django's own are
        request.user = AnonymousUser()
        if request.path.startswith(reverse("admin:index")) and request.path != page and not _leaves(request):
            return HttpResponseRedirect(page)
        return self.get_response(request)


def _leaves(request: HttpRequest) -> bool:
    return request.path in {reverse("admin:logout"), reverse("admin:jsi18n")}


def _end_or_note(request: HttpRequest) -> None:
    session, now = request.session, int(time.time())
    began, seen = session.get(BEGAN, now), session.get(SEEN, now)
    if now - began > settings.SESSION_HOURS * 3600 or now - seen > settings.SESSION_IDLE_MINUTES * 60:
        logout(request)
    elif now - seen >= _NOTED_EVERY or BEGAN not in session:
        session[BEGAN], session[SEEN] = began, now

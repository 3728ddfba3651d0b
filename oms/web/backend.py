"""Whether name, password and code are right, however they come: by the console's page or by the API."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from oms.web import attempts, audit, second_factor
from oms.web.attempts import TooManyAttempts
from oms.web.second_factor import SecondFactorNeeded, SecondFactorNotSetUp


class StaffBackend(ModelBackend):
    """Django's own, with attempts counted and the second factor asked for.

    code: of the app, or for recovery. asks_later: the caller asks for the code in a step of its own (the console).
    Raises TooManyAttempts; SecondFactorNeeded and SecondFactorNotSetUp where the password is right.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        *,
        code: str = "",
        asks_later: bool = False,
        **kwargs: Any,
    ) -> Any:
        if username is None or password is None:
            return None
        count(username, request)
        user: Any = super().authenticate(request, username=username, password=password)
        if user is None:
            return None
        if not asks_later:
            _require_second_factor(user, code)
        elif second_factor.is_set_up(user):  # forgiven with the code: the password would else be a licence to guess it
            return user
        attempts.forgive(username, request)
        return user


def count(username: str, request: HttpRequest | None) -> None:
    """Count an attempt and tell the audit of one too many. Raises TooManyAttempts."""
    try:
        attempts.count(username, request)
    except TooManyAttempts:
        audit.record_failed("login.locked", username, request)
        raise


def _require_second_factor(user: Any, code: str) -> None:
    if second_factor.is_set_up(user):
        if not code or not second_factor.verify(user=user, code=code):
            raise SecondFactorNeeded()
    elif second_factor.is_required(user):
        raise SecondFactorNotSetUp()

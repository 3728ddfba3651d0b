"""Staff who sign in by the API: a token for some hours, which ends earlier with logout, a new password or the account.

A token is the signed key of a row among the sessions, where who signed in is kept under names of our own: as a cookie
that key would open nothing. So a token is short-lived by its signature and revocable by its row, and a copy of the
database makes no token without SECRET_KEY.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

# What a token is good for; a refresh gives another one of the same login.
LASTS: Final = timedelta(hours=8)
# After that somebody has to know the password again, however often the token was refreshed.
LOGIN_LASTS: Final = timedelta(days=7)

_USER: Final = "api_login_user"
_HASH: Final = "api_login_hash"
# "." may stand in a header's token, the usual ":" may not (RFC 6750).
_signer: Final = TimestampSigner(salt="oms.web.staff_tokens", sep=".")


@dataclass(frozen=True, slots=True)
class Login:
    """A member of staff who has signed in, until `end`."""

    user: Any
    key: str

    @property
    def token(self) -> str:
        """A fresh token of this login."""
        return _signer.sign(self.key)


def sign_in(*, request: HttpRequest, email: str, password: str, code: str = "") -> Login | None:
    """The member of staff with this e-mail address (or user name) and password, signed in anew; None if there is none.

    It takes as long and says as little whatever is wrong. An address that several share is nobody's. code: of the
    second factor. Raises TooManyAttempts; SecondFactorNeeded where password or more is right.
    """
    user: Any = authenticate(request, username=_username(email), password=password, code=code)
    if user is None or not user.is_staff:
        return None
    session = _session()
    session[_USER], session[_HASH] = str(user.pk), user.get_session_auth_hash()
    session.set_expiry(LOGIN_LASTS)
    session.create()
    user_logged_in.send(sender=type(user), request=request, user=user)
    return Login(user, session.session_key or "")


def find(token: str) -> Login | None:
    """Whose token this is; None when it is none of ours, too old, or its login has ended. Two queries."""
    try:
        key = _signer.unsign(token, max_age=LASTS)
    except BadSignature:
        return None
    session = _session(key)
    who: str | None = session.get(_USER)
    if who is None:
        return None
    user: Any = get_user_model()._default_manager.filter(pk=who, is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(session[_HASH], user.get_session_auth_hash()):
        return None
    return Login(user, key)


def end(key: str) -> None:
    """Sign out: none of the login's tokens opens anything from now on. The second time changes nothing."""
    _session(key).delete()


def _session(key: str | None = None) -> SessionBase:
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return store(key)


def _username(email: str) -> str:
    """The user name behind an address. One that is unknown is tried as a user name, for a wrong one costs as much."""
    people = get_user_model()._default_manager.filter(email__iexact=email, is_active=True, is_staff=True)
    names = list(people.values_list("username", flat=True)[:2])
    return names[0] if len(names) == 1 else email

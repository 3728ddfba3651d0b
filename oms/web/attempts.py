"""How often somebody may try to sign in: by account and by address, counted in the cache, by all processes together.

An attempt is counted before the password is looked at, so that many at once are not more than one after the other;
one that succeeds is taken back. An account that nobody has is counted like any other: a refusal tells nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
import unicodedata
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from oms.core.errors import DomainError
from oms.web import addresses

log = logging.getLogger(__name__)
WINDOW: Final = 900  # seconds


class TooManyAttempts(DomainError):
    """wait: seconds until somebody may try again."""

    code = "too_many_attempts"
    status = 429
    type = "too_many_requests"
    message = _("Too many attempts to sign in. Try again in %(minutes)s minutes.")

    def __init__(self, wait: int) -> None:
        super().__init__(minutes=-(-wait // 60))
        self.wait = wait


def count(account: str, request: HttpRequest | None) -> None:
    """Count an attempt to get into an account. Raises TooManyAttempts for one too many; that one counts, too.

    Without the cache nobody is counted, which is logged: passwords are slow to try, and a shop must be able to work.
    """
    now = time.time()
    try:
        spent = [_increment(key, now) > most for key, most in _counters(account, request, now)]
    except RedisError:
        log.warning("attempts to sign in are not counted: the cache does not answer")
        return
    if any(spent):
        raise TooManyAttempts(int(WINDOW - now % WINDOW) + 1)


def forgive(account: str, request: HttpRequest | None) -> None:
    """The attempt succeeded: the account begins anew, the address has this one back."""
    now = time.time()
    try:
        (of_account, _most), *rest = _counters(account, request, now)
        cache.delete(of_account)
        for key, _most in rest:
            cache.decr(key)
    except (RedisError, ValueError):  # gone with its window
        return


def _counters(account: str, request: HttpRequest | None, now: float) -> list[tuple[str, int]]:
    """Each with its limit. A counter belongs to one window of time, so none stays behind without an end."""
    window = int(now // WINDOW)
    found = [(f"attempts:account:{_digest(plain(account))}:{window}", settings.LOGIN_ATTEMPTS_ACCOUNT)]
    if request is not None:
        address = _digest(addresses.counted(request))
        found.append((f"attempts:address:{address}:{window}", settings.LOGIN_ATTEMPTS_ADDRESS))
    return found


def _increment(key: str, now: float) -> int:
    cache.add(key, 0, timeout=2 * WINDOW)
    return int(cache.incr(key))


def plain(account: str) -> str:
    """The same for everything that people take for the same name: other cases, widths and blanks do not help."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", account).casefold()).strip()


def _digest(text: str) -> str:
    """The cache learns no names: what is typed there is now and then a password."""
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(errors="replace"), hashlib.sha256).hexdigest()[:32]

"""How much a caller may ask in a while: so many requests a minute for each kind of request, refilled evenly.

The cache keeps one number for each caller and kind: the moment at which all that was asked is paid off (GCRA). One
script reads and moves it, in one round trip, so that many processes count together. Without the cache nobody is held
up: orders matter more than counting them.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any, Final

import redis
from django.conf import settings
from rest_framework.exceptions import Throttled

log = logging.getLogger(__name__)
READS: Final = "reads"
WRITES: Final = "writes"
BATCHES: Final = "batches"
STRANGERS: Final = "strangers"
LOGINS: Final = "logins"
WEBHOOKS: Final = "webhooks"
WINDOW: Final = 60  # seconds
_PATIENCE: Final = 0.25  # seconds for which a request waits for the cache
_PAUSE: Final = 5.0  # seconds for which a cache that did not answer is not asked

# In microseconds. KEYS[1]: the caller and kind; ARGV: what one request costs, and how much may be owed.
_SPEND: Final = """
local at = redis.call('TIME')
local now = at[1] * 1000000 + at[2]
local cost, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local owed = math.max(tonumber(redis.call('GET', KEYS[1]) or 0) - now, 0)
if owed + cost > most then
  return {0, 0, math.ceil(owed + cost - most), math.ceil(owed)}
end
owed = owed + cost
redis.call('SET', KEYS[1], string.format('%.0f', now + owed), 'PX', math.ceil(owed / 1000))
return {1, math.floor((most - owed) / cost + 0.000001), 0, math.ceil(owed)}
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a request left of a caller's allowance.

    left: requests that may follow at once. wait: seconds until the next one may, where this one may not. reset: seconds
    until all of it is there again.
    """

    kind: str
    most: int
    left: int
    reset: int
    wait: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """draft-ietf-httpapi-ratelimit-headers."""
        return {
            "RateLimit-Policy": f'"{self.kind}";q={self.most};w={WINDOW}',
            "RateLimit": f'"{self.kind}";r={self.left};t={self.reset}',
        }

    def require(self) -> None:
        """Raises Throttled, which becomes a 429 with Retry-After."""
        if self.wait:
            sentence = f"More than {self.most} requests a minute ({self.kind}). Try again in {self.wait} s."
            raise Throttled(self.wait, sentence)


class _Cache:
    """Redis as settings name it; not asked for a while after it did not answer."""

    def __init__(self) -> None:
        self.client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
        )
        self.script = self.client.register_script(_SPEND)
        self.shut_until = 0.0

    def spend(self, key: str, most: int) -> list[int] | None:
        if time.monotonic() < self.shut_until:
            return None
        try:
            told: Any = self.script(keys=[key], args=[WINDOW * 1_000_000 // most, WINDOW * 1_000_000])
        except redis.RedisError as problem:
            self.shut_until = time.monotonic() + _PAUSE
            log.warning("Requests are not limited: the cache does not answer (%s).", type(problem).__name__)
            return None
        return list(told)


_cache = cache(_Cache)


def spend(kind: str, who: str) -> Spent | None:
    """Count one request of `who`. None where this kind is not limited, or the cache is not there to count."""
    most = settings.OMS["REQUESTS_PER_MINUTE"].get(kind, 0)
    if not most:
        return None
    told = _cache().spend(f"{settings.REDIS_KEY_PREFIX}rate:{kind}:{who}", most)
    if told is None:
        return None
    _, left, wait, owed = told
    return Spent(kind, most, left, reset=ceil(owed / 1_000_000), wait=ceil(wait / 1_000_000))

"""Asking one HTTP server, politely and with an end: tries again, waits as long as it is told, stops at limits."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Self

import httpx
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.pulling import addresses
from oms.core.errors import DomainError
from oms.core.outbox import Backoff
from oms.core.outside import require_no_transaction

logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells whole addresses, whose query may hold a key

_TRIES: Final = 6
_BACKOFF: Final = Backoff(first=0.5, most=30.0)
_LONGEST_WAIT: Final = 60.0  # seconds a worker sleeps; told to wait longer, it comes back another time
_TRY_AGAIN: Final = {408, 425, 429, 500, 502, 503, 504}
_AGENT: Final = "oms-source/1"


class SourceUnavailable(DomainError):
    """The source did not give what was asked for. retry_at: it said when to come back."""

    code = "source_unavailable"
    status = 503
    message = _("%(reason)s")

    def __init__(self, *, reason: str, retry_at: datetime | None = None) -> None:
        super().__init__(reason=reason)
        self.retry_at = retry_at


class CutOff(Exception):
    """An answer that is not whole. It is asked for again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, its body in the file. status: 200 or 304. following: what it calls the next page, or ""."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    size: int
    following: str


class _Guarded(httpx.BaseTransport):
    """Connects to addresses that were looked at, and to no others, whatever the name server says a moment later."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport(verify=ssl.create_default_context())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            ip = addresses.resolve(request.url)
        except OSError as problem:
            raise httpx.ConnectError(f"the name is not known ({problem.strerror})") from None
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host=ip)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


class Client:
    """One run's way to a server. `retries` counts what had to be asked again, `size` the bytes that came."""

    def __init__(self, *, secret: str = "") -> None:
        """secret: the content of the Authorization header; of one word, a bearer token."""
        seconds: int = settings.OMS["SOURCE_TIMEOUT_SECONDS"]
        headers = {"User-Agent": _AGENT, "Accept": "application/x-ndjson, text/csv, application/gzip, */*;q=0.1"}
        if secret:
            headers["Authorization"] = secret if " " in secret else f"Bearer {secret}"
        # No proxy, .netrc or the like from the environment: it would go another way than the one that was looked at.
        self._http = httpx.Client(transport=_Guarded(), headers=headers, timeout=seconds, trust_env=False)
        self._ends_at = time.monotonic() + settings.OMS["SOURCE_DEADLINE_SECONDS"]
        self._most: int = settings.OMS["SOURCE_MEGABYTES"] * 1024 * 1024
        self.retries = 0
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(
        self,
        url: httpx.URL,
        into: Path,
        *,
        headers: Mapping[str, str] | None = None,
        check: Callable[[Path], None] = lambda path: None,
    ) -> Answer:
        """Fetch one address into a file. check: raises CutOff when the content is not whole.

        Tried again after 429, 5xx and broken connections, with growing pauses and as the server says in Retry-After.
        Raises SourceUnavailable, AddressRefused.
        """
        for number in range(1, _TRIES + 1):
            wait, reason = _BACKOFF.after(number).total_seconds(), ""
            try:
                answer = self._once(url, into, headers or {})
                if answer.status in (200, 304):
                    check(into)
                    return answer
                reason = f"{_shown(url)} answers {answer.status}."
                wait = max(wait, _retry_after(answer.headers))
                if answer.status not in _TRY_AGAIN:
                    raise SourceUnavailable(reason=f"{reason} {_hint(answer)}".strip())
            except (httpx.RequestError, CutOff) as problem:
                reason = f"{_shown(url)}: {type(problem).__name__} {problem}".strip()
            self._pause(wait, reason, last=number == _TRIES)
        raise AssertionError("the last try raises")

    def _pause(self, wait: float, reason: str, *, last: bool) -> None:
        if wait > _LONGEST_WAIT:
            later = timezone.now() + timedelta(seconds=wait)
            raise SourceUnavailable(reason=f"{reason} It asks to be left alone for {wait:.0f} s.", retry_at=later)
        if last:
            raise SourceUnavailable(reason=f"{reason} Tried {_TRIES} times.")
        if time.monotonic() + wait > self._ends_at:
            raise SourceUnavailable(reason=f"{reason} The time is over (OMS_SOURCE_DEADLINE_SECONDS).")
        self.retries += 1
        time.sleep(wait)

    def _once(self, url: httpx.URL, into: Path, headers: Mapping[str, str]) -> Answer:
        require_no_transaction(_shown(url))
        self._require_within_limits(url, 0)
        size = 0
        with self._http.stream("GET", url, headers=dict(headers)) as response, into.open("wb") as file:
            if response.status_code == 200:
                if "content-length" not in response.headers and "transfer-encoding" not in response.headers:
                    raise SourceUnavailable(
                        reason=f"{_shown(url)} does not say how long its answer is (Content-Length, or chunks): a "
                        "cut one could not be told from a whole one."
                    )
                for block in response.iter_bytes():
                    size += len(block)
                    self._require_within_limits(url, size)
                    file.write(block)
            following = response.links.get("next", {}).get("url", "")
        self.size += size
        return Answer(
            url=url,
            status=response.status_code,
            headers=response.headers,
            size=size,
            following=following,
        )

    def _require_within_limits(self, url: httpx.URL, size: int) -> None:
        if self.size + size > self._most:
            raise SourceUnavailable(
                reason=f"{_shown(url)}: more than {self._most // 1024 // 1024} MB (OMS_SOURCE_MEGABYTES)."
            )
        if time.monotonic() > self._ends_at:
            raise SourceUnavailable(reason=f"{_shown(url)}: not within the time (OMS_SOURCE_DEADLINE_SECONDS).")


def _shown(url: httpx.URL) -> str:
    """The address as it may stand in a log: without its query, which may hold a key."""
    return f"{url.scheme}://{url.netloc.decode()}{url.path}"


def _retry_after(headers: httpx.Headers) -> float:
    """Seconds, or a date, as the server says; 0 where it says nothing that can be read."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), 86400))
    with suppress(ValueError, TypeError):
        at = parsedate_to_datetime(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0.0, min((at - timezone.now()).total_seconds(), 86400.0))
    return 0.0


def _hint(answer: Answer) -> str:
    if answer.status in (401, 403):
        return "It does not accept the secret."
    if 300 <= answer.status < 400:
        return "It has moved; redirects are not followed. Name the new address."
    return ""

"""What an HTTP source has: pages of orders since a time, or one whole file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx
from django.utils import timezone

from channels.pulling.addresses import AddressRefused, check_url
from channels.pulling.client import Answer, Client, SourceUnavailable
from channels.pulling.parts import Parts, check_page

_MOST_PAGES: Final = 10_000


@dataclass(slots=True)
class Fetched:
    """Files to be brought in, in this order. problem: why not everything was fetched; pages before it count.

    cursor: up to when everything is known now, by the clock that is behind. changed: False when nothing is new (304).
    """

    paths: list[Path] = field(default_factory=list)
    pages: int = 0
    cursor: datetime | None = None
    etag: str = ""
    changed: bool = True
    problem: SourceUnavailable | None = None


def fetch_pages(client: Client, address: str, since: datetime | None, folder: Path, name: str) -> Fetched:
    """Fetch all pages: updated_since=…, then whatever `Link: …; rel="next"` leads to, on the same server.

    A page that cannot be had ends it; those before it are kept.
    """
    fetched = Fetched(cursor=timezone.now())
    url = check_url(address)
    if since is not None:
        url = url.copy_merge_params({"updated_since": since.isoformat().replace("+00:00", "Z")})
    parts = Parts(folder, name)
    try:
        for answer in _follow(client, url, folder / "page"):
            if not fetched.pages:
                fetched.cursor = _earlier(fetched.cursor, answer)
            parts.add(folder / "page")
            fetched.pages += 1
    except SourceUnavailable as problem:
        fetched.problem = problem
    finally:
        parts.close()
        (folder / "page").unlink(missing_ok=True)
    fetched.paths = parts.paths
    return fetched


def _follow(client: Client, url: httpx.URL, page: Path) -> Iterator[Answer]:
    seen = {str(url)}
    answer = client.get(url, page, check=check_page)
    yield answer
    while answer.following:
        following = _following(answer)
        if (following.scheme, following.host, following.port) != (url.scheme, url.host, url.port):
            raise SourceUnavailable(
                reason=f"The next page is on another server: {following.scheme}://{following.host}."
            )
        if str(following) in seen:
            raise SourceUnavailable(reason=f"Page {len(seen)} leads back to an earlier page.")
        if len(seen) >= _MOST_PAGES:
            raise SourceUnavailable(reason=f"More than {_MOST_PAGES} pages.")
        seen.add(str(following))
        answer = client.get(following, page, check=check_page)
        yield answer


def _following(answer: Answer) -> httpx.URL:
    """The address of the next page. One that is none ends the fetching there: the pages before it are good."""
    try:
        return check_url(str(answer.url.join(answer.following)))
    except (httpx.InvalidURL, AddressRefused) as problem:
        raise SourceUnavailable(reason=f"The next page has no address that is used: {problem}") from None


def fetch_file(client: Client, address: str, etag: str, folder: Path, name: str) -> Fetched:
    """Fetch one whole file, unless it is still the one that the ETag names."""
    path = folder / f"{name}.file"
    fetched = Fetched()
    try:
        answer = client.get(check_url(address), path, headers={"If-None-Match": etag} if etag else {})
    except SourceUnavailable as problem:
        fetched.problem = problem
        return fetched
    if answer.status == 304:
        return Fetched(changed=False, etag=etag)
    empty = not answer.size
    return Fetched(paths=[] if empty else [path], pages=1, etag=answer.headers.get("etag", "")[:300], changed=not empty)


def _earlier(now: datetime | None, answer: Answer) -> datetime | None:
    """The earlier of our clock and the server's: updated_since is compared with the server's."""
    try:
        told = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return now
    return min(now, told) if now and told.tzinfo else now

"""Unsafe requests, done once: the manners around `oms.core.idempotency`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import idempotency
from oms.core.idempotency import KeptAnswer, Key
from oms.core.transactions import atomic
from oms.web.authentication import scope_of

T = TypeVar("T")
HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
_KEPT_HEADERS: Final = ("Content-Type", "ETag", "Location")


def key_of(request: Request) -> Key | None:
    """The request's Idempotency-Key, if it has one. Raises MalformedIdempotencyKey."""
    sent = request.headers.get(HEADER)
    if sent is None:
        return None
    parts = ((request.method or "").encode(), request.get_full_path().encode(), request._request.body)
    return idempotency.key_for(scope_of(request), sent, *parts)


def answer(
    request: Request,
    work: Callable[[], T],
    render: Callable[[T], HttpResponse],
    *,
    keep: Callable[[T], HttpResponse] | None = None,
) -> HttpResponse:
    """Do `work` in one transaction and answer with what `render` makes of it.

    With an Idempotency-Key the answer is kept in the same transaction and given again, byte for byte, to a repeat,
    which does nothing. Without one it is rendered after the commit, so that nobody waits for its reading.
    What `work` raises rolls everything back, and is not kept. `keep` renders what is kept instead, where the answer has
    a secret in it.
    """
    key = key_of(request)
    if key is None:
        with atomic():
            done = work()
        return render(done)
    with atomic():
        kept = idempotency.recall(key)
        if kept is not None:
            return replay(kept)
        done = work()
        response = render(done)
        idempotency.keep(key, to_keep(keep(done) if keep else response))
    return response


def to_keep(response: HttpResponse) -> KeptAnswer:
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    return KeptAnswer(response.status_code, headers, response.content)


def replay(kept: KeptAnswer) -> HttpResponse:
    return HttpResponse(kept.body, status=kept.status, headers={**kept.headers, REPLAYED: "true"})

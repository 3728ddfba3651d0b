"""Unsafe requests, done once: the manners around `oms.core.idempotency`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import idempotency
from oms.core.errors import DomainError
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


def answer_with_state(
    request: Request,
    intend: Callable[[], Sequence[UUID]],
    carry_out: Callable[[Sequence[UUID]], None],
    render: Callable[[Sequence[UUID]], HttpResponse],
) -> HttpResponse:
    """Write intents in one transaction, have them carried out after it, and answer with their present state.

    With an Idempotency-Key the intents are kept in that transaction: a repeat intends and carries out nothing, also
    where the process died in between, and is answered with what has become of them by then. Where `intend` left
    nothing to be done, it is the answer that is kept, as `answer` does. What `render` refuses (an intent that came to
    nothing) is refused to a repeat, too.
    """
    key = key_of(request)
    with atomic():
        kept = idempotency.recall(key) if key else None
        if kept is not None and kept.intents is None:
            return replay(kept)
        intents = (kept.intents if kept else None) or intend()
        if key and not kept:
            if not intents:
                response = render(intents)
                idempotency.keep(key, to_keep(response))
                return response
            idempotency.keep_intents(key, intents)
    if kept is None:
        carry_out(intents)
        return render(intents)
    return _again(render, intents)


def _again(render: Callable[[Sequence[UUID]], HttpResponse], intents: Sequence[UUID]) -> HttpResponse:
    try:
        response = render(intents)
    except DomainError as refusal:
        refusal.headers = {REPLAYED: "true"}
        raise
    response[REPLAYED] = "true"
    return response


def to_keep(response: HttpResponse) -> KeptAnswer:
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    return KeptAnswer(response.status_code, headers, response.content)


def replay(kept: KeptAnswer) -> HttpResponse:
    return HttpResponse(kept.body, status=kept.status, headers={**kept.headers, REPLAYED: "true"})

"""Stripe's SDK as we use it: one call, no retries of its own, and errors in our words.

The one who asks has a deadline and asks again itself, so the SDK must not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from time import monotonic
from typing import Any, Final
from uuid import UUID

import httpx
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from payments.providers.base import ProviderRejected, ProviderUnavailable
from payments.providers.stripe.reading import Object, code_of

try:
    import stripe
except ModuleNotFoundError as missing:
    raise ImproperlyConfigured(
        "OMS_STRIPE_SECRET_KEY is set, but Stripe's SDK is not installed: install the extra `stripe` of this project "
        "(`uv sync --extra stripe`), or unset the key."
    ) from missing

# The version that the SDK we lock was made for (`stripe._api_version` of 16.1.0); the webhook endpoint should have the
# same. https://docs.stripe.com/api/versioning: without it the account's own default would decide.
API_VERSION: Final = "2026-10-28.endive"
API: Final = "https://api.stripe.com"

stripe.enable_telemetry = False  # timings of earlier calls and an id of this machine are nobody's business


class Declined(ProviderRejected):
    """The bank or Stripe's rules say no to this card. code: the bank's word before Stripe's."""

    def __init__(self, error: Object) -> None:
        super().__init__(str(error.get("message") or ""), code=code_of(error) or "card_error")


class Stuck(ProviderUnavailable):
    """Stripe failed at this call once and says so again at every repeat of its key: only its books know more.

    https://docs.stripe.com/error-low-level#server-errors
    """


class Stripe:
    """Calls that raise ProviderUnavailable, ProviderRejected and Declined.

    timeout: seconds that all of them have together, so that whoever holds a lease is done before it ends. each: that
    every one of them has, for whoever reads page after page.
    """

    def __init__(self, timeout: float, *, each: bool = False) -> None:
        client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            stripe_version=API_VERSION,
            base_addresses={"api": settings.STRIPE_API_BASE or API},
            max_network_retries=0,
            http_client=_Transport(timeout, each=each),
        )
        self._v1: Any = client.v1  # its parameters are typed dictionaries, ours are put together

    def create_intent(self, params: Object, key: UUID) -> Object:
        return _ask(lambda: self._v1.payment_intents.create(_expanded(params), _once(key)))

    def update_intent(self, reference: str, params: Object, key: UUID | str) -> Object:
        return _ask(lambda: self._v1.payment_intents.update(reference, _expanded(params), _once(key)))

    def confirm_intent(self, reference: str, params: Object, key: UUID) -> Object:
        return _ask(lambda: self._v1.payment_intents.confirm(reference, _expanded(params), _once(key)))

    def capture_intent(self, reference: str, params: Object, key: UUID) -> Object:
        return _ask(lambda: self._v1.payment_intents.capture(reference, _expanded(params), _once(key)))

    def cancel_intent(self, reference: str, key: UUID) -> Object:
        return _ask(lambda: self._v1.payment_intents.cancel(reference, _expanded({}), _once(key)))

    def intent(self, reference: str) -> Object:
        return _ask(lambda: self._v1.payment_intents.retrieve(reference, _expanded({})))

    def intents_with(self, name: str, value: str) -> list[Object]:
        """By metadata. Stripe's search may be a minute behind, in bad times an hour."""
        found = _ask(lambda: self._v1.payment_intents.search({"query": f"metadata['{name}']:'{value}'"}))
        return [self.intent(each["id"]) for each in found["data"]]

    def create_refund(self, params: Object, key: UUID) -> Object:
        return _ask(lambda: self._v1.refunds.create(dict(params), _once(key)))

    def refunds_of(self, reference: str) -> Iterator[Object]:
        """All of them, page by page; so are the following."""
        return _pages(self._v1.refunds.list, {"payment_intent": reference})

    def intents_since(self, moment: int) -> Iterator[Object]:
        return _pages(self._v1.payment_intents.list, {"created": {"gte": moment}})

    def refunds_since(self, moment: int) -> Iterator[Object]:
        return _pages(self._v1.refunds.list, {"created": {"gte": moment}})

    def events_since(self, moment: int, kinds: Sequence[str]) -> Iterator[Object]:
        """Stripe keeps them for 30 days."""
        return _pages(self._v1.events.list, {"created": {"gte": moment}, "types": list(kinds)})


def _pages(ask: Callable[[Any], Any], params: Object) -> Iterator[Object]:
    page: dict[str, Any] = {**params, "limit": 100}
    while True:
        found = _ask(partial(ask, page))
        yield from found["data"]
        if not found["has_more"]:
            return
        page = {**page, "starting_after": found["data"][-1]["id"]}


def is_signed(body: bytes, signature: str, *, secret: str, tolerance: int) -> bool:
    """Whether Stripe signed this, by the secret of the endpoint, within so many seconds."""
    check: Any = stripe.WebhookSignature.verify_header
    try:
        check(body, signature, secret, tolerance)
    except (stripe.SignatureVerificationError, ValueError, TypeError):  # the latter: bytes that are no text
        return False
    return True


class _Transport(stripe.HTTPClient):
    """The SDK's calls over connections that all of this process share, with a deadline."""

    name = "httpx"

    def __init__(self, timeout: float, *, each: bool) -> None:
        super().__init__()
        self._timeout = timeout
        self._until = None if each else monotonic() + timeout

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_more: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        left = self._timeout if self._until is None else self._until - monotonic()
        if left <= 0:
            raise ProviderUnavailable(f"no time is left for {url}")
        try:
            answer = _connections(os.getpid()).request(method, url, headers=headers, content=post_data, timeout=left)
        except httpx.HTTPError as problem:
            raise ProviderUnavailable(f"{type(problem).__name__} at {url}") from problem
        return answer.text, answer.status_code, answer.headers


@cache
def _connections(pid: int) -> httpx.Client:
    """One for each process: connections are not shared with one that was forked."""
    return httpx.Client()


def _once(key: UUID | str) -> dict[str, Any]:
    """Stripe knows a key again for 24 hours, for the same call with the same parameters; its 5xx are known too."""
    return {"idempotency_key": str(key)}


def _expanded(params: Object) -> dict[str, Any]:
    return {**params, "expand": ["latest_charge"]}


def _ask(call: Callable[[], Any]) -> Object:
    try:
        answer: Object = call().to_dict()
    except stripe.StripeError as problem:
        raise _translated(problem) from problem
    return answer


def _translated(problem: stripe.StripeError) -> Exception:
    """Whether it may have been done (ask again), or was refused. No message has a key in it: Stripe masks them.

    To be asked again: 5xx; 409, the same call is under way; 429, too many calls or a lock waited for; no JSON; 401 and
    403, a key that is not good (any more), or not for this: nothing was done, and it is once the key is mended.
    """
    status, error = problem.http_status, _error(problem)
    message = problem.user_message or type(problem).__name__
    if isinstance(problem, stripe.CardError):
        return Declined(error)
    if isinstance(problem, stripe.InvalidRequestError | stripe.IdempotencyError):
        code = error.get("code") or ("resource_missing" if status == 404 else error.get("type"))
        return ProviderRejected(message, code=str(code or "rejected"))
    is_stuck = status is not None and status >= 500 and (problem.headers or {}).get("idempotent-replayed") == "true"
    return (Stuck if is_stuck else ProviderUnavailable)(f"{type(problem).__name__} {status or ''}: {message}")


def _error(problem: stripe.StripeError) -> Object:
    body = problem.json_body
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}

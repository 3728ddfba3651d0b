"""The call itself: never inside a transaction, by one at a time, with the attempt's id as key.

Three steps: the intent is committed; the provider is asked; the outcome is written. A crash between two of them leaves
a row that anybody may take up again, with the same key.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db.models import F, Q
from django.utils import timezone

from oms.core import actors
from oms.core.outside import require_no_transaction
from payments.enums import HANGING_STATES, OPEN_STATES, AttemptState, EventSource
from payments.models import PaymentAttempt
from payments.providers.base import Fact, LookUpRequest, ProviderUnavailable
from payments.providers.known import provider_of
from payments.services import answering
from payments.services.attempts import LEASE

log = structlog.get_logger(__name__)

DEADLINE: Final = 5.0  # seconds that somebody waits for a provider's answer
WORKER_DEADLINE: Final = 20.0  # less than the lease
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(hours=1)


def carry_out(attempt_id: UUID, *, timeout: float = WORKER_DEADLINE, waited: bool = False) -> PaymentAttempt:
    """Ask the provider for what an attempt intends, and write down what comes of it. The attempt as it stands then.

    waited: the caller holds the lease since it wrote the intent. An attempt that is settled, or that somebody else asks
    for right now, is left alone. Without an answer the outcome is unknown, and is asked for again later. A repeat that
    is rejected says nothing of the first call, which may have been carried out: that is looked up (`resuming`).
    Raises CalledInsideTransaction.
    """
    attempt = PaymentAttempt.objects.select_related("payment", "session").get(pk=attempt_id)
    provider = provider_of(_code(attempt))
    require_no_transaction(f"the payment provider {provider.code}")
    if not _take(attempt, waited=waited):
        return attempt
    try:
        result = answering.ask(attempt, provider, timeout=timeout)
    except ProviderUnavailable as problem:
        _put_off(attempt, str(problem))
        log.warning("payments.unknown", attempt=str(attempt_id), provider=provider.code, problem=str(problem)[:200])
        return PaymentAttempt.objects.get(pk=attempt_id)
    except Exception as problem:  # whatever it is, it may have been done before that
        _put_off(attempt, type(problem).__name__)
        log.exception("payments.call_broke", attempt=str(attempt_id), provider=provider.code)
        return PaymentAttempt.objects.get(pk=attempt_id)
    if result.is_rejection and attempt.tries and provider.can.look_up:
        _put_off(attempt, result.message, code=result.code)
        return PaymentAttempt.objects.get(pk=attempt_id)
    return answering.settle(attempt_id, result, source=EventSource.CALL, actor=actors.SYSTEM)


def look_up(code: str, *, reference: str, key: UUID | None, timeout: float = WORKER_DEADLINE) -> Sequence[Fact]:
    """What the books of a provider say of a payment; nothing where it has none but ours.

    Raises ProviderUnavailable for whatever goes wrong, also for a provider that is not set up any more: it does not say
    what became of the payment. Raises CalledInsideTransaction.
    """
    require_no_transaction(f"the payment provider {code}")
    try:
        provider = provider_of(code)
        if provider.local or not provider.can.look_up:
            return ()
        return provider.look_up(LookUpRequest(reference=reference, key=key, timeout=timeout))
    except Exception as problem:
        log.warning("payments.lookup_failed", provider=code, reference=reference, problem=repr(problem)[:200])
        raise ProviderUnavailable(str(problem) or type(problem).__name__) from problem


def _code(attempt: PaymentAttempt) -> str:
    of = attempt.payment or attempt.session
    return of.provider if of else ""


def _take(attempt: PaymentAttempt, *, waited: bool) -> bool:
    """Make this process the one that asks. A lease that ran out is anybody's."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    if waited:
        free |= Q(tries=0)  # nobody has taken over since the intent was written
    attempts = PaymentAttempt.objects.filter(free, pk=attempt.pk, state__in=HANGING_STATES)
    # The next try is noted before anything is done: whoever asks may die over it, or over what it is answered.
    return bool(
        attempts.update(
            leased_until=now + LEASE,
            next_try_at=next_try(attempt.tries, now),
            tries=F("tries") + 1,
            updated_at=now,
        )
    )


def _put_off(attempt: PaymentAttempt, problem: str, *, code: str = "") -> None:
    """Nobody knows whether it was done. The amount stays held, and it is asked again with the same key.

    code: the provider's word for not being asked again; it is looked up then.
    """
    now = timezone.now()
    PaymentAttempt.objects.filter(pk=attempt.pk, state__in=OPEN_STATES).update(
        state=AttemptState.UNKNOWN,
        leased_until=None,
        next_try_at=next_try(attempt.tries, now),
        code=code[:60],
        message=problem[:255],
        updated_at=now,
    )


def next_try(tries: int, now: datetime) -> datetime:
    """Twice as late each time, up to an hour, and not all at once."""
    pause = min(_FIRST_PAUSE * int(2 ** min(tries, 12)), _LONGEST_PAUSE)
    return now + pause * random.uniform(0.75, 1.25)  # noqa: S311  (no secret)

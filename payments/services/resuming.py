"""Nothing is left hanging: what nobody asked for yet, and what nobody knows the outcome of, is taken up again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db.models import Q
from django.utils import timezone

from oms.core import actors
from payments.enums import HANGING_STATES, OPEN_STATES, AttemptState, EventSource, MoneyAct
from payments.models import PaymentAttempt
from payments.providers.base import Outcome, ProviderResult, ProviderUnavailable
from payments.providers.known import is_set_up, provider_of
from payments.services import answering, calling, facts

log = structlog.get_logger(__name__)
_BATCH: Final = 200
_GIVE_UP: Final = timedelta(days=7)  # waiting for a customer who left; what webhooks tell counts as ever


def due_attempts(limit: int = _BATCH) -> list[UUID]:
    """Attempts that wait to be asked for (again), or looked up, and that nobody is at work on. The oldest first."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    due = PaymentAttempt.objects.filter(free, state__in=OPEN_STATES, next_try_at__lte=now)
    return list(due.order_by("next_try_at").values_list("pk", flat=True)[:limit])


def resume(attempt_id: UUID, *, timeout: float = calling.WORKER_DEADLINE) -> PaymentAttempt:
    """Bring one attempt further: ask with its key, for the first time or again; look it up where it is pending, the key
    is known no longer, or the provider will not be asked again.

    Any number of times, by anybody; one that is settled, or that somebody is at work on, is left alone. One of a
    provider that the settings do not name is put off. Never inside a transaction.
    """
    attempt = PaymentAttempt.objects.select_related("payment", "session").get(pk=attempt_id)
    if attempt.state not in OPEN_STATES or (attempt.leased_until and attempt.leased_until > timezone.now()):
        return attempt
    if not is_set_up(code := _party(attempt)[0]):
        log.warning("payments.provider_missing", attempt=str(attempt_id), provider=code)
        _look_later(attempt)
        return attempt
    if attempt.state == AttemptState.PENDING or _key_is_forgotten(attempt) or attempt.code:
        return _look_up(attempt, timeout)
    return calling.carry_out(attempt_id, timeout=timeout)


def _key_is_forgotten(attempt: PaymentAttempt) -> bool:
    provider = provider_of(_party(attempt)[0])
    return timezone.now() - attempt.created_at > timedelta(hours=provider.can.key_hours) and bool(attempt.tries)


def _look_up(attempt: PaymentAttempt, timeout: float) -> PaymentAttempt:
    code, reference = _party(attempt)
    _look_later(attempt)
    try:
        found = calling.look_up(code, reference=reference, key=attempt.session_id, timeout=timeout)
    except ProviderUnavailable:
        return attempt
    facts.learn(code, found, source=EventSource.LOOKUP, actor=actors.SYSTEM)
    fresh = PaymentAttempt.objects.select_related("payment", "session").get(pk=attempt.pk)
    if fresh.state in HANGING_STATES and provider_of(code).can.look_up:
        # The provider's books do not have it, and nobody will do it any more: it was never done.
        said = (fresh.code, fresh.message) if fresh.code else ("not_done", "The provider's books do not have it.")
        nothing = ProviderResult(outcome=Outcome.DECLINED, code=said[0], message=said[1])
        return answering.settle(fresh.pk, nothing, source=EventSource.LOOKUP, actor=actors.SYSTEM)
    return fresh


def _look_later(attempt: PaymentAttempt) -> None:
    """Noted before anything is done, for whoever looks may die over it, or over what it is told."""
    now = timezone.now()
    is_left = attempt.act == MoneyAct.AUTHORIZE and attempt.state == AttemptState.PENDING
    PaymentAttempt.objects.filter(pk=attempt.pk, state__in=OPEN_STATES).update(
        tries=attempt.tries + 1,
        next_try_at=None if is_left and now - attempt.created_at > _GIVE_UP else calling.next_try(attempt.tries, now),
        updated_at=now,
    )


def _party(attempt: PaymentAttempt) -> tuple[str, str]:
    of = attempt.payment or attempt.session
    return (of.provider, of.reference) if of else ("", "")

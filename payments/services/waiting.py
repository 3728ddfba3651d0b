"""Somebody waits for the answer of a provider: their own request asks, after the commit."""

from __future__ import annotations

from collections.abc import Collection
from time import monotonic
from typing import Final
from uuid import UUID

from payments.enums import AttemptState
from payments.models import PaymentAttempt
from payments.services import calling
from payments.services.attempts import wanted

_SHORTEST: Final = 0.5  # seconds: a call that is given less is not begun


def carry_out_now(attempt_ids: Collection[UUID]) -> None:
    """Ask for what was intended with `waits`, the oldest first, within `calling.DEADLINE` in all.

    What there is no time left for is handed to a worker. What is settled already is left alone. Never inside a
    transaction. Raises CalledInsideTransaction.
    """
    until = monotonic() + calling.DEADLINE
    waiting = PaymentAttempt.objects.filter(pk__in=attempt_ids, state=AttemptState.INTENDED).order_by("id")
    for attempt_id in list(waiting.values_list("pk", flat=True)):
        left = until - monotonic()
        if left >= _SHORTEST:
            calling.carry_out(attempt_id, timeout=left, waited=True)
        else:
            PaymentAttempt.objects.filter(pk=attempt_id, state=AttemptState.INTENDED).update(leased_until=None)
            wanted(str(attempt_id))

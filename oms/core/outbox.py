"""The way of an event from the outbox to its subscribers, without Celery: who is due, run one, write what came of it.

At least once, and per (subscriber, stream) in the order of the sequence: a later delivery is not due before the
earlier ones of its stream are delivered. A dead letter parks those behind it until staff have it delivered again or
skip it (`oms.core.replaying`). Deliveries to a subscriber that opted out of order have no stream and wait for nobody.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from oms.core import events
from oms.core.models import Delivery, DeliveryState, OutboxEvent

log = logging.getLogger(__name__)

# Any numbers of our own.
_RELAY_LOCK = 0x6F6D73_72656C  # one relay at a time makes deliveries
_PARKING_LOCK = 0x6F6D73_70726B  # nobody is parked behind a dead letter that is being let go


def fan_out(limit: int = 1000) -> int:
    """Make one delivery for each subscriber of the oldest `limit` events that have none; how many events were taken.

    One process at a time does this (an advisory lock, free again with a crash): two could commit a later event's
    deliveries before an earlier one's, and the order within a stream would be lost. For the same reason an event waits
    for those before it in its stream whose ids are greater, as a clock that lags can make them.
    """
    known = events.listeners()
    listening: list[list[Any]] = [
        [each.event for each in known],
        [each.subscriber for each in known],
        [each.ordered for each in known],
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_RELAY_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FAN_OUT, [limit, *listening])
        return int(cursor.fetchone()[0])


_FAN_OUT = """
WITH fresh AS MATERIALIZED (
    SELECT id FROM core_outboxevent AS event
    WHERE relayed_at IS NULL AND NOT EXISTS (
        SELECT FROM core_outboxevent AS before
        WHERE before.stream = event.stream AND before.sequence < event.sequence
          AND before.id > event.id AND before.relayed_at IS NULL)
    ORDER BY id LIMIT %s
), taken AS (
    UPDATE core_outboxevent AS event SET relayed_at = clock_timestamp()
    FROM fresh WHERE event.id = fresh.id
    RETURNING event.id, event.name, event.stream, event.sequence
), made AS (
    INSERT INTO core_delivery (id, event_id, subscriber, stream, sequence, state, attempts, due_at, error)
    SELECT gen_random_uuid(), taken.id, listening.subscriber, CASE WHEN listening.ordered THEN taken.stream END,
        CASE WHEN listening.ordered THEN taken.sequence END, 'pending', 0, clock_timestamp(), ''
    FROM taken JOIN unnest(%s::text[], %s::text[], %s::bool[]) AS listening(name, subscriber, ordered) USING (name)
    ON CONFLICT (event_id, subscriber) DO NOTHING
)
SELECT count(*) FROM taken
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process alone may run until its lease ends. `attempt` tells it from a later claim."""

    delivery_id: UUID
    attempt: int


# What is due now and the first of its stream. statement_timestamp(), not clock_timestamp(): the index can be used.
_DUE = """
    SELECT id FROM core_delivery AS mine
    WHERE state = 'pending' AND due_at <= statement_timestamp() AND NOT EXISTS (
        SELECT FROM core_delivery AS earlier
        WHERE earlier.subscriber = mine.subscriber AND earlier.stream = mine.stream
          AND earlier.sequence < mine.sequence AND earlier.state IN ('pending', 'parked', 'dead'))
    ORDER BY due_at LIMIT %s
"""
_COUNT = f"SELECT count(*) FROM ({_DUE}) AS due"  # noqa: S608  (a constant of this file)
_CLAIM = f"""
WITH due AS MATERIALIZED ({_DUE} FOR UPDATE SKIP LOCKED)
UPDATE core_delivery AS delivery SET due_at = clock_timestamp() + make_interval(secs => %s), attempts = attempts + 1
FROM due WHERE delivery.id = due.id
RETURNING delivery.id, delivery.attempts
"""  # noqa: S608  (a constant of this file)


def count_due(most: int) -> int:
    """How many deliveries could be claimed at this moment, counted no further than `most`."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [most])
        return int(cursor.fetchone()[0])


def claim_due(limit: int = 1) -> list[Claim]:
    """Lease up to `limit` deliveries that are due and the first of their stream; nobody else gets them meanwhile.

    The lease is their `due_at`: when the process dies, they are due again after DELIVERY_LEASE_SECONDS. It starts here,
    so claim what is run at once.
    """
    lease: int = settings.OMS["DELIVERY_LEASE_SECONDS"]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [limit, lease])
        return [Claim(*row) for row in cursor.fetchall()]


# Looks only at the deliveries that `claim_due` would stumble over first, so it costs the same however many wait.
_SET_ASIDE = """
WITH due AS MATERIALIZED (
    SELECT id, subscriber, stream, sequence FROM core_delivery
    WHERE state = 'pending' AND due_at <= statement_timestamp() ORDER BY due_at LIMIT %s
), behind AS MATERIALIZED (
    SELECT due.id, head.state, head.due_at FROM due CROSS JOIN LATERAL (
        SELECT state, due_at, error FROM core_delivery AS earlier
        WHERE earlier.subscriber = due.subscriber AND earlier.stream = due.stream
          AND earlier.sequence < due.sequence AND earlier.state IN ('pending', 'parked', 'dead')
        ORDER BY earlier.sequence LIMIT 1) AS head
    WHERE head.state = 'dead' OR (head.error <> '' AND head.due_at > statement_timestamp())
), free AS MATERIALIZED (
    SELECT delivery.id FROM core_delivery AS delivery JOIN behind ON behind.id = delivery.id
    WHERE delivery.state = 'pending' FOR UPDATE OF delivery SKIP LOCKED
)
UPDATE core_delivery AS delivery
SET state = CASE behind.state WHEN 'dead' THEN 'parked' ELSE 'pending' END,
    due_at = CASE behind.state WHEN 'dead' THEN delivery.due_at ELSE behind.due_at END
FROM behind JOIN free ON free.id = behind.id WHERE delivery.id = behind.id
"""
_RELEASE = """
UPDATE core_delivery AS mine SET state = 'pending', due_at = clock_timestamp()
FROM unnest(%s::text[], %s::uuid[]) AS pair(subscriber, stream)
WHERE mine.subscriber = pair.subscriber AND mine.stream = pair.stream AND mine.state = 'parked' AND NOT EXISTS (
    SELECT FROM core_delivery AS earlier
    WHERE earlier.subscriber = mine.subscriber AND earlier.stream = mine.stream
      AND earlier.sequence < mine.sequence AND earlier.state = 'dead')
"""
# The next ones of a stream whose first had failed before: `set_aside` may have put them off until its next try.
_HURRY = """
UPDATE core_delivery SET due_at = clock_timestamp() WHERE id IN (
    SELECT id FROM core_delivery
    WHERE subscriber = %s AND stream = %s AND state = 'pending' AND attempts = 0 AND due_at > statement_timestamp()
    FOR UPDATE SKIP LOCKED)
"""


def set_aside(limit: int = 1000) -> int:
    """Take those out of the way that wait for an earlier one of their stream; how many of the `limit` due longest.

    Behind a dead letter they are parked; behind one that failed and waits for its next try they wait as long.
    `claim_due` would pass over them all the same: this keeps it quick, and shows people what is parked. One process at
    a time does it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_PARKING_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_SET_ASIDE, [limit])
        return int(cursor.rowcount)


@contextmanager
def letting_go() -> Iterator[Callable[[Collection[tuple[str, UUID | None]]], None]]:
    """A transaction in which dead letters stop being dead. Call what it gives with their (subscriber, stream) pairs.

    Those parked behind them are free then, unless another dead letter is before them. Nobody is parked meanwhile.
    """

    def release(pairs: Collection[tuple[str, UUID | None]]) -> None:
        known = {(subscriber, stream) for subscriber, stream in pairs if stream is not None}
        if known:
            with connection.cursor() as cursor:
                cursor.execute(_RELEASE, [[each[0] for each in known], [each[1] for each in known]])

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PARKING_LOCK])
        yield release


def run(claim: Claim) -> bool:
    """Run a delivery that this process has claimed, and write what came of it; whether it was delivered.

    A delivery that is done already, or that was claimed again because the lease ran out, is left alone.
    """
    found = Delivery.objects.select_related("event").filter(pk=claim.delivery_id, **_as_claimed(claim))
    delivery = found.first()
    if delivery is None:
        return False
    try:
        events.signal(delivery.event.name).deliver(delivery.subscriber, delivered(delivery.event))
    except Exception as problem:  # whatever a subscriber raises is its own, and is tried again
        log.warning("Delivery %s to %s failed", delivery.pk, delivery.subscriber, exc_info=True)
        _failed(claim, problem)
        return False
    _succeeded(delivery, first_try=claim.attempt == 1)
    return True


def bury() -> int:
    """Give up deliveries whose every try ended with the death of the worker; how many.

    One that kills its worker raises nothing, so `run` never sees its last try.
    """
    due = Delivery.objects.filter(state=DeliveryState.PENDING, due_at__lte=Now())
    return due.filter(attempts__gte=settings.OMS["DELIVERY_ATTEMPTS"]).update(
        state=DeliveryState.DEAD,
        failed_at=Now(),
        error="Every try ended with the worker, or took longer than its lease.",
    )


def delivered(event: OutboxEvent) -> events.Delivered:
    """The event as its receivers see it."""
    return events.Delivered(
        id=event.public_id,
        name=event.name,
        version=event.version,
        occurred_at=event.occurred_at,
        stream=event.stream,
        sequence=event.sequence,
        actor=event.actor,
        data=event.data,
    )


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next try: doubling from `first` to `most` seconds, spread by half."""

    first: float = 1.0
    most: float = 3600.0

    def after(self, attempts: int) -> timedelta:
        wait = min(self.most, self.first * 2 ** min(attempts, 30))
        return timedelta(seconds=wait * random.uniform(0.5, 1.0))  # noqa: S311  (no secret)


def _as_claimed(claim: Claim) -> dict[str, object]:
    return {"state": DeliveryState.PENDING, "attempts": claim.attempt}


def _succeeded(delivery: Delivery, *, first_try: bool) -> None:
    """Also when the lease had run out meanwhile: it was delivered, whatever was thought of it."""
    done: dict[str, Any] = {"state": DeliveryState.DELIVERED, "delivered_at": Now(), "due_at": Now(), "error": ""}
    if Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING).update(**done):
        if not first_try and delivery.stream is not None:
            with connection.cursor() as cursor:
                cursor.execute(_HURRY, [delivery.subscriber, delivery.stream])
        return
    with letting_go() as release:
        if Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.DEAD).update(**done):
            release([(delivery.subscriber, delivery.stream)])


def _failed(claim: Claim, problem: Exception) -> None:
    """The exception's type and first words are kept; a dead letter after the last try."""
    dead = claim.attempt >= settings.OMS["DELIVERY_ATTEMPTS"]
    words = f"{type(problem).__name__}: {problem}".replace("\0", "")[:1000]
    Delivery.objects.filter(pk=claim.delivery_id, **_as_claimed(claim)).update(
        state=DeliveryState.DEAD if dead else DeliveryState.PENDING,
        due_at=Now() + Backoff().after(claim.attempt),
        failed_at=Now(),
        error=words,
    )

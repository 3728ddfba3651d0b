"""The way of an event from the outbox to its subscribers, without Celery: who is due, run one, write what came of it.

At least once, and per (subscriber, stream) in the order of the sequence: a later delivery is not due before the
earlier ones of its stream are delivered. A dead letter parks those behind it until it is replayed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from oms.core import events
from oms.core.models import Delivery, DeliveryState, OutboxEvent

_RELAY_LOCK = 0x6F6D73_72656C  # any number of our own: one relay at a time makes deliveries


def fan_out(limit: int = 1000) -> int:
    """Make one delivery for each subscriber of the oldest `limit` events that have none; how many events were taken.

    One process at a time does this (an advisory lock, free again with a crash): two could commit a later event's
    deliveries before an earlier one's, and the order within a stream would be lost.
    """
    names, subscribers = [], []
    for name, known in events.subscribers().items():
        for subscriber in known:
            names.append(name)
            subscribers.append(subscriber)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_RELAY_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            """
            WITH taken AS (
                UPDATE core_outboxevent SET relayed_at = now()
                WHERE id IN (SELECT id FROM core_outboxevent WHERE relayed_at IS NULL ORDER BY id LIMIT %s)
                RETURNING id, name, stream, sequence
            ), made AS (
                INSERT INTO core_delivery (id, event_id, subscriber, stream, sequence, state, attempts, error)
                SELECT gen_random_uuid(), taken.id, listening.subscriber, taken.stream, taken.sequence, 'pending', 0, ''
                FROM taken JOIN unnest(%s::text[], %s::text[]) AS listening(name, subscriber) USING (name)
                ON CONFLICT (event_id, subscriber) DO NOTHING
            )
            SELECT count(*) FROM taken
            """,
            [limit, names, subscribers],
        )
        return int(cursor.fetchone()[0])


def claim_due(limit: int = 100) -> list[UUID]:
    """Lease up to `limit` deliveries that are due and the first of their stream; nobody else gets them meanwhile.

    The lease is their `due_at`: when the process dies, they are due again after DELIVERY_LEASE_SECONDS.
    """
    lease = timedelta(seconds=settings.OMS["DELIVERY_LEASE_SECONDS"])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_delivery SET due_at = clock_timestamp() + %s, attempts = attempts + 1
            WHERE id IN (
                SELECT id FROM core_delivery AS mine
                WHERE state = 'pending' AND due_at <= clock_timestamp() AND NOT EXISTS (
                    SELECT FROM core_delivery AS earlier
                    WHERE earlier.subscriber = mine.subscriber AND earlier.stream = mine.stream
                      AND earlier.sequence < mine.sequence AND earlier.state <> 'delivered')
                ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            [lease, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def run(delivery_id: UUID) -> UUID | None:
    """Run a delivery that this process has claimed, and write what came of it; the next one of its stream, claimed.

    A delivery that is done already is left alone (Celery may run a task twice).
    """
    delivery = Delivery.objects.select_related("event").get(pk=delivery_id)
    if delivery.state != DeliveryState.PENDING:
        return None
    try:
        events.signal(delivery.event.name).deliver(delivery.subscriber, delivered(delivery.event))
    except Exception as problem:  # whatever a subscriber raises is its own, and is tried again
        _failed(delivery, problem)
        return None
    Delivery.objects.filter(pk=delivery_id).update(state=DeliveryState.DELIVERED, delivered_at=timezone.now(), error="")
    return _claim_next(delivery)


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


def _failed(delivery: Delivery, problem: Exception) -> None:
    """The exception's type and first words are kept; a dead letter after the last try."""
    dead = delivery.attempts >= settings.OMS["DELIVERY_ATTEMPTS"]
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING).update(
        state=DeliveryState.DEAD if dead else DeliveryState.PENDING,
        due_at=timezone.now() + Backoff().after(delivery.attempts),
        error=f"{type(problem).__name__}: {problem}"[:1000],
    )


def _claim_next(delivery: Delivery) -> UUID | None:
    """The delivery behind a delivered one, leased, so that a stream flows without waiting for the next sweep."""
    if delivery.stream is None:
        return None
    lease = timedelta(seconds=settings.OMS["DELIVERY_LEASE_SECONDS"])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_delivery SET due_at = clock_timestamp() + %s, attempts = attempts + 1
            WHERE id = (
                SELECT id FROM core_delivery
                WHERE subscriber = %s AND stream = %s AND state <> 'delivered'
                ORDER BY sequence LIMIT 1)
              AND state = 'pending' AND due_at <= clock_timestamp()
            RETURNING id
            """,
            [lease, delivery.subscriber, delivery.stream],
        )
        found = cursor.fetchone()
    return found[0] if found else None

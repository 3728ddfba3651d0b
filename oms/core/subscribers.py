"""Who listens to what, and how it goes: what waits, since when, what failed, what is parked. One statement.

Counted no further than a cap, by indexes that hold only what is open or failed: it costs the same however many
deliveries were made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from oms.core import events
from oms.core.events import Listener
from oms.core.models import Delivery, DeliveryState

MOST_COUNTED: Final = 10_000
LATELY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One receiver. Without `listening` it is no longer installed, and has deliveries left.

    waiting: to be delivered. oldest_at: when the event of the oldest that waits, or is parked, occurred. failed: within
    the last day, whatever became of it. dead: letters. pairs: streams (orders, levels) that a dead letter parks.
    parked: deliveries behind those. Each is MOST_COUNTED at the highest.
    """

    name: str
    listening: tuple[Listener, ...]
    waiting: int
    oldest_at: datetime | None
    failed: int
    dead: int
    pairs: int
    parked: int


# States are written out, not joined: only so does PostgreSQL see that the partial indexes serve.
_FIGURES: Final = """
WITH RECURSIVE heard(subscriber) AS (
    (SELECT subscriber FROM core_delivery WHERE state IN ('pending', 'parked', 'dead') ORDER BY subscriber LIMIT 1)
    UNION ALL
    SELECT (SELECT subscriber FROM core_delivery
        WHERE state IN ('pending', 'parked', 'dead') AND subscriber > heard.subscriber ORDER BY subscriber LIMIT 1)
    FROM heard WHERE heard.subscriber IS NOT NULL
), known AS (
    SELECT unnest(%(installed)s::text[]) AS subscriber UNION SELECT subscriber FROM heard WHERE subscriber IS NOT NULL
)
SELECT known.subscriber, waiting.n, oldest.occurred_at, failed.n, dead.n, pairs.n, parked.n
FROM known
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM core_delivery AS d
    WHERE d.subscriber = known.subscriber AND d.state = 'pending' LIMIT %(most)s) AS capped) AS waiting
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM core_delivery AS d
    WHERE d.subscriber = known.subscriber AND d.state = 'parked' LIMIT %(most)s) AS capped) AS parked
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM core_delivery AS d
    WHERE d.subscriber = known.subscriber AND d.state = 'dead' LIMIT %(most)s) AS capped) AS dead
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM core_delivery AS d
    WHERE d.subscriber = known.subscriber AND d.state = 'dead' AND d.stream IS NOT NULL AND NOT EXISTS (
        SELECT FROM core_delivery AS earlier WHERE earlier.subscriber = d.subscriber AND earlier.stream = d.stream
            AND earlier.sequence < d.sequence AND earlier.state = 'dead') LIMIT %(most)s) AS capped) AS pairs
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM core_delivery AS d
    WHERE d.subscriber = known.subscriber AND d.failed_at >= %(since)s LIMIT %(most)s) AS capped) AS failed
CROSS JOIN LATERAL (SELECT LEAST(
    (SELECT d.event_id FROM core_delivery AS d
        WHERE d.subscriber = known.subscriber AND d.state = 'pending' ORDER BY d.event_id LIMIT 1),
    (SELECT d.event_id FROM core_delivery AS d
        WHERE d.subscriber = known.subscriber AND d.state = 'parked' ORDER BY d.event_id LIMIT 1)
    ) AS event_id) AS earliest
LEFT JOIN core_outboxevent AS oldest ON oldest.id = earliest.event_id
ORDER BY known.subscriber
"""


def subscribers() -> list[Subscriber]:
    """All that are installed, and those with deliveries left, by name."""
    listening: dict[str, list[Listener]] = {}
    for each in events.listeners():
        listening.setdefault(each.subscriber, []).append(each)
    given: dict[str, Any] = {"installed": list(listening), "most": MOST_COUNTED, "since": timezone.now() - LATELY}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, given)
        return [_subscriber(tuple(listening.get(row[0], ())), *row) for row in cursor.fetchall()]


def _subscriber(listening: tuple[Listener, ...], name: str, *figures: Any) -> Subscriber:
    waiting, oldest_at, failed, dead, pairs, parked = figures
    return Subscriber(
        name=name,
        listening=listening,
        waiting=waiting,
        oldest_at=oldest_at,
        failed=failed,
        dead=dead,
        pairs=pairs,
        parked=parked,
    )


def failed_lately() -> QuerySet[Delivery]:
    """Deliveries of which a try failed within the last day, whatever became of them."""
    return Delivery.objects.filter(failed_at__gte=timezone.now() - LATELY)


def parking() -> QuerySet[Delivery]:
    """The dead letters at the head of their stream: one for each (subscriber, stream) that is parked."""
    earlier = Delivery.objects.filter(
        subscriber=OuterRef("subscriber"),
        stream=OuterRef("stream"),
        sequence__lt=OuterRef("sequence"),
        state=DeliveryState.DEAD,
    )
    return Delivery.objects.filter(~Exists(earlier), state=DeliveryState.DEAD, stream__isnull=False)

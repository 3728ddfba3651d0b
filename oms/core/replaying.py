"""Deliveries once more, because staff want it: those that are done, and dead letters; or never, by skipping them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from oms.core import events, ids, outbox
from oms.core.actors import Actor
from oms.core.models import Delivery, DeliveryState, OutboxEvent

BATCH: Final = 1000  # deliveries in a transaction
_SLACK: Final = timedelta(days=1)  # by how much an event's id and its time may differ
_DONE: Final = (DeliveryState.DEAD, DeliveryState.DELIVERED, DeliveryState.SKIPPED)

Progress = Callable[[int], None]  # how many so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which deliveries. What is left out does not narrow them down.

    name: of the event. stream: the id of the order (or level). since, until: when the event occurred, until excluded.
    dead: dead letters only.
    """

    delivery_ids: Collection[UUID] | None = None
    event_id: UUID | None = None
    name: str = ""
    subscriber: str = ""
    stream: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    dead: bool = False


def replayable(wanted: Wanted) -> QuerySet[Delivery]:
    """Those that `replay` would have delivered again.

    What waits already is not among them, nor what goes to a receiver that is no longer installed: it could only fail.
    """
    rows = Delivery.objects.filter(_installed(), _of_events(wanted, "event__", "event_id"))
    rows = rows.filter(state=DeliveryState.DEAD) if wanted.dead else rows.filter(state__in=_DONE)
    if wanted.delivery_ids is not None:
        rows = rows.filter(pk__in=wanted.delivery_ids)
    return rows.filter(subscriber=wanted.subscriber) if wanted.subscriber else rows


def replay(wanted: Wanted, *, actor: Actor, progress: Progress | None = None) -> int:
    """Have deliveries made again, with all their tries before them; how many.

    Those of one stream arrive in its order, and what was parked behind dead letters follows. Each transaction takes
    a thousand, the oldest events first. Repeated while they wait it does nothing.
    """
    count = 0
    for batch in _batches(replayable(wanted)):
        pks = [pk for pk, _, _ in batch]
        with outbox.letting_go() as release:
            count += Delivery.objects.filter(pk__in=pks, state__in=_DONE).update(
                state=DeliveryState.PENDING,
                attempts=0,
                due_at=Now(),
                delivered_at=None,
                error="",
                decided_by=actor.as_dict(),
            )
            release([pair for _, _, pair in batch])
            events.announce()
        if progress:
            progress(count)
    return count


def skip(delivery_ids: Collection[UUID], *, actor: Actor) -> int:
    """Let dead letters be: they are never delivered, and those parked behind them follow. How many.

    The error stays readable, and a skipped one can still be replayed. What is not dead is left alone, so a repeat does
    nothing.
    """
    with outbox.letting_go() as release:
        dead = Delivery.objects.filter(pk__in=delivery_ids, state=DeliveryState.DEAD).order_by("pk")
        rows = list(dead.select_for_update().values_list("pk", "subscriber", "stream"))
        Delivery.objects.filter(pk__in=[pk for pk, _, _ in rows]).update(
            state=DeliveryState.SKIPPED, due_at=Now(), decided_by=actor.as_dict()
        )
        release([(subscriber, stream) for _, subscriber, stream in rows])
        events.announce()
    return len(rows)


_MISSING: Final = """
    FROM core_outboxevent AS event
    JOIN unnest(%s::text[], %s::text[], %s::bool[]) AS listening(name, subscriber, ordered) USING (name)
    WHERE event.id = ANY(%s) AND NOT EXISTS (
        SELECT FROM core_delivery AS known
        WHERE known.event_id = event.id AND known.subscriber = listening.subscriber)
"""
_COUNT_MISSING: Final = f"SELECT count(*) {_MISSING}"
_MAKE_MISSING: Final = f"""
INSERT INTO core_delivery (id, event_id, subscriber, stream, sequence, state, attempts, due_at, error, decided_by)
SELECT gen_random_uuid(), event.id, listening.subscriber, CASE WHEN listening.ordered THEN event.stream END,
    CASE WHEN listening.ordered THEN event.sequence END, 'pending', 0, clock_timestamp(), '', %s::jsonb
{_MISSING} ORDER BY event.id ON CONFLICT (event_id, subscriber) DO NOTHING
"""


def count_missing(wanted: Wanted) -> int:
    """How many deliveries of past events were never made: the receiver was installed later, or they were pruned."""
    return sum(_each_missing(wanted, _COUNT_MISSING))


def make_missing(wanted: Wanted, *, actor: Actor, progress: Progress | None = None) -> int:
    """Make them; how many. They come in the order of their streams, but after what the subscriber had before."""
    count = 0
    for made in _each_missing(wanted, _MAKE_MISSING, Jsonb(actor.as_dict())):
        count += made
        if progress:
            progress(count)
    events.announce()
    return count


def _each_missing(wanted: Wanted, sql: str, *first: Any) -> Iterator[int]:
    """Run the statement over a thousand events at a time; what each counted or wrote."""
    listening = [each for each in events.listeners() if wanted.subscriber in ("", each.subscriber)]
    columns = (
        [each.event for each in listening],
        [each.subscriber for each in listening],
        [each.ordered for each in listening],
    )
    found = OutboxEvent.objects.filter(
        _of_events(wanted, "", "id"), relayed_at__isnull=False, name__in={each.event for each in listening}
    )
    last = UUID(int=0)
    while batch := list(found.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = batch[-1]
        with connection.cursor() as cursor:
            cursor.execute(sql, [*first, *columns, batch])
            yield cursor.rowcount if first else int(cursor.fetchone()[0])


def _of_events(wanted: Wanted, path: str, id_path: str) -> Q:
    """What narrows down the events; `path` leads to them. Their ids, which are indexed, go with the time."""
    found = Q()
    if wanted.event_id is not None:
        found &= Q(**{id_path: wanted.event_id})
    if wanted.name:
        found &= Q(**{f"{path}name": wanted.name})
    if wanted.stream is not None:
        found &= Q(**{f"{path}stream": wanted.stream})
    if wanted.since is not None:
        found &= Q(**{f"{path}occurred_at__gte": wanted.since, f"{id_path}__gte": ids.first_id(wanted.since - _SLACK)})
    if wanted.until is not None:
        found &= Q(**{f"{path}occurred_at__lt": wanted.until, f"{id_path}__lt": ids.first_id(wanted.until + _SLACK)})
    return found


def _installed() -> Q:
    """Deliveries whose receiver is there."""
    by_event: dict[str, list[str]] = {}
    for each in events.listeners():
        by_event.setdefault(each.event, []).append(each.subscriber)
    each_event = (Q(event__name=name, subscriber__in=names) for name, names in by_event.items())
    return reduce(or_, each_event, Q(pk__in=[]))


def _batches(rows: QuerySet[Delivery]) -> Iterator[list[tuple[UUID, UUID, tuple[str, UUID | None]]]]:
    """(id, event, pair), the oldest events first; each delivery once, though it may be done again meanwhile."""
    event, pk = UUID(int=0), UUID(int=0)
    while True:
        rest = rows.filter(Q(event_id__gt=event) | Q(event_id=event, pk__gt=pk), event_id__gte=event)
        page = rest.order_by("event_id", "pk").values_list("pk", "event_id", "subscriber", "stream")[:BATCH]
        batch = [(key, of, (subscriber, stream)) for key, of, subscriber, stream in page]
        if not batch:
            return
        yield batch
        pk, event, _ = batch[-1]

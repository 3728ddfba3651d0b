"""The two records of every act on an order: its timeline for people, its event for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils import timezone

from oms.core import bulk, events, ids
from oms.core.actors import Actor
from oms.core.events import Event
from orders.models import Order
from orders.rows import TimelineRow


def record(
    order: Order,
    event: Event,
    *,
    actor: Actor,
    facts: Mapping[str, Any] | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> None:
    """Write the timeline entry and the event of an act, numbered within the order. The caller has locked the order.

    facts: what a person wants to read beside the act. changes: field -> (from, to).
    """
    Order.objects.filter(pk=order.pk).update(event_seq=F("event_seq") + 1)
    order.event_seq += 1
    now = timezone.now()
    entry = TimelineRow(
        id=ids.new_id(),
        order_id=order.pk,
        occurred_at=now,
        actor=actor.as_dict(),
        action=event.name,
        facts=dict(facts or {}),
        changes={name: list(pair) for name, pair in (changes or {}).items()},
    )
    bulk.insert([entry], [events.row(event, actor=actor, stream=order.pk, sequence=order.event_seq, at=now)])
    events.announce()


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done to an order, to be recorded."""

    order_id: UUID
    event: Event
    facts: Mapping[str, Any]
    changes: Mapping[str, tuple[Any, Any]]


_NUMBER = """
UPDATE orders_order SET event_seq = event_seq + counted.acts
FROM (SELECT id, count(*) AS acts FROM unnest(%s::uuid[]) AS id GROUP BY id) AS counted
WHERE orders_order.id = counted.id
RETURNING orders_order.id, event_seq - counted.acts
"""


def record_all(acts: Sequence[Act], *, actor: Actor) -> None:
    """Record acts on many orders in two statements, in the order given. The caller has locked the orders."""
    if not acts:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, [[act.order_id for act in acts]])
        sequence: dict[UUID, int] = dict(cursor.fetchall())
    now = timezone.now()
    entries, outbox = [], []
    for act in acts:
        sequence[act.order_id] += 1
        entries.append(
            TimelineRow(
                id=ids.new_id(),
                order_id=act.order_id,
                occurred_at=now,
                actor=actor.as_dict(),
                action=act.event.name,
                facts=dict(act.facts),
                changes={name: list(pair) for name, pair in act.changes.items()},
            )
        )
        outbox.append(events.row(act.event, actor=actor, stream=act.order_id, sequence=sequence[act.order_id], at=now))
    bulk.insert(entries, outbox)
    events.announce()

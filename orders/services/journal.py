"""The two records of every act on an order: its timeline for people, its event for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

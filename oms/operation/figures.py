"""How far behind things are, each by one bounded look: what probes, metrics and the doctor share."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import redis
from django.conf import settings
from django.db import ProgrammingError, connection
from django.db.migrations.loader import MigrationLoader

QUEUES: Final = ("default", "providers", "imports", "webhooks")
MOST_COUNTED: Final = 10_000  # rows that a count goes to at most: so much is too much anyway
_MOST_PARKED: Final = 1000
_BROKER_SECONDS: Final = 2.0
PUBLISHED_AT: Final = "published_at"  # the header of a task that says when it was sent, in Unix seconds

# Seconds since the oldest event without deliveries was recorded: the lowest id, but for clocks that lag.
_OUTBOX_LAG = """
SELECT extract(epoch FROM clock_timestamp() - occurred_at) FROM core_outboxevent
WHERE relayed_at IS NULL ORDER BY id LIMIT 1
"""
_OUTBOX_BACKLOG = "SELECT count(*) FROM (SELECT FROM core_outboxevent WHERE relayed_at IS NULL LIMIT %s) AS rows"
# Those behind a dead letter wait for a person, not for us: they are told by the dead ones.
_DELIVERY_LAG = """
SELECT extract(epoch FROM clock_timestamp() - min(due_at)) FROM (
    SELECT * FROM core_delivery WHERE state = 'pending' AND due_at <= statement_timestamp() ORDER BY due_at LIMIT %s
) AS due WHERE NOT EXISTS (
    SELECT FROM core_delivery AS dead
    WHERE dead.subscriber = due.subscriber AND dead.stream = due.stream AND dead.sequence < due.sequence
      AND dead.state = 'dead')
"""
_DELIVERIES_DUE = """
SELECT count(*) FROM (
    SELECT FROM core_delivery WHERE state = 'pending' AND due_at <= statement_timestamp() LIMIT %s) AS rows
"""
_DELIVERIES_DEAD = "SELECT count(*) FROM (SELECT FROM core_delivery WHERE state = 'dead' LIMIT %s) AS rows"


def outbox_lag() -> float:
    """Seconds that the oldest event without deliveries has waited; 0 when there is none."""
    return _figure(_OUTBOX_LAG)


def outbox_backlog() -> float:
    return _figure(_OUTBOX_BACKLOG, MOST_COUNTED)


def delivery_lag() -> float:
    """Seconds that the oldest delivery has been due, dead letters and what is parked behind them left out."""
    return _figure(_DELIVERY_LAG, _MOST_PARKED)


def deliveries_due() -> float:
    return _figure(_DELIVERIES_DUE, MOST_COUNTED)


def deliveries_dead() -> float:
    return _figure(_DELIVERIES_DEAD, MOST_COUNTED)


def _figure(sql: str, *parameters: Any) -> float:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return max(0.0, round(float(row[0]), 3)) if row and row[0] is not None else 0.0


class _Known:
    """The migrations of the code, read from the disk once."""

    nodes: frozenset[tuple[str, str]] | None = None


def migrations_missing() -> list[str]:
    """The migrations that the database has not seen: app.name. Of an empty database all."""
    if _Known.nodes is None:
        loader = MigrationLoader(None, ignore_no_migrations=True)
        _Known.nodes = frozenset(node for node in loader.graph.nodes if node not in loader.replacements)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    except ProgrammingError:  # there is no such table
        applied = set()
    return sorted(f"{app}.{name}" for app, name in _Known.nodes - applied)


_broker: redis.Redis | None = None


def broker() -> redis.Redis:
    """A client of the broker with short patience."""
    global _broker
    if _broker is None:
        _broker = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=_BROKER_SECONDS, socket_timeout=_BROKER_SECONDS
        )
    return _broker


def jobs() -> dict[str, tuple[int, float]]:
    """By queue: how many tasks wait for a worker, and how many seconds the oldest has. Raises redis.RedisError."""
    pipe = broker().pipeline(transaction=False)
    for queue in QUEUES:
        pipe.llen(settings.REDIS_KEY_PREFIX + queue)
        pipe.lindex(settings.REDIS_KEY_PREFIX + queue, -1)
    answers = pipe.execute()
    return {queue: (answers[2 * n], _waited(answers[2 * n + 1])) for n, queue in enumerate(QUEUES)}


def _waited(message: bytes | None) -> float:
    """What a waiting message says of its age; 0 where it says nothing."""
    if message is None:
        return 0.0
    try:
        return max(0.0, round(time.time() - float(json.loads(message)["headers"][PUBLISHED_AT]), 3))
    except (ValueError, KeyError, TypeError):
        return 0.0

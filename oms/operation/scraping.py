"""What Prometheus reads: the counters of every process here, and what the database and the broker say now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

import redis
from django.db import DatabaseError, connection
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from oms.core.metrics import Counted
from oms.operation import figures

_CAPPED: Final = f"counted to {figures.MOST_COUNTED} at most"
_GAUGES: Final[dict[str, tuple[str, Callable[[], float]]]] = {
    "oms_outbox_lag_seconds": ("Age of the oldest event that has no deliveries yet.", figures.outbox_lag),
    "oms_outbox_backlog": (f"Events that have no deliveries yet, {_CAPPED}.", figures.outbox_backlog),
    "oms_delivery_lag_seconds": ("How long the oldest delivery has been due.", figures.delivery_lag),
    "oms_deliveries_due": (f"Deliveries that are due, {_CAPPED}.", figures.deliveries_due),
    "oms_deliveries_dead": (f"Dead letters, {_CAPPED}.", figures.deliveries_dead),
}


class _Database(Collector):
    """Five bounded statements. oms_database_up says whether they could be made."""

    def collect(self) -> Iterator[Metric]:
        try:
            found = [GaugeMetricFamily(name, text, value=look()) for name, (text, look) in _GAUGES.items()]
        except DatabaseError:
            connection.close()
            found = []
        yield GaugeMetricFamily("oms_database_up", "Whether the database answers.", value=float(bool(found)))
        yield from found


class _Broker(Collector):
    def collect(self) -> Iterator[Metric]:
        jobs: dict[str, tuple[int, float]] = {}
        with suppress(redis.RedisError, OSError):
            jobs = figures.jobs()
        yield GaugeMetricFamily("oms_broker_up", "Whether the broker answers.", value=float(bool(jobs)))
        waiting = GaugeMetricFamily("oms_jobs_waiting", "Tasks that wait for a worker.", labels=["queue"])
        oldest = GaugeMetricFamily("oms_job_lag_seconds", "How long the oldest of them waits.", labels=["queue"])
        for queue, (count, seconds) in jobs.items():
            waiting.add_metric([queue], count)
            oldest.add_metric([queue], seconds)
        yield from (waiting, oldest)


def scrape() -> tuple[bytes, str]:
    """The exposition and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    for collector in (Counted(), _Database(), _Broker()):
        registry.register(collector)
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4

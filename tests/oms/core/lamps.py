"""News of lamps, those who listen to it, and the way of one to the other, for tests of the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from oms.core import events, outbox
from oms.core.actors import SYSTEM
from oms.core.events import Delivered, Event
from oms.core.models import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class LampLit(Event):
    name = "test.lamp_lit"
    lamp: str


class Listener:
    """A subscriber that writes down what it hears, and fails as long as it is told to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[tuple[str, int | None]] = []
        self.problem: Exception | None = None
        self.deaf_to: set[str] = set()

    def __call__(self, event: Delivered, **_: Any) -> None:
        if self.problem and (not self.deaf_to or event["lamp"] in self.deaf_to):
            raise self.problem
        self.heard.append((event["lamp"], event.sequence))


@contextmanager
def listening(*names: str, ordered: bool = True) -> Iterator[list[Listener]]:
    listeners = [Listener(name) for name in names]
    signal = events.signal(LampLit.name)
    for listener in listeners:
        signal.connect(listener, dispatch_uid=listener.name, ordered=ordered)
    yield listeners
    for listener in listeners:
        signal.disconnect(dispatch_uid=listener.name)


STREAM, OTHER = UUID(int=1), UUID(int=2)


def lit(lamp: str, stream: UUID | None = None, sequence: int | None = None) -> None:
    events.record(LampLit(lamp=lamp), actor=SYSTEM, stream=stream, sequence=sequence)


def deliver_all() -> int:
    """As many sweeps as there is something to do; how many deliveries were run."""
    ran = 0
    while outbox.fan_out():
        pass
    while claims := outbox.claim_due():
        for claim in claims:
            outbox.run(claim)
            ran += 1
    return ran


def deliveries(*fields: str) -> list[tuple[Any, ...]]:
    return list(Delivery.objects.order_by("subscriber", "stream", "sequence").values_list(*fields))


def wait(seconds: float) -> None:
    """Time passes: what is due later comes nearer."""
    Delivery.objects.update(due_at=F("due_at") - timedelta(seconds=seconds))

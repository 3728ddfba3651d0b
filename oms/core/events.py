"""News of what happened: recorded in the transaction that made it true, told to every subscriber after it commits.

    @dataclass(frozen=True, slots=True, kw_only=True)
    class OrderPlaced(Event):
        name = "order.placed"
        order_id: str

An event's name has a Django `Signal` (`signal("order.placed")`). Receivers are run by Celery, each as its own delivery;
`on` is the short way to write one:

    @on("order.placed")
    def greet(event: Delivered) -> None: ...

A receiver may run twice and late: it reads the present state and calls a service that copes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from oms.core import bulk, hooks, ids
from oms.core.actors import Actor

_LONGEST_NAME = 200  # of the column that keeps it

_signals: dict[str, EventSignal] = {}


class Event:
    """Base of events: a frozen dataclass of ids and facts of the moment, no personal data. Its name is subject.past."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    __slots__ = ()

    def data(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]


class OutboxRow(bulk.Row, kw_only=True):
    """A row of the outbox, for those who write many rows at once."""

    table = "core_outboxevent"

    id: UUID
    name: str
    version: int
    occurred_at: datetime
    stream: UUID | None
    sequence: int | None
    actor: dict[str, Any]
    data: dict[str, Any]


def row(
    event: Event, *, actor: Actor, stream: UUID | None = None, sequence: int | None = None, at: datetime | None = None
) -> OutboxRow:
    """The outbox row of an event. Whoever inserts it calls `announce`."""
    return OutboxRow(
        id=ids.new_id(),
        name=event.name,
        version=event.version,
        occurred_at=at or timezone.now(),
        stream=stream,
        sequence=sequence,
        actor=actor.as_dict(),
        data=event.data(),
    )


def record(event: Event, *, actor: Actor, stream: UUID | None = None, sequence: int | None = None) -> None:
    """Write an event in the caller's transaction. `stream` and `sequence` order it among its like."""
    bulk.insert([row(event, actor=actor, stream=stream, sequence=sequence)])
    announce()


def announce() -> None:
    """Nudge the relay once this transaction has committed. Lost nudges are made up for by beat."""
    transaction.on_commit(hooks.nudge_relay, robust=True)


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event as its receivers get it. `sequence` counts the events of its stream (an order) without gaps."""

    id: str
    name: str
    version: int
    occurred_at: datetime
    stream: UUID | None
    sequence: int | None
    actor: dict[str, Any]
    data: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.data[key]


class EventSignal(Signal):
    """A Django signal that knows the names of its receivers, which is how deliveries are addressed to them."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.subscribers: dict[str, Callable[..., Any]] = {}

    def connect(self, receiver: Any, sender: Any = None, weak: bool = True, dispatch_uid: Any = None) -> None:
        """As django.dispatch: the subscriber's name is the dispatch_uid, else module and name of the function.

        Raises ValueError when another receiver has that name, or when it is too long to be kept.
        """
        name = str(dispatch_uid or _name_of(receiver))
        if len(name) > _LONGEST_NAME:
            raise ValueError(f"{name} is longer than {_LONGEST_NAME}: give a dispatch_uid")
        if self.subscribers.get(name, receiver) is not receiver:
            raise ValueError(f"{self.name} has a subscriber {name} already: give a dispatch_uid")
        super().connect(receiver, sender=sender, weak=False, dispatch_uid=dispatch_uid)
        self.subscribers[name] = receiver

    def disconnect(self, receiver: Any = None, sender: Any = None, dispatch_uid: Any = None) -> bool:
        gone = [name for name, known in self.subscribers.items() if name == dispatch_uid or known is receiver]
        for name in gone:
            del self.subscribers[name]
        return super().disconnect(receiver, sender=sender, dispatch_uid=dispatch_uid)

    def deliver(self, subscriber: str, event: Delivered) -> None:
        """Run one receiver. What it raises is raised; LookupError when it is no longer there."""
        if subscriber not in self.subscribers:
            raise LookupError(f"no receiver {subscriber} of {self.name} is installed")
        self.subscribers[subscriber](signal=self, sender=Event, event=event)


def _name_of(receiver: Any) -> str:
    return f"{receiver.__module__}.{getattr(receiver, '__qualname__', type(receiver).__qualname__)}"


def signal(name: str) -> EventSignal:
    """The signal of an event name; the same one each time."""
    return _signals.setdefault(name, EventSignal(name))


def subscribers() -> dict[str, list[str]]:
    """Who listens to what: event name to the names of its receivers."""
    return {name: sorted(each.subscribers) for name, each in sorted(_signals.items()) if each.subscribers}


def on(*names: str) -> Callable[[Callable[[Delivered], Any]], Callable[[Delivered], Any]]:
    """Have a function called with each event of these names, in a Celery worker."""

    def connect(function: Callable[[Delivered], Any]) -> Callable[[Delivered], Any]:
        def receive(*, event: Delivered, **_: Any) -> None:
            function(event)

        for name in names:
            signal(name).connect(receive, dispatch_uid=f"{function.__module__}.{function.__qualname__}")
        return function

    return connect

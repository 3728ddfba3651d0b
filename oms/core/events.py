"""News of what happened: recorded in the transaction that made it true, told to every subscriber after it commits.

    @dataclass(frozen=True, slots=True, kw_only=True)
    class OrderPlaced(Event):
        name = "order.placed"
        order_id: str

An event's name has a Django `Signal` (`signal("order.placed")`). Receivers are run by Celery, each as its own delivery;
`on` is the short way to write one:

    @on("order.placed")
    def greet(event: Delivered) -> None: ...

A receiver may run twice and late: it reads the present state and calls a service that copes. It hears an order's events
one after the other; one that does not care says `ordered=False`, and none waits for another then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
        self.unordered: set[str] = set()

    def connect(
        self, receiver: Any, sender: Any = None, weak: bool = True, dispatch_uid: Any = None, *, ordered: bool = True
    ) -> None:
        """As django.dispatch: the subscriber's name is the dispatch_uid, else module and name of the function.

        ordered=False: an event is delivered though earlier ones of its stream are not. What was addressed to the
        subscriber before it said so keeps its order.
        Raises ValueError when another receiver has that name, or when it is too long to be kept.
        """
        name = str(dispatch_uid or _name_of(receiver))
        if len(name) > _LONGEST_NAME:
            raise ValueError(f"{name} is longer than {_LONGEST_NAME}: give a dispatch_uid")
        if self.subscribers.get(name, receiver) is not receiver:
            raise ValueError(f"{self.name} has a subscriber {name} already: give a dispatch_uid")
        super().connect(receiver, sender=sender, weak=False, dispatch_uid=dispatch_uid)
        self.subscribers[name] = receiver
        (self.unordered.discard if ordered else self.unordered.add)(name)

    def disconnect(self, receiver: Any = None, sender: Any = None, dispatch_uid: Any = None) -> bool:
        gone = [name for name, known in self.subscribers.items() if name == dispatch_uid or known is receiver]
        for name in gone:
            del self.subscribers[name]
            self.unordered.discard(name)
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


def names() -> set[str]:
    """The names of all events that there are: those of the classes that are loaded."""
    return {each.name for each in _kinds(Event) if hasattr(each, "name")}


def _kinds(kind: type[Event]) -> Iterator[type[Event]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


@dataclass(frozen=True, slots=True, order=True)
class Listener:
    """That a subscriber hears the events of a name; `ordered`: those of a stream one after the other."""

    event: str
    subscriber: str
    ordered: bool = True


def listeners() -> list[Listener]:
    """Who listens to what, sorted by event and subscriber."""
    return sorted(
        Listener(name, subscriber, subscriber not in each.unordered)
        for name, each in _signals.items()
        for subscriber in each.subscribers
    )


def on(*names: str, ordered: bool = True) -> Callable[[Callable[[Delivered], Any]], Callable[[Delivered], Any]]:
    """Have a function called with each event of these names, in a Celery worker. `ordered`: see EventSignal.connect."""

    def connect(function: Callable[[Delivered], Any]) -> Callable[[Delivered], Any]:
        def receive(*, event: Delivered, **_: Any) -> None:
            function(event)

        for name in names:
            uid = f"{function.__module__}.{function.__qualname__}"
            signal(name).connect(receive, dispatch_uid=uid, ordered=ordered)
        return function

    return connect

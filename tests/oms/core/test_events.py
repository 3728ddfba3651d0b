"""Events are recorded with the change they tell of, and handed to receivers by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import IntegrityError
from django.dispatch import receiver

from oms.core import events, hooks
from oms.core.actors import SYSTEM
from oms.core.events import Delivered, Event, EventSignal, Listener
from oms.core.ids import new_id
from oms.core.models import OutboxEvent
from oms.core.transactions import atomic


@dataclass(frozen=True, slots=True, kw_only=True)
class LampLit(Event):
    name = "lamp.lit"
    lamp_id: str
    watts: int


NEWS = Delivered(
    id="evt_1",
    name="lamp.lit",
    version=1,
    occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
    stream=None,
    sequence=None,
    actor={},
    data={"lamp_id": "lamp_1"},
)


@pytest.mark.django_db
def test_an_event_is_written_with_who_what_and_its_place_in_the_stream():
    stream = UUID(int=7)

    with atomic():
        events.record(LampLit(lamp_id="lamp_1", watts=60), actor=SYSTEM, stream=stream, sequence=1)

    (event,) = OutboxEvent.objects.values("name", "version", "stream", "sequence", "actor", "data", "relayed_at")
    assert event == {
        "name": "lamp.lit",
        "version": 1,
        "stream": stream,
        "sequence": 1,
        "actor": {"kind": "system", "id": "system", "label": "System"},
        "data": {"lamp_id": "lamp_1", "watts": 60},
        "relayed_at": None,
    }


@pytest.mark.django_db
def test_a_number_of_a_stream_is_given_once():
    stream = new_id()
    events.record(LampLit(lamp_id="lamp_1", watts=60), actor=SYSTEM, stream=stream, sequence=1)

    with pytest.raises(IntegrityError, match="outboxevent_sequence_once"), atomic():
        events.record(LampLit(lamp_id="lamp_1", watts=40), actor=SYSTEM, stream=stream, sequence=1)


@pytest.mark.django_db
@pytest.mark.parametrize(("stream", "sequence"), [(UUID(int=7), None), (None, 1)])
def test_a_stream_comes_with_a_number_and_a_number_with_a_stream(stream, sequence):
    with pytest.raises(IntegrityError, match="outboxevent_sequence_with_stream"), atomic():
        events.record(LampLit(lamp_id="lamp_1", watts=60), actor=SYSTEM, stream=stream, sequence=sequence)


@pytest.fixture
def nudges(monkeypatch):
    """The nudges that the relay gets, counted by a listener in its place."""
    counted: list[int] = []
    monkeypatch.setattr(hooks.nudge_relay, "_listener", lambda: counted.append(1))
    return counted


@pytest.mark.django_db
def test_the_relay_is_nudged_once_the_change_is_committed(nudges, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), atomic():
        events.record(LampLit(lamp_id="lamp_1", watts=60), actor=SYSTEM)
        assert nudges == []

    assert nudges == [1]


@pytest.mark.django_db
def test_what_is_rolled_back_is_neither_written_nor_nudged(nudges, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ValueError, match="refused"), atomic():
        (events.record(LampLit(lamp_id="lamp_1", watts=60), actor=SYSTEM), int("refused"))

    assert (OutboxEvent.objects.count(), nudges) == (0, [])


def test_a_relay_that_fails_does_not_fail_the_request(transactional_db, monkeypatch):
    monkeypatch.setattr(hooks.nudge_relay, "_listener", lambda: 1 // 0)

    with atomic():
        events.record(LampLit(lamp_id="lamp_1", watts=60), actor=SYSTEM)

    assert OutboxEvent.objects.count() == 1


def test_a_name_has_one_signal():
    assert events.signal("lamp.lit") is events.signal("lamp.lit")
    assert events.signal("lamp.lit") is not events.signal("lamp.out")


def test_a_plain_django_receiver_is_a_subscriber_by_its_own_name():
    signal, heard = EventSignal("lamp.lit"), []

    @receiver(signal)
    def listen(sender, signal, event, **kwargs):
        heard.append((sender, event))

    name = f"{__name__}.test_a_plain_django_receiver_is_a_subscriber_by_its_own_name.<locals>.listen"
    signal.deliver(name, NEWS)

    assert list(signal.subscribers) == [name]
    assert heard == [(Event, NEWS)]


def test_the_short_form_gets_the_event_alone_and_can_hear_several():
    heard = []

    @events.on("lamp.lit", "lamp.out")
    def listen(event: Delivered) -> None:
        heard.append((event.name, event["lamp_id"]))

    name = f"{__name__}.{listen.__qualname__}"
    try:
        assert [each for each in events.listeners() if each.subscriber == name] == [
            Listener("lamp.lit", name),
            Listener("lamp.out", name),
        ]
        events.signal("lamp.lit").deliver(name, NEWS)
    finally:
        for each in ("lamp.lit", "lamp.out"):
            events.signal(each).disconnect(dispatch_uid=name)

    assert heard == [("lamp.lit", "lamp_1")]
    assert name not in str(events.listeners())


def test_a_receiver_can_say_that_it_does_not_care_for_the_order():
    @events.on("lamp.lit", ordered=False)
    def listen(event: Delivered) -> None: ...

    name = f"{__name__}.{listen.__qualname__}"
    try:
        assert [each for each in events.listeners() if each.subscriber == name] == [Listener("lamp.lit", name, False)]
    finally:
        events.signal("lamp.lit").disconnect(dispatch_uid=name)

    @receiver(events.signal("lamp.lit"), ordered=False, dispatch_uid=name)
    def plain(sender, event, **kwargs): ...

    try:
        assert [each for each in events.listeners() if each.subscriber == name] == [Listener("lamp.lit", name, False)]
    finally:
        events.signal("lamp.lit").disconnect(dispatch_uid=name)


def test_the_names_of_events_are_those_of_their_classes():
    assert {"lamp.lit", "order.placed", "inventory.level_changed", "import.completed"} <= events.names()


def test_one_receiver_is_run_not_the_others():
    signal, heard = EventSignal("lamp.lit"), []
    signal.connect(lambda **_: heard.append("first"), dispatch_uid="first")
    signal.connect(lambda **_: heard.append("second"), dispatch_uid="second")

    signal.deliver("second", NEWS)

    assert heard == ["second"]


def test_two_receivers_do_not_share_a_name():
    signal = EventSignal("lamp.lit")
    signal.connect(lambda **_: None, dispatch_uid="one")

    with pytest.raises(ValueError, match=r"lamp.lit has a subscriber one already"):
        signal.connect(lambda **_: None, dispatch_uid="one")


def test_a_name_that_cannot_be_kept_is_refused_when_it_is_connected():
    with pytest.raises(ValueError, match="longer than 200"):
        EventSignal("lamp.lit").connect(lambda **_: None, dispatch_uid="x" * 201)


def test_an_object_that_can_be_called_is_named_by_its_class():
    class Listener:
        def __call__(self, **kwargs):
            pass

    signal = EventSignal("lamp.lit")
    signal.connect(Listener())

    assert [name.rpartition(".")[2] for name in signal.subscribers] == ["Listener"]


def test_a_receiver_that_is_gone_is_told_by_name():
    with pytest.raises(LookupError, match=r"no receiver shop\.mails\.thank of lamp\.lit is installed"):
        EventSignal("lamp.lit").deliver("shop.mails.thank", NEWS)

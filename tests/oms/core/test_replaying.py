"""Deliveries once more: of an event, a name, a subscriber, an order, a time; dead letters; those never made."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from oms.core import events, ids, outbox, replaying
from oms.core.actors import SYSTEM
from oms.core.ids import new_id
from oms.core.models import Delivery, OutboxEvent
from oms.core.replaying import Wanted
from tests.oms.core.lamps import OTHER, STREAM, LampLit, deliver_all, deliveries, listening, lit
from tests.scenarios import STAFF

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(both):
    """Two lamps of one house and one of another, of which both have heard."""
    lit("one", STREAM, 1)
    lit("two", STREAM, 2)
    lit("other", OTHER, 1)
    deliver_all()
    for listener in both:
        listener.heard.clear()
    return both


def event(lamp: str) -> OutboxEvent:
    return OutboxEvent.objects.get(data__lamp=lamp)


def again(**wanted) -> tuple[int, int]:
    """How many it says it would, and how many it did."""
    would = replaying.replayable(Wanted(**wanted)).count()
    return would, replaying.replay(Wanted(**wanted), actor=STAFF)


@pytest.mark.parametrize(
    ("wanted", "erp", "mail"),
    [
        (lambda: {"event_id": event("two").pk}, ["two"], ["two"]),
        (lambda: {"name": "test.lamp_lit", "subscriber": "mail"}, [], ["one", "other", "two"]),
        (lambda: {"stream": STREAM, "subscriber": "erp"}, ["one", "two"], []),
        (lambda: {"since": event("two").occurred_at, "stream": STREAM}, ["two"], ["two"]),
        (lambda: {"until": event("two").occurred_at}, ["one"], ["one"]),
        (lambda: {"delivery_ids": [Delivery.objects.get(event=event("one"), subscriber="erp").pk]}, ["one"], []),
        (lambda: {"name": "order.placed"}, [], []),
        (lambda: {"dead": True}, [], []),
    ],
    ids=["event", "subscriber", "stream", "since", "until", "deliveries", "other name", "dead"],
)
def test_what_was_delivered_is_delivered_again_as_it_is_asked_for(heard, wanted, erp, mail):
    would, did = again(**wanted())
    deliver_all()

    assert (would, did) == (len(erp) + len(mail), len(erp) + len(mail))
    assert [sorted(lamp for lamp, _ in listener.heard) for listener in heard] == [erp, mail]


def test_a_stream_arrives_again_in_its_order(heard):
    again(stream=STREAM)

    deliver_all()

    assert [listener.heard for listener in heard] == [[("one", 1), ("two", 2)]] * 2


def test_what_waits_already_is_not_counted(heard):
    assert again(stream=STREAM) == (4, 4)
    assert again(stream=STREAM) == (0, 0)


def test_many_are_done_in_batches_and_each_once_though_workers_deliver_meanwhile(heard, monkeypatch):
    monkeypatch.setattr(replaying, "BATCH", 2)
    told = []

    def progress(count):
        told.append(count)
        deliver_all()

    assert replaying.replay(Wanted(name="test.lamp_lit"), actor=STAFF, progress=progress) == 6
    assert told == [2, 4, 6]
    assert [len(listener.heard) for listener in heard] == [3, 3]


def test_what_goes_to_a_receiver_that_is_gone_is_left_alone():
    with listening("old"):
        lit("hall", STREAM, 1)
        deliver_all()

    assert again(name="test.lamp_lit") == (0, 0)
    assert deliveries("state") == [("delivered",)]


def test_a_receiver_that_came_later_gets_what_it_never_had(mail):
    lit("one", STREAM, 1)
    lit("two", STREAM, 2)
    deliver_all()
    wanted = Wanted(name="test.lamp_lit", subscriber="late")

    with listening("late") as (late,):
        counted = replaying.count_missing(wanted)
        made = [replaying.make_missing(wanted, actor=STAFF), replaying.make_missing(wanted, actor=STAFF)]
        deliver_all()

    assert (counted, made) == (2, [2, 0])
    assert late.heard == [("one", 1), ("two", 2)]
    assert mail.heard == [("one", 1), ("two", 2)]


def test_an_event_that_is_not_relayed_yet_is_not_missing(mail):
    lit("one")

    assert replaying.count_missing(Wanted(name="test.lamp_lit")) == 0


def test_the_first_id_of_a_moment_is_below_all_that_are_made_from_then_on():
    before, now = new_id(), timezone.now()

    first = ids.first_id(now + timedelta(milliseconds=2))

    assert before < first
    assert ids.first_id(now - timedelta(milliseconds=2)) < events.row(LampLit(lamp="x"), actor=SYSTEM).id
    assert (first.version, first.variant) == (7, UUID(int=before.int).variant)
    assert outbox.fan_out() == 0

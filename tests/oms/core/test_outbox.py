"""The way of an event to its subscribers: each its own delivery, in the order of its stream, tried until it is dead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from oms.core import events, outbox
from oms.core.actors import SYSTEM
from oms.core.ids import new_id
from oms.core.models import Delivery, OutboxEvent
from oms.core.transactions import atomic
from tests.oms.core.lamps import OTHER, STREAM, LampLit, deliver_all, deliveries, listening, lit, wait

pytestmark = pytest.mark.django_db


def test_each_subscriber_gets_a_delivery_of_its_own(both):
    lit("hall", STREAM, 1)

    assert (outbox.fan_out(), outbox.fan_out()) == (1, 0)

    assert deliveries("subscriber", "stream", "sequence", "state", "attempts") == [
        ("erp", STREAM, 1, "pending", 0),
        ("mail", STREAM, 1, "pending", 0),
    ]
    assert deliver_all() == 2
    assert [listener.heard for listener in both] == [[("hall", 1)], [("hall", 1)]]
    assert deliveries("state", "attempts", "error") == [("delivered", 1, "")] * 2


def test_an_event_that_nobody_hears_is_done_with():
    lit("hall")

    assert (outbox.fan_out(), outbox.fan_out(), Delivery.objects.count()) == (1, 0, 0)


def test_what_was_rolled_back_is_never_announced(mail):
    with pytest.raises(ValueError, match="refused"), atomic():
        (lit("hall", STREAM, 1), int("refused"))

    assert (outbox.fan_out(), deliver_all(), mail.heard) == (0, 0, [])


def test_events_arrive_in_the_order_of_their_stream(mail):
    for sequence in range(1, 6):
        lit(f"lamp {sequence}", STREAM, sequence)

    deliver_all()

    assert mail.heard == [(f"lamp {sequence}", sequence) for sequence in range(1, 6)]


def test_a_clock_that_lags_does_not_turn_the_order_round(mail):
    early, late = sorted([new_id(), new_id()])
    for event_id, sequence in ((late, 1), (early, 2)):  # the second was recorded where the clock is behind
        row = events.row(LampLit(lamp=f"lamp {sequence}"), actor=SYSTEM, stream=STREAM, sequence=sequence)
        row.id = event_id
        events.bulk.insert([row])

    taken = [outbox.fan_out(limit=1), Delivery.objects.get().sequence, outbox.fan_out(limit=1)]
    deliver_all()

    assert taken == [1, 1, 1]
    assert mail.heard == [("lamp 1", 1), ("lamp 2", 2)]


def test_a_later_event_waits_while_an_earlier_one_is_being_delivered(mail):
    lit("one", STREAM, 1)
    lit("two", STREAM, 2)
    lit("other", OTHER, 1)
    lit("loose")
    outbox.fan_out()

    claims = outbox.claim_due(limit=10)

    assert {Delivery.objects.get(pk=claim.delivery_id).event.data["lamp"] for claim in claims} == {
        "one",
        "other",
        "loose",
    }
    assert outbox.claim_due(limit=10) == []
    assert outbox.count_due(10) == 0


def test_a_delivery_that_fails_is_tried_again_after_a_while_that_doubles(mail):
    mail.problem = RuntimeError("no connection\0")
    lit("hall", STREAM, 1)

    deliver_all()
    first = deliveries("state", "attempts", "error")
    waits = []
    for _ in range(3):
        waits.append(Delivery.objects.get().due_at - _now())
        assert deliver_all() == 0  # not yet
        wait(60)
        assert deliver_all() == 1
    mail.problem = None
    wait(60)
    deliver_all()

    assert first == [("pending", 1, "RuntimeError: no connection")]
    for tries, waited in enumerate(waits, start=1):
        assert timedelta(seconds=2**tries * 0.4) < waited <= timedelta(seconds=2**tries)
    assert (mail.heard, deliveries("state", "attempts", "error")) == ([("hall", 1)], [("delivered", 5, "")])


def _now() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def test_after_the_last_try_it_is_a_dead_letter_that_parks_those_behind_it_and_nobody_else(both, settings):
    settings.OMS = settings.OMS | {"DELIVERY_ATTEMPTS": 2}
    erp, mail = both
    erp.problem, erp.deaf_to = RuntimeError("broken"), {"one"}
    for sequence, lamp in enumerate(("one", "two", "three"), start=1):
        lit(lamp, STREAM, sequence)
    lit("other", OTHER, 1)

    for _ in range(4):
        deliver_all()
        wait(60)

    assert deliveries("subscriber", "stream", "sequence", "state") == [
        ("erp", STREAM, 1, "dead"),
        ("erp", STREAM, 2, "pending"),
        ("erp", STREAM, 3, "pending"),
        ("erp", OTHER, 1, "delivered"),
        ("mail", STREAM, 1, "delivered"),
        ("mail", STREAM, 2, "delivered"),
        ("mail", STREAM, 3, "delivered"),
        ("mail", OTHER, 1, "delivered"),
    ]
    assert (erp.heard, len(mail.heard)) == ([("other", 1)], 4)


def test_what_a_dead_process_had_claimed_is_due_again_when_its_lease_ends(mail, settings):
    settings.OMS = settings.OMS | {"DELIVERY_LEASE_SECONDS": 30}
    lit("hall", STREAM, 1)
    outbox.fan_out()
    (lost,) = outbox.claim_due()

    wait(29)
    early = outbox.claim_due()
    wait(2)
    (again,) = outbox.claim_due()

    assert (early, again.delivery_id, again.attempt) == ([], lost.delivery_id, 2)
    assert (outbox.run(lost), outbox.run(again), outbox.run(again)) == (False, True, False)
    assert mail.heard == [("hall", 1)]


def test_a_delivery_whose_every_try_ended_with_the_worker_is_given_up(mail, settings):
    settings.OMS = settings.OMS | {"DELIVERY_ATTEMPTS": 3}
    lit("deadly", STREAM, 1)
    outbox.fan_out()

    buried = []
    for _ in range(3):
        outbox.claim_due()  # and the process is gone
        buried.append(outbox.bury())
        wait(120)
    buried.append(outbox.bury())

    assert buried == [0, 0, 0, 1]
    assert deliveries("state", "attempts") == [("dead", 3)]
    assert outbox.claim_due() == []


def test_a_slow_try_that_fails_late_does_not_disturb_the_one_that_took_its_place(mail):
    lit("hall", STREAM, 1)
    outbox.fan_out()
    (slow,) = outbox.claim_due()
    wait(120)
    (fresh,) = outbox.claim_due()
    before = deliveries("state", "attempts", "due_at", "error")

    outbox._failed(slow, RuntimeError("too late"))

    assert deliveries("state", "attempts", "due_at", "error") == before
    assert outbox.run(fresh) is True


def test_a_subscriber_that_is_no_longer_installed_becomes_a_dead_letter_with_its_name(settings):
    settings.OMS = settings.OMS | {"DELIVERY_ATTEMPTS": 1}
    with listening("old"):
        lit("hall", STREAM, 1)
        outbox.fan_out()

    deliver_all()

    assert deliveries("state", "error") == [
        ("dead", "LookupError: no receiver old of test.lamp_lit is installed"),
    ]


def test_many_events_are_taken_in_batches_the_oldest_first(mail):
    for number in range(5):
        lit(str(number))

    assert [outbox.fan_out(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert OutboxEvent.objects.filter(relayed_at=None).count() == 0
    assert Delivery.objects.filter(due_at__lte=Now()).count() == 5

"""What waits for an earlier event of its stream: parked behind a dead letter, put off behind one that failed."""

from __future__ import annotations

import pytest

from oms.core import outbox, replaying
from oms.core.models import Delivery
from oms.core.replaying import Wanted
from tests.oms.core.lamps import OTHER, STREAM, deliver_all, deliveries, listening, lit, wait
from tests.scenarios import STAFF

pytestmark = pytest.mark.django_db
DEAD = Wanted(dead=True)


@pytest.fixture(autouse=True)
def one_try(settings):
    settings.OMS = settings.OMS | {"DELIVERY_ATTEMPTS": 1}


def three_of_which_the_first_is_dead(mail):
    mail.problem, mail.deaf_to = RuntimeError("broken"), {"one"}
    for sequence, lamp in enumerate(("one", "two", "three"), start=1):
        lit(lamp, STREAM, sequence)
    lit("other", OTHER, 1)
    deliver_all()
    mail.problem = None


def test_those_behind_a_dead_letter_are_parked_also_when_they_come_later(mail):
    three_of_which_the_first_is_dead(mail)

    aside = [outbox.set_aside(), outbox.set_aside()]
    lit("four", STREAM, 4)
    deliver_all()
    aside.append(outbox.set_aside())

    assert aside == [2, 0, 1]
    assert deliveries("stream", "sequence", "state") == [
        (STREAM, 1, "dead"),
        (STREAM, 2, "parked"),
        (STREAM, 3, "parked"),
        (STREAM, 4, "parked"),
        (OTHER, 1, "delivered"),
    ]
    assert mail.heard == [("other", 1)]


def test_a_dead_letter_that_is_delivered_again_lets_those_behind_it_follow_in_order(mail):
    three_of_which_the_first_is_dead(mail)
    outbox.set_aside()

    replayed = [replaying.replay(DEAD, actor=STAFF), replaying.replay(DEAD, actor=STAFF)]
    deliver_all()

    assert replayed == [1, 0]
    assert mail.heard == [("other", 1), ("one", 1), ("two", 2), ("three", 3)]
    assert deliveries("state", "decided_by") == [
        ("delivered", STAFF.as_dict()),
        ("delivered", None),
        ("delivered", None),
        ("delivered", None),
    ]


def test_a_dead_letter_that_is_skipped_lets_those_behind_it_follow_and_keeps_its_error(mail):
    three_of_which_the_first_is_dead(mail)
    outbox.set_aside()
    everything = [row[0] for row in deliveries("pk")]

    skipped = [replaying.skip(everything, actor=STAFF), replaying.skip(everything, actor=STAFF)]
    deliver_all()

    assert skipped == [1, 0]
    assert mail.heard == [("other", 1), ("two", 2), ("three", 3)]
    assert deliveries("sequence", "state", "error", "decided_by")[0] == (
        1,
        "skipped",
        "RuntimeError: broken",
        STAFF.as_dict(),
    )


def test_what_is_behind_another_dead_letter_stays_parked(mail):
    three_of_which_the_first_is_dead(mail)
    outbox.set_aside()
    Delivery.objects.filter(stream=STREAM, sequence=2).update(state="dead")

    replaying.replay(Wanted(delivery_ids=[Delivery.objects.get(stream=STREAM, sequence=1).pk]), actor=STAFF)
    deliver_all()

    assert deliveries("sequence", "state")[:3] == [(1, "delivered"), (2, "dead"), (3, "parked")]
    assert mail.heard == [("other", 1), ("one", 1)]


def test_a_slow_worker_that_delivers_what_was_given_up_frees_those_behind_it(mail):
    lit("slow", STREAM, 1)
    lit("next", STREAM, 2)
    outbox.fan_out()
    (slow,) = outbox.claim_due()
    delivery = Delivery.objects.select_related("event").get(pk=slow.delivery_id)
    wait(120)
    assert (outbox.bury(), outbox.set_aside()) == (1, 1)

    outbox._succeeded(delivery, first_try=True)
    deliver_all()

    assert deliveries("sequence", "state") == [(1, "delivered"), (2, "delivered")]


def test_those_behind_one_that_failed_wait_as_long_as_it_does_and_follow_at_once(mail, settings):
    settings.OMS = settings.OMS | {"DELIVERY_ATTEMPTS": 15}
    mail.problem = RuntimeError("broken")
    for sequence in (1, 2, 3):
        lit(f"lamp {sequence}", STREAM, sequence)
    deliver_all()

    aside = [outbox.set_aside(), outbox.set_aside()]
    due = {row[0] for row in deliveries("due_at")}
    mail.problem = None
    Delivery.objects.filter(sequence=1).update(due_at="2000-01-01T00:00Z")
    deliver_all()

    assert (aside, len(due)) == ([2, 0], 1)
    assert mail.heard == [("lamp 1", 1), ("lamp 2", 2), ("lamp 3", 3)]


def test_those_behind_one_that_is_just_being_delivered_are_left_alone(mail):
    lit("one", STREAM, 1)
    lit("two", STREAM, 2)
    outbox.fan_out()
    (claim,) = outbox.claim_due()

    assert outbox.set_aside() == 0
    assert outbox.run(claim) is True
    assert len(outbox.claim_due()) == 1


def test_a_subscriber_that_opted_out_of_order_waits_for_nothing_and_parks_nothing():
    with listening("mail", ordered=False) as (mail,):
        three_of_which_the_first_is_dead(mail)

        assert outbox.set_aside() == 0
        assert sorted(mail.heard) == [("other", 1), ("three", 3), ("two", 2)]
        assert sorted(deliveries("stream", "state")) == [(None, "dead"), *[(None, "delivered")] * 3]

        assert replaying.replay(DEAD, actor=STAFF) == 1
        deliver_all()

    assert ("one", 1) in mail.heard

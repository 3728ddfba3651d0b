"""manage.py replay_events says how many, does it, and answers with its exit code."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from oms.core import ids, replaying
from oms.core.models import Delivery, OutboxEvent
from tests.oms.core.lamps import STREAM, deliver_all, listening, lit

pytestmark = pytest.mark.django_db
ORDER = ids.encode(ids.ORDER, STREAM)


@pytest.fixture
def mail(db):
    """A subscriber that has heard of three lamps."""
    with listening("mail") as (mail,):
        lit("one", STREAM, 1)
        lit("two", STREAM, 2)
        lit("loose")
        deliver_all()
        mail.heard.clear()
        yield mail


def replay(*arguments: str) -> tuple[int, str, str]:
    """Exit code, what it said, and what it said meanwhile."""
    out, meanwhile, code = StringIO(), StringIO(), 0
    try:
        call_command("replay_events", *arguments, stdout=out, stderr=meanwhile)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, out.getvalue().strip(), meanwhile.getvalue()


def test_an_order_is_replayed_in_its_order(mail):
    said = replay("--order", ORDER)
    deliver_all()

    assert said == (0, "2 deliveries will be made again.", "")
    assert mail.heard == [("one", 1), ("two", 2)]
    assert set(Delivery.objects.filter(stream=STREAM).values_list("decided_by__kind", flat=True)) == {"system"}


def test_events_are_replayed_by_id(mail):
    chosen = OutboxEvent.objects.filter(data__lamp__in=["two", "loose"])

    said = replay(*[event.public_id for event in chosen])
    deliver_all()

    assert said == (0, "2 deliveries will be made again.", "")
    assert sorted(lamp for lamp, _ in mail.heard) == ["loose", "two"]


@pytest.mark.parametrize("time", ["0001-01-01", "9999-12-31T23:59Z", "0001-01-01T00:00+14:00", "yesterday"])
def test_a_time_that_no_clock_shows_is_refused(mail, time):
    with pytest.raises(CommandError, match="is no time such as 2026-01-31"):
        replay("--since", time)


def test_a_time_before_there_were_computers_is_one(mail):
    assert replay("--name", "test.lamp_lit", "--since", "1900-01-01", "--dry-run") == (
        0,
        "3 deliveries would be made again.",
        "",
    )


def test_a_dry_run_changes_nothing(mail):
    said = replay("--name", "test.lamp_lit", "--since", "2026-01-01", "--until", "2999-01-01T12:00+01:00", "--dry-run")

    assert said == (0, "3 deliveries would be made again.", "")
    assert set(Delivery.objects.values_list("state")) == {("delivered",)}


def test_dead_letters_are_replayed_by_subscriber(mail):
    Delivery.objects.filter(event__data__lamp="one").update(state="dead")

    said = replay("--dead", "--subscriber", "mail")
    deliver_all()

    assert said == (0, "1 deliveries will be made again.", "")
    assert mail.heard == [("one", 1)]


def test_a_receiver_that_came_later_gets_what_it_missed(mail):
    with listening("late") as (late,):
        would = replay("--missing", "--subscriber", "late", "--dry-run")
        said = replay("--missing", "--subscriber", "late")
        deliver_all()

    assert (would[1], said) == ("3 deliveries would be made.", (0, "3 deliveries will be made.", ""))
    assert (len(late.heard), mail.heard) == (3, [])


def test_where_there_is_nothing_it_says_so_and_exits_with_1(mail):
    assert replay("--dead") == (1, "0 deliveries would be made again.", "")


def test_it_tells_how_far_it_is(mail, monkeypatch):
    monkeypatch.setattr(replaying, "BATCH", 2)

    assert replay("--name", "test.lamp_lit")[2] == "2 of 3\n3 of 3\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say which: ids of events, --name, --subscriber, --order, --since or --dead."),
        (["--name", "order.palced"], "There is no event order.palced. Did you mean order.placed?"),
        (["--subscriber", "mial"], "There is no receiver mial. Did you mean mail?"),
        (["--order", "1001"], "1001 is no id such as order_01j…."),
        ([ORDER], f"{ORDER} is no id such as evt_01j…."),
        (["--missing", "--dead"], "--missing and --dead exclude each other."),
        (
            ["--since", "yesterday"],
            "Error: argument --since: 'yesterday' is no time such as 2026-01-31 or 2026-01-31T12:00Z",
        ),
    ],
)
def test_what_nobody_can_have_meant_is_refused_with_2(mail, arguments, sentence):
    with pytest.raises(CommandError) as refused:
        replay(*arguments)

    assert str(refused.value) == sentence
    assert set(Delivery.objects.values_list("state")) == {("delivered",)}
    if "--since" not in arguments:
        assert refused.value.returncode == 2

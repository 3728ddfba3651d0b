"""A receiver of an event that does not exist is found at start-up."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from oms.core import events, listening


def test_every_receiver_of_ours_listens_to_an_event_that_exists():
    assert listening.known_names(None) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("order.palced", "Did you mean 'order.placed'?"),
        (
            "weather.changed",
            "Events of your own are subclasses of oms.core.events.Event in the events.py of an installed app.",
        ),
    ],
)
def test_a_name_that_is_misspelt_is_told_with_the_one_that_was_meant(name, hint):
    @events.on(name)
    def thank(event: events.Delivered) -> None: ...

    uid = f"{__name__}.{thank.__qualname__}"
    try:
        (problem,) = listening.known_names(None)
        with pytest.raises(SystemCheckError, match=name):
            call_command("check")
    finally:
        events.signal(name).disconnect(dispatch_uid=uid)

    assert (problem.id, problem.msg, problem.hint) == (
        "oms.E010",
        f"{uid} listens to {name!r}, and there is no such event.",
        hint,
    )

"""A system check: a receiver of an event that does not exist would never be called, and nobody would know why."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from django.core.checks import CheckMessage, Error, register

from oms.core import events


@register()
def known_names(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every name in an `@on(...)` or a connected signal is that of an event."""
    known = events.names()
    return [
        Error(
            f"{each.subscriber} listens to {each.event!r}, and there is no such event.",
            hint=_hint(each.event, known),
            id="oms.E010",
        )
        for each in events.listeners()
        if each.event not in known
    ]


def nearest(name: str, known: set[str]) -> str:
    """The one that was meant, most likely; "" where nothing is near."""
    return next(iter(get_close_matches(name, sorted(known), n=1)), "")


def _hint(name: str, known: set[str]) -> str:
    meant = nearest(name, known)
    if meant:
        return f"Did you mean {meant!r}?"
    return "Events of your own are subclasses of oms.core.events.Event in the events.py of an installed app."

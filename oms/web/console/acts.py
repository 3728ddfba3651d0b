"""Running a service from a button: its refusal becomes a sentence on the page, and nothing has changed then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext as _

from oms.core import actors
from oms.core.actors import Actor
from oms.core.errors import DomainError

MOST_REPORTED: Final = 10


def actor_of(request: HttpRequest) -> Actor:
    """The member of staff behind a request of the console."""
    return actors.staff(request.user)


def perform(request: HttpRequest, act: Callable[[], Any], *, done: str) -> bool:
    """Run a service and say what came of it: `done`, or the sentence of its refusal. Returns whether it was done."""

    def run() -> str:
        act()
        return done

    return perform_saying(request, run)


def perform_saying(request: HttpRequest, act: Callable[[], str]) -> bool:
    """The same for an act that returns the sentence itself."""
    try:
        done = act()
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, done)
    return True


def perform_each(request: HttpRequest, acts: Iterable[tuple[str, Callable[[], Any]]], *, done: str) -> None:
    """Run one act for each row, each for itself: how many were done, and the refusals by name, MOST_REPORTED of them.

    `done` is a sentence with %(count)s in it.
    """
    succeeded, refusals = 0, []
    for name, act in acts:
        try:
            act()
        except DomainError as refusal:
            refusals.append(f"{name}: {refusal}")
        else:
            succeeded += 1
    if succeeded:
        messages.success(request, done % {"count": succeeded})
    for sentence in refusals[:MOST_REPORTED]:
        messages.error(request, sentence)
    if len(refusals) > MOST_REPORTED:
        messages.error(request, _("… and %(count)s more were refused.") % {"count": len(refusals) - MOST_REPORTED})


def say_errors(request: HttpRequest, form: Form) -> None:
    """The errors of a form that has no page of its own, as messages."""
    for name, problems in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        for problem in problems:
            messages.error(request, f"{label}: {problem}" if label else str(problem))

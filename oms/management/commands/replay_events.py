"""manage.py replay_events: have deliveries made again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from oms.core import actors, events, ids, replaying
from oms.core.errors import NotFound
from oms.core.listening import nearest
from oms.core.replaying import Wanted, replayable


class Command(BaseCommand):
    help = (
        "Have events delivered again to their subscribers, in order for each order: what was delivered or skipped, and "
        "dead letters. What waits already is left alone. Exit code 0: done. 1: nothing was found. 2: the question is "
        "not understood."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("event", nargs="*", help="ids of events, as evt_01j…")
        parser.add_argument("--name", default="", help="events of this name, as order.placed")
        parser.add_argument("--subscriber", default="", help="to this receiver only: its module and name")
        parser.add_argument("--order", metavar="ID", help="events of this order, as order_01j…")
        parser.add_argument(
            "--since", type=_time, metavar="TIME", help="that occurred then or later: 2026-01-31T12:00Z"
        )
        parser.add_argument("--until", type=_time, metavar="TIME", help="that occurred before")
        parser.add_argument("--dead", action="store_true", help="dead letters only")
        parser.add_argument(
            "--missing",
            action="store_true",
            help="make the deliveries that never were: for a receiver that was installed later, or after pruning",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how many")

    def handle(self, *args: Any, **options: Any) -> None:
        missing = options["missing"]
        again = "" if missing else " again"
        each = _wanted(options)
        found = sum(replaying.count_missing(wanted) if missing else replayable(wanted).count() for wanted in each)
        if options["dry_run"] or not found:
            self.stdout.write(f"{found:,} deliveries would be made{again}.")
            sys.exit(0 if found else 1)
        act = replaying.make_missing if missing else replaying.replay
        done = 0
        for wanted in each:
            done += act(wanted, actor=actors.SYSTEM, progress=self._progress(done, found))
        self.stdout.write(f"{done:,} deliveries will be made{again}.")

    def _progress(self, before: int, found: int) -> Callable[[int], None]:
        """Says after each batch how far it is, where there is more than one."""

        def say(count: int) -> None:
            if found > replaying.BATCH:
                self.stderr.write(f"{before + count:,} of {found:,}")

        return say


def _wanted(options: dict[str, Any]) -> list[Wanted]:
    """One for each event that is named, else one for all. Raises CommandError for what nobody can have meant."""
    name, subscriber = options["name"], options["subscriber"]
    if options["missing"] and options["dead"]:
        raise CommandError("--missing and --dead exclude each other.", returncode=2)
    if name and name not in events.names():
        raise CommandError(_unknown("event", name, events.names()), returncode=2)
    receivers = {each.subscriber for each in events.listeners()}
    if subscriber and subscriber not in receivers:
        raise CommandError(_unknown("receiver", subscriber, receivers), returncode=2)
    narrowed = (name, subscriber, options["order"], options["since"], options["until"], options["dead"])
    if not options["event"] and not any(narrowed):
        raise CommandError("Say which: ids of events, --name, --subscriber, --order, --since or --dead.", returncode=2)
    event_ids: list[UUID | None] = [_id(ids.EVENT, text) for text in options["event"]]
    return [
        Wanted(
            event_id=event_id,
            name=name,
            subscriber=subscriber,
            stream=_id(ids.ORDER, options["order"]) if options["order"] else None,
            since=options["since"],
            until=options["until"],
            dead=options["dead"],
        )
        for event_id in event_ids or [None]
    ]


def _unknown(kind: str, name: str, known: set[str]) -> str:
    meant = nearest(name, known)
    return f"There is no {kind} {name}." + (f" Did you mean {meant}?" if meant else "")


def _id(prefix: str, text: str) -> UUID:
    try:
        return ids.decode(prefix, text)
    except NotFound:
        raise CommandError(f"{text} is no id such as {prefix}_01j….", returncode=2) from None


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if not 1 < moment.year < 9999:  # at the ends of time there is no day before, or after
            raise ValueError(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-01-31 or 2026-01-31T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

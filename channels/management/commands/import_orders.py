"""manage.py import_orders: bring a file of orders into a sales channel."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from channels.enums import RunStatus, StockPolicy
from channels.services.imports import Outcome, Wish, import_file
from channels.services.imports import Progress as Report
from oms.core import ids, providers, stopping
from oms.core.actors import Actor, ActorKind
from oms.core.errors import DomainError

_ACTOR: Final = Actor(ActorKind.SYSTEM, "import_orders", "import_orders")
_PARTLY: Final = 1
_REFUSED: Final = 2
_MOST_WORKERS: Final = 32
_KINDS: Final = ("sales", "samples", "credits", "write_offs")


class Command(BaseCommand):
    help = (
        "Bring a file of orders into a sales channel: exactly once. A run that was interrupted goes on where its last "
        "committed chunk ended; a file that was brought in already changes nothing; an order that says something else "
        "than before becomes one new revision. Exit codes: 0 all taken, 1 some records rejected, 2 refused or stopped."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The file; may be packed with gzip, whatever its name.")
        parser.add_argument("--channel", required=True, help="Code or id of the sales channel.")
        parser.add_argument(
            "--format", help=f"One of {', '.join(providers.names('ORDER_FORMATS'))}; found out when left away."
        )
        parser.add_argument("--dry-run", action="store_true", help="Do everything, show the summary, undo everything.")
        parser.add_argument(
            "--stock",
            choices=[policy.value for policy in StockPolicy],
            default=StockPolicy.SKIP.value,
            help="skip (default): past sales, stock is not touched, one import.completed. "
            "update: open orders hold stock, are refused one by one where it is short, and fire order.placed each. "
            "force: the same, but what is short waits as backordered, whether the goods may be or not.",
        )
        parser.add_argument(
            "--on-error",
            choices=["stop", "skip"],
            default="skip",
            help="skip (default): bad records are left out, each with line, column and reason, and can be sent again "
            "mended. stop: end at the first bad record; those before it are committed.",
        )
        parser.add_argument(
            "--workers",
            type=_workers,
            metavar="N",
            help="Processes that share the work. Left away: as many as a file of past sales is worth on this machine, "
            "and one where orders hold stock, which go by the order of the file then.",
        )
        parser.add_argument("--rejects", type=Path, metavar="OUT.csv", help="Write the rejected records to this file.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of a table.")

    def handle(self, *args: Any, **options: Any) -> None:
        wish = Wish(
            path=options["file"],
            channel=options["channel"],
            format=options["format"],
            stock=StockPolicy(options["stock"]),
            stop_at_error=options["on_error"] == "stop",
            dry_run=options["dry_run"],
            rejects=options["rejects"],
            workers=options["workers"],
        )
        try:
            with (
                stopping.asked_politely(self.stderr.write) as good_moment,
                _progress(shown=sys.stderr.isatty() and not options["json"], title=wish.path.name) as report,
            ):
                outcome = import_file(wish=wish, actor=_ACTOR, progress=_and_then(report, good_moment))
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=_REFUSED) from None
        except OperationalError as problem:
            raise CommandError(
                f"The database: {problem}Started again, the import goes on.", returncode=_REFUSED
            ) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}", returncode=_REFUSED) from None
        if options["json"]:
            self.stdout.write(msgspec.json.encode(_as_json(wish, outcome)).decode())
        else:
            self._print(wish, outcome)
        if outcome.status is RunStatus.STOPPED:
            raise CommandError(f"Stopped at {outcome.error}", returncode=_REFUSED)
        if outcome.figures.rejects:
            sys.exit(_PARTLY)

    def _print(self, wish: Wish, outcome: Outcome) -> None:
        width = None if self.stdout.isatty() else 120
        console = Console(file=cast(IO[str], self.stdout), width=width, highlight=False)
        console.print(_table(wish, outcome))
        for line in _remarks(wish, outcome):
            console.print(Text(line))


def _workers(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= _MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of workers (1 to {_MOST_WORKERS}).")
    return number


@contextmanager
def _progress(*, shown: bool, title: str) -> Iterator[Report | None]:
    if not shown:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, rate="")

        def report(done: int, everything: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=everything, rate=f"{speed:,.0f} lines/s" if speed else "")

        yield report


def _and_then(report: Report | None, good_moment: Callable[[], None]) -> Report:
    def each_chunk(done: int, everything: int) -> None:
        if report is not None:
            report(done, everything)
        good_moment()

    return each_chunk


def _as_json(wish: Wish, outcome: Outcome) -> dict[str, Any]:
    return {
        "run": ids.encode(ids.IMPORT_RUN, outcome.run_id),
        "file": wish.path.name,
        "channel": wish.channel,
        "format": outcome.format,
        "encoding": outcome.encoding,
        "stock": wish.stock.value,
        "dry_run": wish.dry_run,
        "status": outcome.status.value,
        "error": outcome.error,
        "lines": outcome.lines,
        "lines_read_again": outcome.lines_repeated,
        "attempts": outcome.attempts,
        **outcome.figures.as_dict(),
    }


def _table(wish: Wish, outcome: Outcome) -> Table:
    figures = outcome.figures.as_dict()
    heading = f"{wish.path.name} -> {wish.channel} ({outcome.format}, stock {wish.stock.value})"
    table = Table(title=("DRY RUN, nothing was written: " if wish.dry_run else "") + heading)
    for name in ("", "records", "lines", "sum", "created", "unchanged", "revised"):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for kind in _KINDS:
        part = figures[kind]
        counts = (part["created"], part["unchanged"], part["revised"])
        table.add_row(
            kind.replace("_", "-"),
            f"{part['count']:,}",
            f"{part['lines']:,}",
            _sums(part["totals"]),
            *map(_count, counts),
        )
    table.add_section()
    everything = [figures[kind] for kind in _KINDS]
    table.add_row(
        "all",
        _count(sum(part["count"] for part in everything)),
        _count(sum(part["lines"] for part in everything)),
        _sums(figures["totals"]),
        *(_count(figures[name]) for name in ("created", "unchanged", "revised")),
    )
    table.add_row("rejected", _count(figures["rejects"]), _count(figures["reject_lines"]), "", "", "", "")
    return table


def _remarks(wish: Wish, outcome: Outcome) -> Iterator[str]:
    figures = outcome.figures.as_dict()
    credit = figures["credits"]
    if credit["count"]:
        matched, left = _sums(credit["matched"]), _sums(credit["left_for_staff"])
        yield f"Credits matched to sales: {matched}; left for staff: {left}."
    if figures["unknown_skus"]:
        yield f"Lines whose sku no inventory item has (kept, not stocked): {figures['unknown_skus']:,}."
    if outcome.attempts > 1:
        yield f"Went on behind {outcome.resumed_at:,} committed lines (attempt {outcome.attempts})."
    yield f"Lines read again after interruptions: {outcome.lines_repeated:,}."
    if figures["rejects"]:
        where = f"They are in {wish.rejects}." if wish.rejects else "Name a file with --rejects to see them."
        yield f"Rejected records: {figures['rejects']:,}. {where}"


def _count(number: int) -> str:
    return f"{number:,}"


def _sums(totals: dict[str, str]) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in totals.items()) or "0"

"""manage.py import_stock: items, locations and counts from a CSV file."""

from __future__ import annotations

import csv
import json
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from inventory.services import levels
from inventory.services.importing import Outcome, import_stock
from inventory.stock_file import Reject
from oms.core.actors import Actor, ActorKind
from oms.core.errors import DomainError

SHOWN: Final = 20  # refused rows that are printed; --rejects keeps them all
ACTOR: Final = Actor(ActorKind.SYSTEM, "import_stock", "import_stock")


class Command(BaseCommand):
    help = (
        "Create the inventory items and stock locations of a CSV file that are new, and set its counts. See "
        "docs/stock.md for the columns. A repeat changes nothing. "
        "Exit code 0: all rows are done. 1: some rows were refused. 2: nothing was done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="CSV; .gz too")
        parser.add_argument("--dry-run", action="store_true", help="tell what would change, and write nothing")
        parser.add_argument(
            "--rejects", metavar="OUT.csv", type=Path, help="write refused rows: line, column, reason, raw"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        shown: list[Reject] = []
        with ExitStack() as stack:
            write = _rejects_writer(stack, options["rejects"])

            def keep(reject: Reject) -> None:
                if len(shown) < SHOWN:
                    shown.append(reject)
                write(reject)

            try:
                levels.require_in_use()
                outcome = import_stock(options["file"], actor=ACTOR, dry_run=options["dry_run"], reject=keep)
            except DomainError as problem:
                raise CommandError(str(problem), returncode=2) from None
        self._report(outcome, shown, options)
        if outcome.rejected:
            sys.exit(1 if outcome.rejected < outcome.rows else 2)

    def _report(self, outcome: Outcome, shown: list[Reject], options: dict[str, Any]) -> None:
        if options["json"]:
            rejects = [
                {"line": each.line, "column": each.column, "reason": each.reason, "raw": each.raw} for each in shown
            ]
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], **outcome.as_dict(), "rejects": rejects}))
            return
        for each in shown:
            self.stdout.write(f"line {each.line}: {each.reason}")
            self.stdout.write(f"    {each.raw[:200]}")
        if outcome.rejected > len(shown):
            self.stdout.write(f"... and {outcome.rejected - len(shown):,} more refused rows; --rejects keeps them all.")
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{outcome.rows:,} rows: {outcome.levels_changed:,} counts {would}changed, "
            f"{outcome.unchanged:,} unchanged, {outcome.rejected:,} refused. "
            f"Items {would}created {outcome.items_created:,}, changed {outcome.items_updated:,}. "
            f"Locations {would}created {outcome.locations_created:,}, changed {outcome.locations_updated:,}."
        )


def _rejects_writer(stack: ExitStack, path: Path | None) -> Any:
    if path is None:
        return lambda reject: None
    try:
        stream = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
    except OSError as problem:
        raise CommandError(f"--rejects {path}: {problem.strerror}.", returncode=2) from None
    writer = csv.writer(stream)
    writer.writerow(["line", "column", "reason", "raw"])
    return lambda reject: writer.writerow([reject.line, reject.column, reject.reason, reject.raw])

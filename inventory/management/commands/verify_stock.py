"""manage.py verify_stock: prove the counters, or tell what lay where at an instant."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory import providers
from inventory.providers.base import StockThen
from oms.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Prove that every counter of stock is the sum of its ledger and of the open reservations. With --at: print the "
        "stock of that instant. Exit code 0: proven. 1: something differs. 2: the question cannot be answered."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", metavar="TIME", help="ISO 8601 with a zone, as 2026-01-31T18:00:00+01:00")
        parser.add_argument("--item", metavar="SKU", help="only this inventory item")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["at"]:
                self._print_stock(
                    providers.current().stock_at(_instant(options["at"]), sku=options["item"]), options["json"]
                )
            else:
                self._prove(options["item"], options["json"])
        except DomainError as problem:
            raise CommandError(str(problem), returncode=2) from None

    def _prove(self, sku: str | None, as_json: bool) -> None:
        started = monotonic()
        proof = providers.current().verify(sku=sku)
        seconds = monotonic() - started
        if as_json:
            told = {
                "levels": proof.levels,
                "ledger_rows": proof.ledger_rows,
                "seconds": round(seconds, 3),
                "differences": [each.as_dict() for each in proof.differences],
            }
            self.stdout.write(json.dumps(told))
        else:
            for difference in proof.differences:
                self.stdout.write(str(difference))
            looked = f"{proof.levels:,} levels, {proof.ledger_rows:,} ledger rows, {seconds:.1f} s"
            found = f"{len(proof.differences):,} differences" if proof.differences else "everything adds up"
            self.stdout.write(f"{looked}: {found}.")
        if proof.differences:
            sys.exit(1)

    def _print_stock(self, rows: Iterator[StockThen], as_json: bool) -> None:
        if as_json:
            self.stdout.write("[")
            for index, row in enumerate(rows):
                self.stdout.write(("," if index else "") + json.dumps(row.as_dict()))
            self.stdout.write("]")
            return
        form = "{:<40} {:<20} {:>10} {:>10} {:>12}"
        self.stdout.write(form.format("sku", "location", "on hand", "reserved", "backordered"))
        for row in rows:
            self.stdout.write(form.format(row.sku, row.location, row.on_hand, row.reserved, row.backordered))


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--at {text}: not a time. Write it as 2026-01-31T18:00:00+01:00.", returncode=2) from None
    if at.tzinfo is None:
        raise CommandError(f"--at {text}: without a zone nobody knows when that was; add Z or +01:00.", returncode=2)
    return at

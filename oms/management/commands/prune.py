"""manage.py prune: delete what has been kept for its time."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from oms.core import retention


class Command(BaseCommand):
    help = (
        "Delete what has been kept for as long as the settings OMS_KEEP_…_DAYS say. What is not delivered, or a dead "
        "letter, stays. Beat does it once an hour; this does it now, and to the end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many rows would go")

    def handle(self, *args: Any, **options: Any) -> None:
        for kept in retention.declared():
            if not kept.kept_days:
                self.stdout.write(f"{kept.name}: kept for ever")
                continue
            pruned = retention.prune(kept, dry_run=options["dry_run"])
            went = "would go" if options["dry_run"] else "went"
            things = "rows" if isinstance(kept, retention.Kept) else "files"
            self.stdout.write(
                f"{kept.name}: {pruned.count:,} {things} {went} ({kept.what}, after {kept.kept_days} days)"
            )

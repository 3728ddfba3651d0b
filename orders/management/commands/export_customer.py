"""manage.py export_customer: everything that is kept about a customer, as JSON."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oms.core.actors import SYSTEM
from oms.web.rendering import encode
from orders.management import customers
from orders.services.personal_data import export_customer


class Command(BaseCommand):
    help = "Write everything that is kept about a customer as JSON: by table, rows as they are. Several: one to a line."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        customers.add_arguments(parser)
        parser.add_argument(
            "--to", default="-", help="A new file, readable by you alone; - (default): standard output."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = customers.chosen(options)
        lines = [encode(export_customer(customer_id=each.pk, actor=SYSTEM)).decode() for each in found]
        if options["to"] == "-":
            for line in lines:
                self.stdout.write(line)
            return
        try:
            with os.fdopen(os.open(Path(options["to"]), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}", returncode=2) from None
        self.stdout.write(f"{len(lines)} customers written to {options['to']}.")

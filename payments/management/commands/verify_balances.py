"""manage.py verify_balances: prove gift cards and store credit."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payments.services.verify_balances import verify_balances


class Command(BaseCommand):
    help = (
        "Prove that every gift card and every account of store credit holds the sum of its entries, and that payments "
        "took of them what they say. Exit code 0: proven. 1: something differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        proof = verify_balances()
        if options["json"]:
            told = {
                "balances": proof.balances,
                "entries": proof.entries,
                "payments": proof.payments,
                "differences": [each.as_dict() for each in proof.differences],
            }
            self.stdout.write(json.dumps(told))
        else:
            for difference in proof.differences:
                self.stdout.write(str(difference))
            looked = f"{proof.balances:,} balances, {proof.entries:,} entries, {proof.payments:,} payments"
            found = f"{len(proof.differences):,} differences" if proof.differences else "everything adds up"
            self.stdout.write(f"{looked}: {found}.")
        if proof.differences:
            sys.exit(1)

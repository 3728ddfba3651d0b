"""manage.py reconcile_payments: our payments beside their providers' books."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from oms.core.errors import DomainError
from payments.services.reconciling import UNAVAILABLE, reconcile


class Command(BaseCommand):
    help = (
        "Compare our payments with what their providers have in their books, and list every difference. With --fix: "
        "learn what the providers tell, and list what is still different. No money is moved. Exit code 0: everything "
        "agrees. 1: something differs. 2: a provider could not be asked, or the question cannot be answered."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", metavar="DAYS|DATE", help="begun since then: 7, or 2026-01-31; else all")
        parser.add_argument("--provider", metavar="CODE", default="", help="only this payment provider")
        parser.add_argument("--fix", action="store_true", help="learn what the providers tell")
        parser.add_argument("--json", action="store_true", help="print JSON, an object to a line")

    def handle(self, *args: Any, **options: Any) -> None:
        started, seen, mended, found = monotonic(), 0, 0, {"different": 0, "unavailable": 0}
        since = None if options["since"] is None else _moment(options["since"])
        try:
            for compared in reconcile(since=since, provider=options["provider"], fix=options["fix"]):
                seen += compared.payments
                mended += max(0, compared.was - len(compared.differences))
                for each in compared.differences:
                    found["unavailable" if each.kind == UNAVAILABLE else "different"] += 1
                    self.stdout.write(json.dumps(each.as_dict()) if options["json"] else str(each))
        except DomainError as problem:
            raise CommandError(str(problem), returncode=2) from None
        told = {"payments": seen, **found, "mended": mended}
        seconds = round(monotonic() - started, 1)
        self.stdout.write(json.dumps(told | {"seconds": seconds}) if options["json"] else _sentence(seconds, **told))
        if found["unavailable"]:
            sys.exit(2)
        if found["different"]:
            sys.exit(1)


def _sentence(seconds: float, payments: int, different: int, unavailable: int, mended: int) -> str:
    parts = [f"{different:,} differences" if different else "everything agrees" if not unavailable else ""]
    parts += [f"{mended:,} mended"] if mended else []
    parts += [f"{unavailable:,} could not be asked about"] if unavailable else []
    return f"{payments:,} payments, {seconds} s: {', '.join(filter(None, parts))}."


def _moment(text: str) -> datetime:
    if text.isascii() and text.isdecimal() and len(text) < 6:
        return timezone.now() - timedelta(days=int(text))
    try:
        at = datetime.fromisoformat(text)
        at = timezone.make_aware(at) if timezone.is_naive(at) else at
        is_to_come = at > timezone.now()
    except (ValueError, OverflowError):
        problem = f"--since {text!r}: neither days nor a date. Write 7, or 2026-01-31."
        raise CommandError(problem, returncode=2) from None
    if is_to_come:
        raise CommandError(f"--since {text}: that is to come. Nothing has begun since then.", returncode=2)
    return at

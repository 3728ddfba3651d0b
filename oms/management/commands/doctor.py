"""manage.py doctor: is this installation well, and if not, what is to be done."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from oms.operation.doctor import State, examine

_MARKS = {State.OK: "ok  ", State.WARNING: "warn", State.FAILED: "FAIL"}


class Command(BaseCommand):
    help = "Examine this installation: a line for each check. Exit code 1 when one failed; warnings are no failure."
    requires_system_checks: list[str] = []  # the doctor runs them itself, and goes on

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON document instead of lines.")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in examine():
            findings.append(finding)
            if not options["json"]:
                advice = f"  -> {finding.advice}" if finding.advice else ""
                self.stdout.write(f"{_MARKS[finding.state]}  {finding.name}: {finding.found}{advice}")
        failed = any(finding.state is State.FAILED for finding in findings)
        if options["json"]:
            self.stdout.write(json.dumps({"well": not failed, "findings": [asdict(each) for each in findings]}))
        if failed:
            sys.exit(1)

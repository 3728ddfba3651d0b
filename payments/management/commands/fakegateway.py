"""A payment gateway that moves no money, for the demo and for tests."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from payments.fakegateway import running


class Command(BaseCommand):
    help = "Run a payment gateway that moves no money, with books of its own, until Ctrl-C (docs/payments.md)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        running.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        running.run(Namespace(**options))

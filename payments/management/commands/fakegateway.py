"""Lists `fakegateway` in `manage.py help`. manage.py itself runs it, before Django is loaded."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from payments.fakegateway import running


class Command(BaseCommand):
    help = "Run a payment gateway that moves no money, with books of its own, until Ctrl-C (docs/payments.md)."

    def run_from_argv(self, argv: list[str]) -> None:
        running.main(argv[2:])

    def handle(self, *args: Any, **options: Any) -> None:
        running.main(args)

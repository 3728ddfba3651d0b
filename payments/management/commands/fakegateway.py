"""manage.py fakegateway: what `manage.py help` says of it. manage.py itself runs it, before Django is loaded."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand

from payments.fakegateway import running


class Command(BaseCommand):
    help = running.HELP
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        running.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        running.run(Namespace(**options))

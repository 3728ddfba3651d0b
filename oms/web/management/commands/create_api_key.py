from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oms.core.actors import SYSTEM
from oms.core.errors import InvalidInput
from oms.web import audit
from oms.web.api_keys import create_api_key
from oms.web.scopes import Scope


class Command(BaseCommand):
    help = "Make a secret key for the Admin API. It is printed once and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        known = ", ".join(Scope)
        parser.add_argument("title", help="What uses it, for the list of keys and the timeline of orders.")
        parser.add_argument(
            "--scope",
            action="append",
            dest="scopes",
            metavar="SCOPE",
            help=f"What it may do; give it several times. Without any: everything. Known: {known}.",
        )

    def handle(self, *args: Any, title: str, scopes: list[str] | None, **options: Any) -> None:
        try:
            made = create_api_key(title=title, scopes=scopes if scopes is not None else list(Scope))
        except InvalidInput as refusal:
            raise CommandError(str(refusal)) from None
        label, subject = made.key.title, f"apikey:{made.key.public_id}"
        audit.record("key.created", actor=SYSTEM, subject=subject, label=label, details={"scopes": made.key.scopes})
        self.stderr.write(f"Key {made.key.public_id} may {', '.join(made.key.scopes)}. Keep it; it is not shown again:")
        self.stdout.write(made.secret)

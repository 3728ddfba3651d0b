"""Lists `up` in `manage.py help`. manage.py itself runs it earlier, before settings are loaded."""

import sys

from django.core.management.base import BaseCommand

from oms.embedded import up


class Command(BaseCommand):
    help = "Run a command, or web, worker and beat, with embedded PostgreSQL and Valkey."

    def run_from_argv(self, argv: list[str]) -> None:
        sys.exit(up.main(argv[2:]))

    def handle(self, *args: str, **options: object) -> None:
        up.main(args)

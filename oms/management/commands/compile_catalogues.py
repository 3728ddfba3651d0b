"""Make the .mo files of the project's translations. Needs no gettext on the machine."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oms.management import catalogues


class Command(BaseCommand):
    help = "Compile locale/*/LC_MESSAGES/django.po. Run it after a change of one, and commit both files."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for po in catalogues.catalogues():
            try:
                messages = catalogues.read_po(po.read_text(encoding="utf-8"))
            except catalogues.Unreadable as wrong:
                raise CommandError(f"{po}: {wrong}") from wrong
            po.with_suffix(".mo").write_bytes(catalogues.compiled(messages))
            self.stdout.write(f"{po.parent.parent.name}: {len(messages) - 1} messages")

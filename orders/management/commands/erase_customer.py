"""manage.py erase_customer: forget who a customer was."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oms.core import ids
from oms.core.actors import SYSTEM
from oms.core.errors import DomainError
from orders.management import customers
from orders.models import Order
from orders.services.erasure import Erasure, erase_customer


def _says_yes() -> bool:
    """Where nobody can be asked, nobody has said so."""
    try:
        return input("Erase who they were? This cannot be undone. Type yes: ") == "yes"
    except EOFError:
        return False


class Command(BaseCommand):
    help = (
        "Erase who a customer was. Their orders keep goods, amounts and numbers. Refused while an order is open. "
        "Cannot be undone; a second time it does nothing. With --email every customer with that address is erased."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        customers.add_arguments(parser)
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = customers.chosen(options)
        if not options["yes"]:
            for each in found:
                self.stdout.write(f"{each.public_id}: {each}, {Order.objects.filter(customer=each).count()} orders")
            if not _says_yes():
                raise CommandError("Nothing was erased.", returncode=1)
        refused = [self._erase(each.pk) for each in found].count(False)
        if refused:
            raise CommandError(f"{refused} of {len(found)} customers were not erased.", returncode=1)

    def _erase(self, customer_id: Any) -> bool:
        try:
            done = erase_customer(customer_id=customer_id, actor=SYSTEM)
        except DomainError as refusal:
            self.stderr.write(f"{ids.encode(ids.CUSTOMER, customer_id)}: {refusal}")
            return False
        self._say(done)
        return True

    def _say(self, done: Erasure) -> None:
        name = done.customer.public_id
        if done.already:
            self.stdout.write(f"{name}: was erased before; nothing was left.")
            return
        rows = ", ".join(f"{count} {table}" for table, count in sorted(done.rows.items()) if count)
        self.stdout.write(f"{name}: erased from {done.orders} orders. {rows}")
        for other in done.same_email:
            self.stdout.write(f"  The same e-mail has {ids.encode(ids.CUSTOMER, other)}.")

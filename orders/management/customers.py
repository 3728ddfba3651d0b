"""How commands are told which customer is meant."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import CommandError

from oms.core import ids
from oms.core.errors import DomainError, NotFound
from orders.models import Customer
from orders.ports import find_selling
from orders.services.personal_data import find_by_email, get_customer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("customer", nargs="?", help="The customer's id (cus_…).")
    parser.add_argument("--email", help="Their e-mail address, instead of the id.")
    parser.add_argument("--channel", help="With --email: only customers of this sales channel, by code or id.")


def chosen(options: dict[str, Any]) -> list[Customer]:
    """The customers meant; never none. Raises CommandError."""
    if bool(options["customer"]) == bool(options["email"]):
        raise CommandError("Name the customer by id, or by --email.", returncode=2)
    try:
        if options["customer"]:
            return [_by_id(options["customer"])]
        channel_id = find_selling(options["channel"]).channel_id if options["channel"] else None
        found = find_by_email(options["email"], channel_id)
    except DomainError as refusal:
        raise CommandError(str(refusal), returncode=2) from None
    if not found:
        raise CommandError("There is no such customer.", returncode=1)
    return found


def _by_id(text: str) -> Customer:
    try:
        return get_customer(ids.decode(ids.CUSTOMER, text))
    except NotFound:
        raise NotFound(kind="customer", id=text[:80]) from None

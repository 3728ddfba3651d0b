"""Where an order goes and who pays for it, put right after it was placed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput
from oms.core.transactions import atomic
from orders import events
from orders.enums import AddressKind
from orders.locks import lock_order
from orders.models import Order, OrderAddress
from orders.services import journal, rollup
from orders.soundness import nul_errors

CHANGEABLE: Final = (
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "city",
    "province",
    "postal_code",
    "country_code",
    "phone",
)


@atomic()
def change_address(*, order_id: UUID, kind: AddressKind, changes: Mapping[str, str], actor: Actor) -> Order:
    """Change parts of an order's shipping or billing address; one that it lacks is made. The same again changes
    nothing.

    The country it goes to stays once it is known: taxes, and where it ships from, were decided by it. Raises
    InvalidInput.
    """
    pointer = f"/{kind}_address"
    if errors := nul_errors(dict(changes), pointer):
        raise InvalidInput(errors=errors)
    wanted: dict[str, Any] = {name: changes[name].strip() for name in CHANGEABLE if name in changes}
    if "country_code" in wanted:
        wanted["country_code"] = wanted["country_code"].lower()
    order = lock_order(order_id)
    address = order.addresses.filter(kind=kind).first() or OrderAddress(order=order, kind=kind)
    known = address.country_code.lower()
    if kind == AddressKind.SHIPPING and known and wanted.get("country_code", known) != known:
        message = f"It goes to {known.upper()}, and taxes were computed for that: the country cannot be changed."
        raise InvalidInput(errors=[FieldError(f"{pointer}/country_code", message, "country_fixed")])

    changed = [name for name, value in wanted.items() if getattr(address, name) != value]
    if not changed:
        return order
    for name in changed:
        setattr(address, name, wanted[name])
    if "country_code" in changed:
        address.country_name = ""  # of the other one
    address.save()
    rollup.refresh(order)
    # Personal data stays out of the timeline and the news: only that it changed is told.
    said = f"{kind}_address"
    event = events.OrderUpdated(order_id=order.public_id, changed=[said])
    journal.record(order, event, actor=actor, changes={said: ("…", "…")})
    return order

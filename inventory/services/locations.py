"""Making and changing the places where goods lie."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, count
from typing import Any, Final
from uuid import UUID

from django.utils.text import slugify

from inventory.errors import DuplicateLocationCode
from inventory.models import StockLocation
from inventory.services import validity
from oms.core import ids
from oms.core.errors import FieldError, NotFound
from oms.core.transactions import atomic

ADDRESS: Final = ("address_1", "address_2", "city", "province", "postal_code", "country_code", "phone")
CHANGEABLE: Final = ("name", "is_active", "priority", *ADDRESS, "metadata")


@atomic()
def create_location(
    *,
    name: str,
    code: str = "",
    priority: int = 100,
    is_active: bool = True,
    address: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> StockLocation:
    """Make a stock location. Without a code it gets one made of its name, with a number behind it where that is taken.

    address: any of address_1, address_2, city, province, postal_code, country_code (ISO 3166-1 alpha-2), phone.
    Raises DuplicateLocationCode for a code that is given and taken, InvalidInput.
    """
    location = StockLocation(
        code=code.strip() or _free_code(name), name=name.strip(), priority=priority, is_active=is_active
    )
    location.metadata = dict(metadata or {})
    validity.set_fields(location, _tidy(address or {}), ADDRESS)
    validity.require_valid(location)
    # As with items: no exception inside the transaction when another one was quicker.
    StockLocation.objects.bulk_create([location], ignore_conflicts=True)
    made = StockLocation.objects.filter(pk=location.pk).first()
    if made is None:
        sentence = str(DuplicateLocationCode.message) % {"location": location.code}
        problem = FieldError("/code", sentence, DuplicateLocationCode.code)
        raise DuplicateLocationCode(location=location.code, errors=[problem])
    return made


@atomic()
def update_location(*, location_id: UUID, changes: Mapping[str, Any]) -> StockLocation:
    """Change name, is_active, priority, parts of the address or metadata. The same again changes nothing.

    An inactive location takes no new orders; what is reserved there stays and can be fulfilled. Raises NotFound,
    InvalidInput.
    """
    location = StockLocation.objects.select_for_update(no_key=True).filter(pk=location_id).first()
    if location is None:
        raise NotFound(kind="stock location", id=ids.encode(ids.STOCK_LOCATION, location_id))
    changed = validity.set_fields(location, _tidy(changes), CHANGEABLE)
    validity.require_valid(location)
    if changed:
        location.save(update_fields=[*changed, "updated_at"])
    return location


def _tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    """Country codes in capitals, and no blanks around what people type."""
    tidy = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    if isinstance(tidy.get("country_code"), str):
        tidy["country_code"] = tidy["country_code"].upper()
    return tidy


def _free_code(name: str) -> str:
    base = slugify(name)[:50] or "location"
    taken = set(StockLocation.objects.filter(code__startswith=base).values_list("code", flat=True))
    return next(code for code in chain([base], (f"{base}-{number}" for number in count(2))) if code not in taken)

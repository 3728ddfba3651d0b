"""Who keeps the quantities, and who knows the stock locations: named in settings, asked here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, cast
from uuid import UUID

from inventory.providers.base import Inventory
from inventory.providers.stock_locations import StockLocations
from oms.core import ids, providers
from oms.core.errors import NotFound


def current() -> Inventory:
    """The one that settings.OMS["INVENTORY"] names."""
    return cast("Inventory", _instance(providers.the("INVENTORY")))


def locations() -> StockLocations:
    """The one that settings.OMS["STOCK_LOCATIONS"] names."""
    return cast("StockLocations", _instance(providers.the("STOCK_LOCATIONS")))


def require_locations(location_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The names of these stock locations by id. Raises NotFound for one that does not exist."""
    names = locations().names(location_ids)
    for location_id in location_ids:
        if location_id not in names:
            raise NotFound(kind="stock location", id=ids.encode(ids.STOCK_LOCATION, location_id))
    return names


@cache
def _instance(kind: Callable[[], Any]) -> Any:
    return kind()

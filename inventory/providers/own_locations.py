"""The stock locations of our own table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from inventory.models import StockLocation
from inventory.providers.stock_locations import Location


class OwnLocations:
    def all(self) -> Sequence[Location]:
        return [Location(each.pk, each.code, each.name, each.is_active) for each in StockLocation.objects.all()]

    def names(self, location_ids: Collection[UUID]) -> Mapping[UUID, str]:
        return dict(StockLocation.objects.filter(pk__in=location_ids).values_list("pk", "name"))

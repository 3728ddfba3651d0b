"""Stock locations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api import access, base, examples, inputs, shapes
from inventory.api.filters import LocationFilters
from inventory.models import StockLocation
from inventory.services import locations
from oms.core import ids
from oms.core.errors import NotFound
from oms.web import bodies, schema
from oms.web.views import many, one

TAG = "Stock"
_LOCATION = schema.envelope("stock_location", shapes.Location)


def show(location_id: UUID) -> shapes.Location:
    """Raises NotFound."""
    row = StockLocation.objects.filter(pk=location_id).first()
    if row is None:
        raise NotFound(kind="stock location", id=ids.encode(ids.STOCK_LOCATION, location_id))
    return shapes.location(row)


def _address(body: inputs.LocationAddressInput) -> dict[str, str]:
    return {name: value or "" for name, value in base.given(body).items()}


class LocationsView(base.StockView):
    access = {"GET": access.READ, "POST": access.ADD_LOCATION}
    for_all = ("POST",)
    audited = {"POST": "added"}

    @schema.operation(
        id="listStockLocations",
        summary="List stock locations",
        tag=TAG,
        answer=schema.envelope("stock_locations", shapes.Location, paged=True),
        example=examples.page("stock_locations", examples.LOCATION),
        filters=LocationFilters,
    )
    def get(self, request: Request) -> HttpResponse:
        return many(
            request,
            "stock_locations",
            StockLocation.objects.all(),
            shapes.location,
            filters=LocationFilters,
            orderings={"priority": ("priority", "code"), "created_at": ("created_at", "pk"), "name": ("name", "pk")},
            order="priority",
        )

    @schema.operation(
        id="createStockLocation",
        summary="Create a stock location",
        tag=TAG,
        body=inputs.CreateLocation,
        body_example=examples.CREATE_LOCATION,
        answer=_LOCATION,
        example={"stock_location": examples.LOCATION},
    )
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, inputs.CreateLocation)
        fields = base.given(body) | {"address": _address(body.address) if body.address else None}
        return base.answer(request, "stock_location", lambda: base.id_of(locations.create_location(**fields)), show)


class LocationView(base.StockView):
    access = {"GET": access.READ, "POST": access.CHANGE_LOCATION}
    audited = {"POST": "changed"}

    @schema.operation(
        id="getStockLocation",
        summary="Read a stock location",
        tag=TAG,
        answer=_LOCATION,
        example={"stock_location": examples.LOCATION},
    )
    def get(self, request: Request, location_id: str) -> HttpResponse:
        return one(request, "stock_location", show(base.location_id_of(location_id)))

    @schema.operation(
        id="updateStockLocation",
        summary="Change a stock location",
        tag=TAG,
        body=inputs.UpdateLocation,
        body_example={"name": "W1, second floor"},
        answer=_LOCATION,
        example={"stock_location": examples.LOCATION},
    )
    def post(self, request: Request, location_id: str) -> HttpResponse:
        location, body = base.location_id_of(location_id), bodies.read(request, inputs.UpdateLocation)
        changes: dict[str, Any] = base.given(body)
        address = changes.pop("address", None)
        if address is not None:
            changes |= {name: value for name, value in _address(address).items() if getattr(address, name) is not None}

        def work() -> UUID:
            return base.id_of(locations.update_location(location_id=location, changes=changes))

        return base.answer(request, "stock_location", work, show)

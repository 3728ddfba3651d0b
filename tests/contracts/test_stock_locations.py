"""What whoever knows the stock locations must do, and that nobody outside of inventory asks anybody else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import pytest
from django.urls import reverse

from inventory import providers
from inventory.providers.stock_locations import Location
from oms.core.errors import NotFound
from oms.core.ids import new_id
from orders.services.fulfilling import create_fulfillment
from tests.api import Api, problem
from tests.console import page
from tests.contracts.inventories import HOUSES
from tests.factories import SalesChannelFactory, StaffFactory, StockLocationFactory
from tests.scenarios import STAFF, items_of, nothing_moves, placed_order

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    Location(UUID("018f0000-0000-7000-8000-000000000001"), "north", "North pier", is_active=True),
    Location(UUID("018f0000-0000-7000-8000-000000000002"), "south", "South pier", is_active=False),
]


class Piers:
    """Locations that are in no table of ours."""

    def all(self) -> Sequence[Location]:
        return ELSEWHERE

    def names(self, location_ids: Collection[UUID]) -> Mapping[UUID, str]:
        return {each.id: each.name for each in ELSEWHERE if each.id in location_ids}


def own() -> None:
    StockLocationFactory(code="second", name="Second", priority=2, is_active=False)
    StockLocationFactory(code="first", name="First", priority=1)


@pytest.fixture(params=["inventory.providers.own_locations.OwnLocations", f"{__name__}.Piers"])
def known(request, settings):
    settings.OMS = settings.OMS | {"STOCK_LOCATIONS": request.param}
    own()
    return providers.locations()


def test_all_are_listed_the_preferred_first_those_that_are_switched_off_too(known):
    found = known.all()

    assert all(isinstance(each, Location) and each.code and each.name for each in found)
    assert [each.is_active for each in found] == [True, False]
    assert len({each.id for each in found}) == len(found) == 2


def test_names_are_told_by_id_and_strangers_left_out(known):
    first, second = known.all()

    assert known.names([second.id, first.id, new_id()]) == {first.id: first.name, second.id: second.name}
    assert known.names([]) == {}


def test_a_location_that_does_not_exist_is_refused_by_its_id(known):
    first, _ = known.all()

    assert providers.require_locations([first.id]) == {first.id: first.name}
    with pytest.raises(NotFound, match="sloc_"):
        providers.require_locations([first.id, new_id()])


def test_ours_are_read_in_one_query_each(db, django_assert_num_queries):
    own()
    known = providers.locations()
    with django_assert_num_queries(1):
        found = known.all()
    with django_assert_num_queries(1):
        known.names([each.id for each in found])


def test_a_shop_whose_locations_are_elsewhere_packs_and_sells_there(settings, client):
    pooled = HOUSES["pooled"]
    settings.OMS = settings.OMS | {"INVENTORY": pooled.path, "STOCK_LOCATIONS": f"{__name__}.Piers"}
    north, api = ELSEWHERE[0], Api()
    here = pooled.open({"LAMP": 3})
    order, stranger = placed_order(here, {"LAMP": 2}), StockLocationFactory()
    client.force_login(StaffFactory())

    with nothing_moves(), pytest.raises(NotFound):
        create_fulfillment(order_id=order.pk, items=items_of(order), location_id=stranger.pk, actor=STAFF)
    create_fulfillment(order_id=order.pk, items=items_of(order), location_id=north.id, actor=STAFF)
    html = client.get(page("orders_order", order.pk)).content.decode()
    form = client.get(page("channels_saleschannel", SalesChannelFactory().pk)).content.decode()
    link = f"/admin/stock-locations/{stranger.public_id}/sales-channels"

    assert "2 packed · North pier" in html
    assert ("North pier" in form, "South pier" in form, stranger.name in form) == (True, True, False)
    assert problem(api.post(link, {"add": [here.channel.public_id]})) == (404, "not_found", "not_found")
    assert client.get(reverse("admin:index")).status_code == 200

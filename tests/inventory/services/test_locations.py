from __future__ import annotations

import pytest

from inventory.errors import DuplicateLocationCode, InsufficientStock
from inventory.models import StockLocation
from inventory.services.locations import create_location, update_location
from oms.core.errors import InvalidInput
from tests.scenarios import place, shop

pytestmark = pytest.mark.django_db


def test_a_location_is_made_with_its_address_and_a_code_from_its_name():
    location = create_location(name="West Quay", address={"address_1": "1 Quay", "country_code": "us"}, priority=3)

    stored = StockLocation.objects.get(pk=location.pk)
    assert (stored.code, stored.name, stored.priority, stored.is_active) == ("west-quay", "West Quay", 3, True)
    assert (stored.address_1, stored.country_code) == ("1 Quay", "US")


def test_a_name_may_come_again_and_a_given_code_may_not():
    first, second = create_location(name="West"), create_location(name="West")
    no_letters = create_location(name="仓库")

    with pytest.raises(DuplicateLocationCode, match="code west already"):
        create_location(name="Other", code="west")

    assert [first.code, second.code, no_letters.code] == ["west", "west-2", "location"]
    assert StockLocation.objects.count() == 3


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"name": ""}, ["/name"]),
        ({"name": "West", "code": "not a code"}, ["/code"]),
        ({"name": "West", "address": {"country_code": "USA"}}, ["/country_code"]),
        ({"name": "West", "address": {"planet": "Mars"}}, ["/planet"]),
    ],
)
def test_fields_that_cannot_be_stored_are_named(fields, pointers):
    with pytest.raises(InvalidInput) as refused:
        create_location(**fields)

    assert [error.pointer for error in refused.value.errors] == pointers
    assert not StockLocation.objects.exists()


def test_a_location_that_is_switched_off_takes_no_new_orders():
    here = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 1}})

    update_location(location_id=here.locations["W1"].pk, changes={"is_active": False, "name": "Old"})
    place(here, {"LAMP": 1})
    with pytest.raises(InsufficientStock, match="1 asked, 0 available"):
        place(here, {"LAMP": 1})

    assert (here.sra("LAMP", "W1"), here.sra("LAMP", "W2")) == ((1, 0, 1), (1, 1, 0))
    assert StockLocation.objects.get(code="w1").name == "Old"

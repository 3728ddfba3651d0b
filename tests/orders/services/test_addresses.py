"""An address put right after the order was placed: told once, and without a word of whom it names."""

from __future__ import annotations

import pytest

from oms.core.errors import InvalidInput
from oms.core.models import OutboxEvent
from orders.enums import AddressKind
from orders.models import TimelineEntry
from orders.services.addresses import change_address
from tests.scenarios import STAFF, nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db
ADDRESS = {"first_name": "Ada", "city": "London", "country_code": "gb", "country_name": "United Kingdom"}


@pytest.fixture
def order():
    from orders.requests import AddressRequest

    shipping = AddressRequest(**ADDRESS)
    return placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1}, shipping_address=shipping, billing_address=shipping)


def _change(order, kind, **changes):
    change_address(order_id=order.pk, kind=kind, changes=changes, actor=STAFF)
    order.refresh_from_db()
    return order.addresses.get(kind=kind)


def test_parts_of_an_address_change_and_the_rest_stays(order):
    address = _change(order, AddressKind.SHIPPING, city=" Paddington ", postal_code="W2", country_code="GB")

    assert (address.first_name, address.city, address.postal_code) == ("Ada", "Paddington", "W2")
    assert (address.country_code, address.country_name) == ("gb", "United Kingdom")
    assert order.addresses.get(kind="billing").city == "London"
    assert (order.revision, recorded_events(order.pk)) == (2, ["order.placed", "order.updated"])
    entry = TimelineEntry.objects.get(action="order.updated")
    assert entry.changes == {"shipping_address": ["…", "…"]}
    assert "Paddington" not in str(list(OutboxEvent.objects.values()))


def test_the_same_address_again_changes_nothing(order):
    _change(order, AddressKind.SHIPPING, city="Paddington")

    with nothing_moves():
        _change(order, AddressKind.SHIPPING, city="Paddington")


def test_the_country_it_goes_to_stays_and_that_of_the_payer_may_change(order):
    with nothing_moves(), pytest.raises(InvalidInput) as refusal:
        _change(order, AddressKind.SHIPPING, city="Paris", country_code="fr")
    payer = _change(order, AddressKind.BILLING, country_code="FR")

    assert [error.pointer for error in refusal.value.errors] == ["/shipping_address/country_code"]
    assert (payer.country_code, payer.country_name, payer.city) == ("fr", "", "London")


def test_an_address_that_the_order_lacks_is_made():
    order = placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1})

    address = _change(order, AddressKind.SHIPPING, city="Paris", country_code="fr")

    assert (address.city, address.country_code, order.addresses.count()) == ("Paris", "fr", 1)


def test_what_cannot_be_kept_is_refused_by_name(order):
    with nothing_moves(), pytest.raises(InvalidInput) as refusal:
        _change(order, AddressKind.BILLING, city="a\0b")

    assert [error.pointer for error in refusal.value.errors] == ["/billing_address/city"]
